/** What the scan of a CSV window says of its records, four words each: assembly/csvScan.ts. */

/** Start, end, number of fields, problem. */
export const RECORD_WORDS = 4;

export type CsvProblem =
  | "unterminated_quote"
  | "text_after_quote"
  | "invalid_utf8"
  /** The last record that is reported: nothing after it is scanned. */
  | "too_long";

/** By the number the kernel gives them. */
const PROBLEMS = [
  null,
  "unterminated_quote",
  "text_after_quote",
  "invalid_utf8",
  "too_long",
] as const satisfies readonly (CsvProblem | null)[];

/** What a record's last word means. */
export const problemOf = (word: number): CsvProblem | null => PROBLEMS[word] ?? null;

/** A record that is no row of the table, and is all nulls in the columns. */
export interface BadRecord {
  /** From 0, within the window. */
  readonly row: number;
  readonly problem: CsvProblem | null;
  /** How many fields it has. */
  readonly fields: number;
}

/** Those that are no rows of a table so wide. */
export const badRecordsIn = (
  records: Uint32Array,
  rows: number,
  width: number,
): readonly BadRecord[] => {
  const bad: BadRecord[] = [];
  for (let row = 0; row < rows; row += 1) {
    const fields = records[row * RECORD_WORDS + 2] ?? 0;
    const problem = problemOf(records[row * RECORD_WORDS + 3] ?? 0);
    if (fields !== width || problem !== null) bad.push({ row, fields, problem });
  }
  return bad;
};

const CR = 0x0d;
const LF = 0x0a;

/** Where each record's line starts, and where it has ended, the line's end included. */
export const extentsOf = (records: Uint32Array, rows: number, bytes: Uint8Array): Uint32Array => {
  const extents = new Uint32Array(2 * rows);
  for (let row = 0; row < rows; row += 1) {
    const end = records[row * RECORD_WORDS + 1] ?? 0;
    const endBytes = bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1;
    extents[2 * row] = records[row * RECORD_WORDS] ?? 0;
    extents[2 * row + 1] = Math.min(end + endBytes, bytes.length);
  }
  return extents;
};
