/**
 * The header of a CSV file: which delimiter tells its fields apart, and which field is which column
 * of the schema.
 */
import type { IssueLog } from "./issueLog.ts";
import { type CsvHeader, type CsvLayout, csvHeaderRecord } from "./kernels/csvColumns.ts";
import { NotATableError } from "./notATable.ts";
import type { ColumnSpec } from "./rowBuilder.ts";

/** Fields of a header beyond this many are a reason to refuse the file. */
export const MAX_CSV_FIELDS = 4096;

/** What is looked for where nobody has said. */
export const DELIMITERS = [",", ";", "\t", "|"] as const;

/** What is known of a file before it is read. */
export interface CsvDialect {
  /** One ASCII character (see isDelimiter). Left out: found from the header. */
  readonly delimiter?: string;
}

/** What is known of a file, and nothing else of what is known with it. */
export const dialectOf = ({ delimiter }: CsvDialect): CsvDialect =>
  delimiter === undefined ? {} : { delimiter };

export interface FoundHeader extends CsvHeader {
  readonly delimiter: number;
}

/**
 * The header under the delimiter given or, without one, under that which yields the most columns of
 * the schema; a comma when none yields any. Null when `bytes` do not hold all of it.
 */
export const readHeader = (
  bytes: Uint8Array,
  isLast: boolean,
  columns: readonly ColumnSpec[],
  { delimiter }: CsvDialect,
): FoundHeader | null => {
  const known = new Set(columns.map(({ name }) => name));
  let best: { readonly header: FoundHeader; readonly matches: number } | undefined;
  for (const candidate of delimiter === undefined ? DELIMITERS : [delimiter]) {
    const byte = candidate.charCodeAt(0);
    const header = csvHeaderRecord(bytes, isLast, byte, MAX_CSV_FIELDS);
    if (header === null) return null;
    const matches = new Set(header.names.filter((name) => known.has(name))).size;
    if (best === undefined || matches > best.matches) {
      best = { header: { ...header, delimiter: byte }, matches };
    }
  }
  return best?.header ?? null;
};

/** Where each column stands; names that are missing, unknown or repeated become issues. */
export const matchHeader = (
  { names, width, delimiter }: FoundHeader,
  columns: readonly ColumnSpec[],
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
