/**
 * How a CSV file is to be read that is not written as Lethe writes one: encoding, numbers, dates,
 * what stands for nothing. A contract says it for its files, an append may say otherwise for one.
 * What was said is kept with the file, so that it is read alike for as long as it exists.
 */
import type { Issue } from "./rejection.ts";
import type { ColumnType, ObjectRef } from "./table.ts";
import { parseTimeFormat } from "./timeFormat.ts";

/** Two bytes a unit, so that neither line ends nor delimiters stand there as they do in ASCII. */
export const WIDE_ENCODINGS = ["utf-16le", "utf-16be"] as const;

/** Those of one byte a character; `iso-8859-1` is read as the `windows-1252` that it mostly is. */
export const CODE_PAGES = [
  ...["windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254"],
  ...["windows-1257", "iso-8859-1", "iso-8859-2", "iso-8859-15", "ibm850", "macintosh"],
] as const;

export type CodePageName = (typeof CODE_PAGES)[number];

export const ENCODINGS = ["utf-8", ...WIDE_ENCODINGS, ...CODE_PAGES] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const DECIMAL_SEPARATORS = [".", ","] as const;

/** Blanks as they are, those that break no line among them; both apostrophes. */
export const THOUSANDS_SEPARATORS = [".", ",", " ", "'", "’", "\u00a0", "\u202f"] as const;

/** Texts that stand for true, for false or for nothing: so many of each, so long. */
export const MAX_READING_TEXTS = 20;
export const MAX_READING_TEXT_CHARS = 40;

/** What is left out is as in a file that Lethe writes. */
export interface Reading {
  /** One ASCII character (see isDelimiter); left out: found from the header. */
  readonly delimiter?: string;
  readonly encoding?: Encoding;
  /** False: the first record is a row, and the columns stand in the order of the schema. */
  readonly header?: boolean;
  readonly decimal_separator?: (typeof DECIMAL_SEPARATORS)[number];
  /** Between groups of three digits, where there are groups. */
  readonly thousands_separator?: (typeof THOUSANDS_SEPARATORS)[number];
  readonly date_format?: string;
  readonly datetime_format?: string;
  /** Of times that do not say their offset. */
  readonly time_zone?: string;
  /** In any case of their letters; no other text is a boolean then. */
  readonly true_values?: readonly string[];
  readonly false_values?: readonly string[];
  /** Texts that stand for nothing, in quotes or not, as an empty field does anyway. */
  readonly null_values?: readonly string[];
  /** Blanks around texts do not count either. */
  readonly trim?: boolean;
}

/** What one append says otherwise; null: as if the contract did not say it. */
export type ReadingChanges = {
  readonly [Option in keyof Reading]?: Reading[Option] | null;
};

/** What is known of a CSV file before it is read. */
export interface CsvDialect {
  /** Left out: found from the header. */
  readonly delimiter?: string;
  /** Everything else, where somebody has said something. */
  readonly reading?: Reading;
}

/** What is known of a file, and nothing else of what is known with it. */
export const dialectOf = ({ delimiter, reading }: CsvDialect): CsvDialect => ({
  ...(delimiter === undefined ? {} : { delimiter }),
  ...(reading === undefined ? {} : { reading }),
});

/** What the contract says, with what the append says instead. */
export const mergedReading = (
  contract: Reading | undefined,
  changes: ReadingChanges | undefined,
): Reading => {
  const said = Object.entries({ ...contract, ...changes }).filter(([, value]) => value !== null);
  // Every member that is left has the type it came with.
  return Object.fromEntries(said) as Reading;
};

/** The same as it is kept with a file; `delimiter`, where it is given, counts before the other. */
export const dialectUnder = (reading: Reading, delimiter: string | undefined): CsvDialect => {
  const { delimiter: usual, ...rest } = reading;
  const parted = delimiter ?? usual;
  return {
    ...(parted === undefined ? {} : { delimiter: parted }),
    ...(Object.keys(rest).length === 0 ? {} : { reading: rest }),
  };
};

/** What does not go together, by option. */
export const readingIssues = (reading: Reading): readonly Issue[] => {
  const { decimal_separator: point = ".", thousands_separator: mark } = reading;
  const { true_values, false_values } = reading;
  const issues: Issue[] = [];
  const add = (path: string, message: string) => issues.push({ path, message });
  if (mark === point) {
    add("thousands_separator", `is the decimal_separator too, which is ${point} unless you say so`);
  }
  if ((true_values === undefined) !== (false_values === undefined)) {
    add(
      true_values ? "false_values" : "true_values",
      "must be said too: each says what the other is not",
    );
  }
  const yes = new Set(true_values?.map(folded));
  if (false_values?.some((value) => yes.has(folded(value)))) {
    add("false_values", "has a text that is among true_values");
  }
  const nothing = new Set(reading.null_values?.map(folded));
  if (
    [...(true_values ?? []), ...(false_values ?? [])].some((value) => nothing.has(folded(value)))
  ) {
    add("null_values", "has a text that is among true_values or false_values");
  }
  for (const kind of ["date", "datetime"] as const) {
    const format = reading[`${kind}_format`];
    const parsed = format === undefined ? null : parseTimeFormat(format, kind);
    if (parsed?.ok === false) add(`${kind}_format`, parsed.error);
  }
  return issues;
};

/** As texts for true and for false are compared. */
export const folded = (text: string): string => text.trim().toLowerCase();

/** Whether texts of such a column are read in another way than without any reading. */
export const concerns = (reading: Reading, type: ColumnType): boolean => {
  if (reading.trim === true) return true;
  if (reading.null_values !== undefined && reading.null_values.length > 0) return true;
  switch (type) {
    case "int":
      return reading.thousands_separator !== undefined;
    case "float":
    case "decimal":
      return reading.thousands_separator !== undefined || reading.decimal_separator === ",";
    case "boolean":
      return reading.true_values !== undefined;
    case "date":
      return reading.date_format !== undefined;
    case "datetime":
      return reading.datetime_format !== undefined || reading.time_zone !== undefined;
    default:
      return false;
  }
};

/** Whether a file is nothing but rows, so that without any it is no bytes at all. */
export const isRowsOnly = ({ format, reading }: Pick<ObjectRef, "format" | "reading">): boolean =>
  format === "jsonl" || (format === "csv" && reading?.header === false);

export const isCodePage = (encoding: Encoding | undefined): encoding is CodePageName =>
  CODE_PAGES.some((page) => page === encoding);

export const isWide = (
  encoding: Encoding | undefined,
): encoding is (typeof WIDE_ENCODINGS)[number] => WIDE_ENCODINGS.some((wide) => wide === encoding);
