/**
 * `unique` across the published batches of a dataset, on the side of the bytes: what a batch's own
 * rows are compared with, and what is kept of them for those that come after.
 */
import type { ObjectStore, RefineInput } from "../../application/dataPorts.ts";
import { invariant } from "../../domain/decider.ts";
import type { QualityRules } from "../../domain/rules/quality.ts";
import { rulesOver, scopedColumns, type UniqueHashes } from "../../domain/rules/uniqueScope.ts";
import type { ColumnChunk } from "../columns.ts";
import { openTable, readTable } from "../readTable.ts";
import { type EarlierPart, findDuplicates, type KnownDuplicates } from "./duplicates.ts";
import type { ChunkVerdict } from "./evaluator.ts";
import { rowHashes } from "./rowHashes.ts";
import { type SeenRecorder, seenRecorder } from "./seenParts.ts";

export const OCTETS = "application/octet-stream";

/** The hashes of other batches as parts that come before all rows of this one. */
export const earlierParts = ({ quality, unique }: RefineInput): readonly EarlierPart[] =>
  (unique?.others ?? []).map(({ key, bytes, columns }) => ({
    key,
    bytes,
    rules: rulesOver(quality, columns),
  }));

const hashesOf = (chunk: ColumnChunk, names: readonly string[], key: Uint8Array) => {
  const columns = names.map((name) => {
    const column = chunk.columns.find((candidate) => candidate.name === name);
    invariant(column !== undefined, "a chunk has every column of the schema");
    return column;
  });
  return rowHashes(columns, chunk.rows, key);
};

/**
 * For a file that is read in one pass: another one before it, that finds the rows `unique` fails.
 * Null when no rule asks for other batches, or the file does not fit its schema.
 */
export const duplicatesInDataset = async (
  store: ObjectStore,
  input: RefineInput,
): Promise<KnownDuplicates | null> => {
  const { quality, unique, keys } = input;
  if (scopedColumns(quality).length === 0) return null;
  invariant(unique !== undefined, "what a rule compares with is in the plan");
  const { seen_key } = unique;
  const recorder = seenRecorder(store.writer(seen_key, OCTETS));
  try {
    const reader = readTable(await openTable(store, input.source), input.schema);
    for await (const chunk of reader.chunks()) {
      for (const [index, rule] of quality.entries()) {
        if (rule.kind !== "unique") continue;
        const hashes = hashesOf(chunk, rule.columns, keys.unique);
        recorder.record(index, hashes, chunk.first_row, chunk.rows);
      }
      await recorder.relieve();
    }
    if (reader.issues.count > 0) {
      await recorder.abort();
      return null;
    }
    const { bytes } = await recorder.close();
    return await findDuplicates(store, [{ key: seen_key, bytes }], earlierParts(input));
  } catch (error) {
    await recorder.abort();
    throw error;
  } finally {
    await store.delete([seen_key]);
  }
};

/** Keeps the hashes of the rows that go on. */
export interface HashKeeper {
  keep(chunk: ColumnChunk, verdict: ChunkVerdict): Promise<void>;
  close(): Promise<UniqueHashes>;
  abort(): Promise<void>;
}

/** Null when no rule asks for it, or there is nowhere to write. */
export const hashKeeper = (
  store: ObjectStore,
  quality: QualityRules,
  secret: Uint8Array,
  key: string | undefined,
): HashKeeper | null => {
  const columns = scopedColumns(quality);
  if (key === undefined || columns.length === 0) return null;
  const recorder: SeenRecorder = seenRecorder(store.writer(key, OCTETS));
  return {
    async keep(chunk, { diverted }) {
      for (const [index, names] of columns.entries()) {
        const hashes = hashesOf(chunk, names, secret);
        recorder.record(index, hashes, chunk.first_row, chunk.rows, diverted);
      }
      await recorder.relieve();
    },
    close: async () => ({ key, columns, ...(await recorder.close()) }),
    abort: () => recorder.abort(),
  };
};

/** See `DataPlane.collisions`. */
export const collisions = async (
  store: ObjectStore,
  own: UniqueHashes,
  others: readonly UniqueHashes[],
  columns: readonly (readonly string[])[],
): Promise<number> => {
  const wanted = new Set(columns.map((list) => JSON.stringify(list)));
  const places = new Map(own.columns.map((list, index) => [JSON.stringify(list), index]));
  const earlier = others.map(({ key, bytes, columns: lists }) => ({
    key,
    bytes,
    rules: lists.map((list) => {
      const place = places.get(JSON.stringify(list));
      return place !== undefined && wanted.has(JSON.stringify(list)) ? [place] : [];
    }),
  }));
  const found = await findDuplicates(store, [own], earlier, true);
  return own.columns.reduce((sum, _, index) => sum + found.count(index), 0);
};
