/**
 * The gate of k-anonymity over a table that is about to be published: one pass counts the groups of
 * equal values, and where rows are to be left out a second one writes the others. Values are equal
 * as they are published: of decimals that are texts, `1.0` and `1.00` can be told apart by whoever
 * reads them. The two zeros of a float are one value, a null is one too. Where a published column tells
 * people apart they are counted instead of rows, so that nobody is a crowd by themselves: by the value,
 * however it is spelt, and all rows without one are one person's.
 */
import type { GateInput, GateOutcome, ObjectStore } from "../application/dataPorts.ts";
import type { DigestingStore } from "../application/digests.ts";
import { invariant } from "../domain/decider.ts";
import type { ColumnChunk } from "./columns.ts";
import { textsOf } from "./columnTexts.ts";
import { contentType } from "./contentTypes.ts";
import { decimalColumns } from "./decimalColumns.ts";
import { GroupCounts, MAX_GROUPED_PEOPLE, MAX_GROUPS, type Person } from "./groupCounts.ts";
import { keyedDigests } from "./kernels/keyedHash.ts";
import { parquetWriter } from "./parquet.ts";
import { comparable, rowHashes } from "./quality/rowHashes.ts";
import { openTable, readTable } from "./readTable.ts";
import { withoutRows } from "./rowSelection.ts";
import { TextBuilder } from "./textBuilder.ts";

const KEY_BYTES = 32;
const DIGEST_WORDS = 8;

/**
 * See `DataPlane.gate`. Throws a DataLimitError past `limit` groups, or as many people; leaves nothing
 * at the target when it fails. Limits are parameters for the tests.
 */
export const gate = async (
  store: DigestingStore,
  input: GateInput,
  limit: number = MAX_GROUPS,
  people_limit: number = MAX_GROUPED_PEOPLE,
): Promise<GateOutcome> => {
  const { source, schema, demand, people_by, suppress_to } = input;
  // Hashes live as long as this call: nobody else needs the key, or could prepare for it.
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const indexOf = (column: string) => Object.keys(schema).indexOf(column);
  const indexes = demand.columns.map(indexOf);
  const person = people_by === null ? null : indexOf(people_by);
  invariant(![...indexes, person].includes(-1), "columns were looked for in the schema before");
  const people = person === null ? null : { k: demand.k, limit: people_limit };
  const counts = new GroupCounts(limit, people);
  await eachChunk(store, input, async (chunk) => {
    const words = groupHashes(chunk, indexes, key);
    const persons = person === null ? null : personHashes(chunk, person, key);
    for (let row = 0; row < chunk.rows; row += 1)
      counts.add(words, row * DIGEST_WORDS, persons?.(row) ?? null);
  });
  const sizes = counts.sizes(demand.k);
  const finding = {
    ...demand,
    counted: person === null ? ("rows" as const) : ("people" as const),
    groups: sizes.groups,
    smallest_group: sizes.smallest,
    groups_below_k: sizes.groups_below,
    rows_below_k: sizes.rows_below,
  };
  if (suppress_to === null || sizes.rows_below === 0) return { finding, suppressed: null };

  const decimals = await decimalColumns(store, source, schema);
  const writer = parquetWriter(store.writer(suppress_to, contentType("parquet")), schema, decimals);
  try {
    await eachChunk(store, input, async (chunk) => {
      const words = groupHashes(chunk, indexes, key);
      const dropped = new Uint8Array(chunk.rows);
      for (let row = 0; row < chunk.rows; row += 1)
        if (counts.size(words, row * DIGEST_WORDS) < demand.k) dropped[row] = 1;
      await writer.write(withoutRows(chunk, dropped).chunk);
    });
    const written = await writer.close();
    invariant(
      written.rows + sizes.rows_below === source.rows,
      `both passes read the same rows of ${source.key}`,
    );
    return { finding, suppressed: { key: suppress_to, format: "parquet", ...written } };
  } catch (error) {
    await writer.abort();
    throw error;
  }
};

const eachChunk = async (
  store: ObjectStore,
  { source, schema }: GateInput,
  visit: (chunk: ColumnChunk) => Promise<void>,
): Promise<void> => {
  const reader = readTable(await openTable(store, source), schema);
  for await (const chunk of reader.chunks()) await visit(chunk);
  invariant(reader.issues.count === 0, `object ${source.key} fits the schema it was written by`);
};

/** The person of each row. */
const personHashes = (chunk: ColumnChunk, index: number, key: Uint8Array) => {
  const column = chunk.columns[index];
  invariant(column !== undefined, "a chunk has the columns of its schema");
  const hashes = rowHashes([column], chunk.rows, key);
  const nobody = { high: 0, low: 0 };
  return (row: number): Person =>
    hashes.takesPart(row) ? { high: hashes.high(row), low: hashes.low(row) } : nobody;
};

/** DIGEST_WORDS a row, of which GroupCounts takes the first four. */
const groupHashes = (
  { columns, rows }: ColumnChunk,
  indexes: readonly number[],
  key: Uint8Array,
): Uint32Array => {
  const parts = indexes.map((index) => {
    const column = columns[index];
    invariant(column !== undefined, "a chunk has the columns of its schema");
    const spell = column.type === "decimal" ? textsOf : comparable;
    return { ...spell(column, rows), valid: column.valid };
  });
  const builder = new TextBuilder(rows);
  for (let row = 0; row < rows; row += 1) {
    for (const { offsets, bytes, valid } of parts) {
      const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      // A null is not the empty text, and no two lists of values make the same message.
      builder.byte(valid === null || valid[row] === 1 ? 1 : 0);
      for (let shift = 24; shift >= 0; shift -= 8) builder.byte(((to - from) >>> shift) & 0xff);
      builder.copy(bytes, from, to);
    }
    builder.endText();
  }
  const digests = keyedDigests(key, builder.texts(), rows);
  return new Uint32Array(digests.buffer, digests.byteOffset, rows * DIGEST_WORDS);
};
