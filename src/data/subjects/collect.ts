/** The rows of subjects, for them to have (Art. 15, 20) or to be counted, as a proof. */
import type { ObjectStore } from "../../application/dataPorts.ts";
import type {
  Collected,
  DerivedTable,
  SubjectPlane,
  SubjectTable,
} from "../../application/subjectPorts.ts";
import { invariant } from "../../domain/decider.ts";
import type { ObjectRef, Schema } from "../../domain/table.ts";
import { cellAt } from "../columnCells.ts";
import { NotATableError } from "../notATable.ts";
import { openTable, readTable } from "../readTable.ts";
import { toJson } from "../types.ts";
import { looseRows, UnreadableError } from "./anyCell.ts";
import { holdsAnywhere, matchAnyColumn, ownSchema } from "./looseParquet.ts";
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

/** See `SubjectPlane.collect`. */
export const collect = (
  store: ObjectStore,
  input: Parameters<SubjectPlane["collect"]>[0],
  write: Parameters<SubjectPlane["collect"]>[1],
): Promise<Collected> => {
  const { dataset, batch_id } = input;
  const encoder = new TextEncoder();
  return eachSubjectRow(store, input, async ({ row_number, record }) => {
    const line = { dataset, batch_id, row_number, record: record() };
    await write(encoder.encode(`${JSON.stringify(line)}\n`));
  });
};

/** See `SubjectPlane.countRows`. */
export const countRows = (
  store: ObjectStore,
  table: SubjectTable | DerivedTable,
): Promise<Collected> => {
  const nothing = async () => {};
  if ("subjects" in table) return eachSubjectRow(store, table, nothing);
  return eachRow(store, table.source, table.schema, matchDerived(table), nothing);
};

const eachSubjectRow = async (
  store: ObjectStore,
  table: SubjectTable,
  visit: Visit,
): Promise<Collected> => {
  const { source, schema, subject_column, subjects, key } = table;
  if (schema !== null) {
    const { name, type } = subjectColumn(schema, subject_column);
    return eachRow(store, source, schema, matchRefs(name, type, subjects, key), visit);
  }
  if (source.format !== "parquet") return eachLooseRow(store, table, visit);
  const own = await orNull(() => ownSchema(store, source));
  if (own !== null) return eachRow(store, source, own, matchAnyColumn(subjects, key), visit);
  const incomplete = await holdsAnywhere(store, source, subjects, key);
  return { rows_read: source.rows, rows: 0, incomplete };
};

const eachRow = async (
  store: ObjectStore,
  source: ObjectRef,
  schema: Schema,
  match: RowMatch,
  visit: Visit,
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

const eachLooseRow = async (
  store: ObjectStore,
  { source, subjects, key }: SubjectTable,
  visit: Visit,
): Promise<Collected> => {
  let rows = 0;
  let rows_read = 0;
  // The first record of a CSV file is its header, if it has one: row 0.
  const before = source.format === "csv" ? 0 : 1;
  try {
    for await (const { batch, found } of looseRows(store, source, subjects, key)) {
      for (const [at, row] of batch.entries()) {
        if (found?.[at] !== 1) continue;
        rows += 1;
        const record = () => row.texts ?? [new TextDecoder().decode(row.bytes)];
        await visit({ row_number: rows_read + at + before, record });
      }
      rows_read += batch.length;
    }
    return { rows_read, rows, incomplete: false };
  } catch (error) {
    if (!(error instanceof UnreadableError || error instanceof NotATableError)) throw error;
    return { rows_read, rows, incomplete: true };
  }
};
