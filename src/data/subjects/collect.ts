/**
 * The rows of subjects, for them to have (Art. 15, 20) or to be counted, as a proof: of a file that
 * fits no schema nothing is handed out that may be anybody else's, and all is counted that may be
 * theirs.
 */
import type { ObjectStore } from "../../application/dataPorts.ts";
import type {
  Collected,
  DerivedTable,
  SubjectPlane,
  SubjectTable,
} from "../../application/subjectPorts.ts";
import { invariant } from "../../domain/decider.ts";
import { isRowsOnly } from "../../domain/reading.ts";
import type { ObjectRef, Schema } from "../../domain/table.ts";
import { cellAt } from "../columnCells.ts";
import { NotATableError } from "../notATable.ts";
import { openTable, readTable } from "../readTable.ts";
import { toJson } from "../types.ts";
import { scanLoosely, standsInFile } from "./anyCell.ts";
import { anyRows, holdsAnywhere, matchAnyColumn, ownSchema, rowsOf } from "./looseParquet.ts";
import { rowBatches, UnreadableError } from "./looseRows.ts";
import { type NamedRow, namedMatch } from "./namedCell.ts";
import { orNull } from "./redactRaw.ts";
import { matchDerived, matchRefs, type RowMatch } from "./rowMatch.ts";
import { subjectColumn } from "./subjectTracker.ts";

/** A row that was found: its 1-based number, and what stands in it. */
interface Found {
  readonly row_number: number;
  /** Made only where it is wanted. */
  record(): unknown;
}

type Visit = (found: Found) => Promise<void>;
type CollectInput = Parameters<SubjectPlane["collect"]>[0];

/** See `SubjectPlane.collect`. */
export const collect = (
  store: ObjectStore,
  input: CollectInput,
  write: Parameters<SubjectPlane["collect"]>[1],
): Promise<Collected> => {
  const { source, schema, subject_column, subjects, key, dataset, batch_id } = input;
  const encoder = new TextEncoder();
  const visit: Visit = async ({ row_number, record }) => {
    const line = { dataset, batch_id, row_number, record: record() };
    await write(encoder.encode(`${JSON.stringify(line)}\n`));
  };
  if (schema === null) {
    const parquet = source.format === "parquet";
    return (parquet ? eachParquetRow : eachTextRow)(store, input, visit);
  }
  const { name, type } = subjectColumn(schema, subject_column);
  return eachRow(store, source, schema, matchRefs(name, type, subjects, key), visit);
};

/** See `SubjectPlane.countRows`. */
export const countRows = async (
  store: ObjectStore,
  table: SubjectTable | DerivedTable,
): Promise<Collected> => {
  const { source, schema } = table;
  if ("values" in table) return eachRow(store, source, table.schema, matchDerived(table));
  const { subject_column, subjects, key } = table;
  if (schema !== null) {
    const { name, type } = subjectColumn(schema, subject_column);
    return eachRow(store, source, schema, matchRefs(name, type, subjects, key));
  }
  if (source.format !== "parquet") return countTextRows(store, table);
  const own = await orNull(() => ownSchema(store, source));
  if (own !== null) return eachRow(store, source, own, matchAnyColumn(subjects, key));
  const incomplete = await holdsAnywhere(store, source, subjects, key);
  return { rows_read: source.rows, rows: 0, incomplete };
};

const eachRow = async (
  store: ObjectStore,
  source: ObjectRef,
  schema: Schema,
  match: RowMatch,
  visit: Visit = async () => {},
): Promise<Collected> => {
  const reader = readTable(await openTable(store, source), schema);
  let rows = 0;
  let rows_read = 0;
  for await (const chunk of reader.chunks()) {
    const found = match(chunk);
    rows_read += chunk.rows;
    for (let row = found?.indexOf(1) ?? -1; row >= 0; row = found?.indexOf(1, row + 1) ?? -1) {
      rows += 1;
      await visit({
        row_number: chunk.first_row + row,
        record: () =>
          Object.fromEntries(
            chunk.columns.map((column) => [column.name, toJson(cellAt(column, row), column.type)]),
          ),
      });
    }
  }
  invariant(reader.issues.count === 0, `object ${source.key} fits the schema it was read by`);
  return { rows_read, rows, incomplete: false };
};

const countTextRows = async (
  store: ObjectStore,
  { source, subjects, key }: SubjectTable,
): Promise<Collected> => {
  const { rows: scanned, match } = scanLoosely(store, source, subjects, key);
  let rows = 0;
  let rows_read = 0;
  try {
    for await (const { chunk } of scanned) {
      rows += match(chunk)?.reduce((sum, flag) => sum + flag, 0) ?? 0;
      rows_read += chunk.rows;
    }
    return { rows_read, rows, incomplete: false };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return { rows_read, rows, incomplete: true };
  }
};

/** The rows of a text file that fits no schema, as far as it is certain whose they are. */
const eachTextRow = async (
  store: ObjectStore,
  table: CollectInput,
  visit: Visit,
): Promise<Collected> => {
  const { source, subjects, column_type } = table;
  const named = namedMatch(table, column_type);
  let rows = 0;
  let rows_read = 0;
  // The first record of a CSV file is its header, if it has one: row 0.
  const before = isRowsOnly(source) ? 1 : 0;
  try {
    for await (const batch of rowBatches(store, source)) {
      const found = named.match(batch);
      for (const [at, row] of batch.entries()) {
        if (found?.[at] !== 1) continue;
        rows += 1;
        await visit({ row_number: rows_read + at + before, record: () => row.texts });
      }
      rows_read += batch.length;
    }
    return { rows_read, rows, incomplete: named.unsure };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const incomplete = named.unsure || (await standsInFile(store, source, subjects));
    return { rows_read, rows, incomplete };
  }
};

const isUnreadable = (error: unknown): boolean =>
  error instanceof UnreadableError || error instanceof NotATableError;

/** The same of a Parquet file; of one that no schema can be made for, only whether there are any. */
const eachParquetRow = async (
  store: ObjectStore,
  table: CollectInput,
  visit: Visit,
): Promise<Collected> => {
  const { source, column_type } = table;
  const named = namedMatch(table, column_type);
  const own = await orNull(() => ownSchema(store, source));
  if (own !== null) {
    const match: RowMatch = (chunk) => named.match(rowsOf(chunk));
    const read = await eachRow(store, source, own, match, visit);
    return { ...read, incomplete: named.unsure };
  }
  const such = (rows: readonly NamedRow[]) => named.match(rows) !== null || named.unsure;
  const incomplete = await anyRows(store, source, such);
  return { rows_read: source.rows, rows: 0, incomplete };
};
