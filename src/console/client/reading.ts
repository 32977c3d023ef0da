/**
 * How a CSV file is to be read, as a form has it and as Lethe is told. What is left empty is not said:
 * the contract says it then, or nobody, and the file is read as Lethe writes one.
 */
import type { Problem } from "./api/problem.ts";

export type ReadingForm = Readonly<Record<ReadingField, string>>;

export type ReadingField =
  | "encoding"
  | "delimiter"
  | "decimal_separator"
  | "thousands_separator"
  | "date_format"
  | "datetime_format"
  | "null_values";

type Option = readonly [value: string, label: string];

const UNSAID: Option = ["", "Not said"];

/** Encodings that a person meets; the API takes others. */
export const ENCODINGS: readonly Option[] = [
  UNSAID,
  ["utf-8", "UTF-8"],
  ["windows-1252", "Windows-1252 (Western Europe)"],
  ["windows-1250", "Windows-1250 (Central Europe)"],
  ["iso-8859-15", "ISO 8859-15 (Latin 9)"],
  ["utf-16le", "UTF-16, as Excel's “Unicode text”"],
  ["ibm850", "IBM 850 (DOS)"],
];

export const DECIMALS: readonly Option[] = [
  UNSAID,
  [".", "Point: 1234.50"],
  [",", "Comma: 1234,50"],
];

export const THOUSANDS: readonly Option[] = [
  UNSAID,
  [".", "Point: 1.234"],
  [",", "Comma: 1,234"],
  [" ", "Blank: 1 234"],
  ["\u00a0", "Blank that breaks no line"],
  ["'", "Apostrophe: 1'234"],
];

export const NOTHING_SAID: ReadingForm = {
  ...{ encoding: "", delimiter: "", decimal_separator: "", thousands_separator: "" },
  ...{ date_format: "", datetime_format: "", null_values: "" },
};

/** The member `reading` of a request, null where nothing is said. Texts for nothing are parted by bars. */
export const readingOf = (form: ReadingForm): Readonly<Record<string, unknown>> | null => {
  const said = Object.entries(form)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => [name, name === "null_values" ? value.split("|") : value] as const);
  return said.length === 0 ? null : Object.fromEntries(said);
};

/** What a refusal says would make the file fit, as far as a form can say it; null: nothing of it. */
export const hintedReading = ({ errors }: Problem): Partial<ReadingForm> | null => {
  const found: Partial<Record<ReadingField, string>> = {};
  for (const { message } of errors) {
    for (const [, hint = ""] of message.matchAll(/"reading": (\{.*?\})/g)) {
      for (const [name, value] of Object.entries(parsed(hint))) {
        if (name in NOTHING_SAID) found[name as ReadingField] = textOf(value);
      }
    }
  }
  return Object.keys(found).length === 0 ? null : found;
};

const textOf = (value: unknown): string =>
  Array.isArray(value) ? value.map(String).join("|") : String(value);

const parsed = (json: string): object => {
  try {
    return Object(JSON.parse(json));
  } catch {
    // A sentence of another shape hints at nothing here; it is shown all the same.
    return {};
  }
};
