/**
 * The header of a CSV file: which delimiter tells its fields apart, and which field is which column
 * of the schema. Where a file has none, the schema's order says it.
 */

import { assertNever } from "../domain/decider.ts";
import type { CsvDialect, Encoding, Reading } from "../domain/reading.ts";
import type { IssueLog } from "./issueLog.ts";
import type { CsvColumn, CsvLayout } from "./kernels/csvColumns.ts";
import { type CsvHeader, csvHeaderRecord } from "./kernels/csvRecord.ts";
import type { CsvProblem } from "./kernels/csvRecords.ts";
import { NotATableError } from "./notATable.ts";
import { cellReader } from "./reading/cellReader.ts";
import { encodingHint } from "./reading/hints.ts";
import type { ColumnSpec } from "./rowBuilder.ts";
import { MAX_RECORD_BYTES } from "./textInput.ts";

/** Fields of a header beyond this many are a reason to refuse the file. */
export const MAX_CSV_FIELDS = 4096;

/** What is looked for where nobody has said. */
export const DELIMITERS = [",", ";", "\t", "|"] as const;

/** The columns of a schema as the fields of a file are read under its reading; see cellReader. */
export const csvColumns = (
  columns: readonly ColumnSpec[],
  reading: Reading = {},
  onCut?: () => void,
): readonly CsvColumn[] =>
  columns.map((column) => {
    const read = cellReader(reading, column.type, onCut);
    return read === null ? column : { ...column, read };
  });

export interface FoundLayout {
  readonly layout: CsvLayout;
  /** Bytes that the header took. */
  readonly consumed: number;
  /** What was found to part the fields of a file without a header; left out: it has one, or nothing. */
  readonly delimiter?: string;
}

/**
 * How the rows of a file are laid out that begins with `bytes`; null when they do not hold enough of
 * it. What the header lacks or has too much becomes issues. Throws a NotATableError when it is no
 * header.
 */
export const findLayout = (
  bytes: Uint8Array,
  isLast: boolean,
  columns: readonly CsvColumn[],
  { delimiter, reading = {} }: CsvDialect,
  issues: IssueLog,
): FoundLayout | null => {
  const candidates: readonly string[] = delimiter === undefined ? DELIMITERS : [delimiter];
  const known = new Set(columns.map(({ name }) => name));
  // Without a header it is the one that makes as many fields as there are columns.
  const worth = ({ names, width, problem }: CsvHeader): number =>
    reading.header === false
      ? Number(width === columns.length && problem === null)
      : new Set(names.filter((name) => known.has(name))).size;
  const headers = headersUnder(bytes, isLast, candidates);
  const header = headers === null ? null : bestOf(headers, worth);
  if (headers === null || header === null) {
    if (bytes.length > MAX_RECORD_BYTES) throw noHeader(reading, "too_long", bytes);
    return null;
  }
  if (reading.header === false) {
    const width = columns.length;
    const fitting = headers.filter((each) => worth(each) > 0);
    // One field is the same under all of them that are not in it.
    if (width > 1 && fitting.length > 1) throw ambiguous(width);
    const positions = columns.map((_, index) => index);
    const layout = { delimiter: header.delimiter, width, columns, positions };
    const found = String.fromCharCode(header.delimiter);
    return { layout, consumed: 0, ...(fitting.length > 0 ? { delimiter: found } : {}) };
  }
  if (header.problem !== null) throw noHeader(reading, header.problem, bytes);
  return { layout: matchHeader(header, columns, issues), consumed: header.consumed };
};

/** Guessed wrong, a decimal comma would part a number into two that both fit. */
const ambiguous = (width: number): NotATableError =>
  new NotATableError(
    `the first row has ${width} fields by more than one delimiter: say which it is (hint: "delimiter")`,
  );

const noHeader = (reading: Reading, problem: CsvProblem, bytes: Uint8Array): NotATableError => {
  const record = reading.header === false ? "first" : "header";
  const why = describeProblem(problem, reading.encoding);
  const isUnsaid = problem === "invalid_utf8" && reading.encoding === undefined;
  const hint = isUnsaid ? encodingHint(firstLine(bytes)) : null;
  return new NotATableError(`the ${record} row ${hint === null ? why : `${why} (${hint})`}`);
};

const firstLine = (bytes: Uint8Array): Uint8Array => {
  const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  return end < 0 ? bytes : bytes.subarray(0, end);
};

export const describeProblem = (problem: CsvProblem, encoding?: Encoding): string => {
  switch (problem) {
    case "unterminated_quote":
      return "opens a quote that is never closed";
    case "text_after_quote":
      return "has text between a closing quote and the next comma";
    case "invalid_utf8":
      return `is not valid ${encoding ?? "UTF-8"}`;
    case "too_long":
      return `is longer than ${MAX_RECORD_BYTES} bytes; nothing after it was read`;
    default:
      return assertNever(problem);
  }
};

interface FoundHeader extends CsvHeader {
  readonly delimiter: number;
}

/** The first record under each of the candidates; null when `bytes` do not hold all of it. */
const headersUnder = (
  bytes: Uint8Array,
  isLast: boolean,
  candidates: readonly string[],
): readonly FoundHeader[] | null => {
  const headers: FoundHeader[] = [];
  for (const candidate of candidates) {
    const delimiter = candidate.charCodeAt(0);
    const header = csvHeaderRecord(bytes, isLast, delimiter, MAX_CSV_FIELDS);
    if (header === null) return null;
    headers.push({ ...header, delimiter });
  }
  return headers;
};

/** That which is worth most, the first of them when several are. */
const bestOf = (
  headers: readonly FoundHeader[],
  worth: (header: CsvHeader) => number,
): FoundHeader | null => {
  let best: FoundHeader | null = null;
  for (const header of headers) {
    if (best === null || worth(header) > worth(best)) best = header;
  }
  return best;
};

/** Where each column stands; names that are missing, unknown or repeated become issues. */
const matchHeader = (
  { names, width, delimiter }: FoundHeader,
  columns: readonly CsvColumn[],
  issues: IssueLog,
): CsvLayout => {
  if (width > MAX_CSV_FIELDS) {
    throw new NotATableError(`the header row has more than ${MAX_CSV_FIELDS} columns`);
  }
  const known = new Set(columns.map(({ name }) => name));
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  for (const { name } of columns) {
    if (!seen.has(name)) issues.add(name, null, "missing from the file");
  }
  for (const name of seen) if (!known.has(name)) issues.unexpected(name);
  issues.reportUnexpected();
  for (const name of repeated) {
    issues.add(known.has(name) ? name : null, null, "a column name occurs more than once");
  }
  return { delimiter, width, columns, positions: columns.map(({ name }) => names.indexOf(name)) };
};
