/**
 * What a file that does not fit would have to be read as: tried on some of the fields that did not
 * fit, and said in words that are the same for every file, so that no value enters a message.
 */
import { type Reading, readingIssues } from "../../domain/reading.ts";
import type { ColumnType } from "../../domain/table.ts";
import { decodeUtf8 } from "../textInput.ts";
import { type CellReader, cellReader } from "./cellReader.ts";
import { codePageToUtf8 } from "./codePage.ts";

/** Fields of a column that are looked at. */
export const MAX_SAMPLES = 200;

/** Longer ones are no number, no date and nothing that stands for nothing. */
const MAX_SAMPLE_CHARS = 60;

const DATES = ["DD.MM.YYYY", "D.M.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "D/M/YYYY", "M/D/YYYY"];
const MORE_DATES = ["YYYY/MM/DD", "YYYYMMDD", "DD-MM-YYYY", "YYYY.MM.DD"];
const TIMES = ["HH:mm:ss", "HH:mm", "H:mm:ss", "H:mm"];

const NUMBERS: readonly Reading[] = [
  { decimal_separator: "," },
  { thousands_separator: "," },
  { decimal_separator: ",", thousands_separator: "." },
  ...([" ", "\u00a0", "\u202f", "'", "’"] as const).flatMap((mark): readonly Reading[] => [
    { thousands_separator: mark },
    { decimal_separator: ",", thousands_separator: mark },
  ]),
];

const BOOLEANS = ["ja nein", "j n", "yes no", "y n", "oui non", "si no", "wahr falsch", "t f"];

const NOTHING = ["NA", "N/A", "n/a", "#N/A", "NULL", "null", "\\N", "None", "NaN", "-", "--", "?"];

/** The simpler ones first: of those that read as many fields the first is said. */
const candidatesFor = (type: ColumnType, { null_values = [] }: Reading): readonly Reading[] => {
  const nothing = NOTHING.map((text): Reading => ({ null_values: [...null_values, text] }));
  switch (type) {
    case "int":
    case "float":
    case "decimal":
      return [...NUMBERS, ...nothing];
    case "date":
      return [...DATES, ...MORE_DATES]
        .map((date_format): Reading => ({ date_format }))
        .concat(nothing);
    case "datetime":
      return [...DATES, ...MORE_DATES]
        .flatMap((date) => TIMES.map((time): Reading => ({ datetime_format: `${date} ${time}` })))
        .concat(nothing);
    case "boolean":
      return BOOLEANS.map((pair): Reading => {
        const [yes = "", no = ""] = pair.split(" ");
        return { true_values: [yes], false_values: [no] };
      }).concat(nothing);
    default:
      return [];
  }
};

interface Candidate {
  readonly options: Reading;
  readonly read: CellReader;
  fits: number;
}

/** Fields that do not fit one column, and what they would fit. */
export class HintTally {
  readonly #candidates: readonly Candidate[];
  #samples = 0;

  constructor(type: ColumnType, reading: Reading) {
    this.#candidates = candidatesFor(type, reading).flatMap((options) => {
      const tried = { ...reading, ...options };
      if (readingIssues(tried).length > 0) return [];
      const read = cellReader(tried, type);
      return read === null ? [] : [{ options, read, fits: 0 }];
    });
  }

  /** Whether it wants another. */
  add(text: string): boolean {
    if (this.#samples >= MAX_SAMPLES) return false;
    this.#samples += 1;
    if (text.length > MAX_SAMPLE_CHARS) return true;
    for (const candidate of this.#candidates) {
      if (candidate.read(text, false) !== undefined) candidate.fits += 1;
    }
    return true;
  }

  /** What makes most of the fields fit; null when nothing does. */
  hint(): string | null {
    let best: Candidate | undefined;
    for (const candidate of this.#candidates) {
      if (candidate.fits > (best?.fits ?? 0)) best = candidate;
    }
    if (best === undefined || 2 * best.fits <= this.#samples) return null;
    const rival = this.#rivalOf(best);
    return hintOf(best.options, ...(rival === undefined ? [] : [rival.options]));
  }

  /** Whether the day or the month comes first may be nowhere to be seen. */
  #rivalOf({ options, fits }: Candidate): Candidate | undefined {
    const said = JSON.stringify(options);
    const swapped = said.replace(/"(DD?)(.)(MM?)/, '"$3$2$1');
    if (swapped === said) return undefined;
    return this.#candidates.find(
      (candidate) => candidate.fits === fits && JSON.stringify(candidate.options) === swapped,
    );
  }
}

const hintOf = (...options: readonly Reading[]): string =>
  `hint: "reading": ${options.map((each) => JSON.stringify(each)).join(" or ")}`;

/** Where bytes are no UTF-8 and their others than ASCII letters of Western Europe; else null. */
export const encodingHint = (bytes: Uint8Array): string | null => {
  const text = decodeUtf8(codePageToUtf8("windows-1252")(bytes));
  const others = text?.replace(/[\0-\x7f]/g, "") ?? "";
  const letters = others.replace(/[^\p{L}€§°–„“”’«»\u00a0]/gu, "");
  if (others === "" || 2 * letters.length <= others.length) return null;
  return hintOf({ encoding: "windows-1252" });
};
