/**
 * The Merkle tree over the log, kept so that any root or proof costs a few reads, however long the
 * log is. An event's leaf hash stands in its own row; of every complete, aligned run of 256^k
 * events the root is kept besides, one row in 256 events. Everything between is recomputed.
 */
import { remember } from "../application/remember.ts";
import { invariant } from "../domain/decider.ts";
import type { EventStore } from "./eventStore.ts";
import { consistencyPath, HASH_BYTES, inclusionPath, subtreeRoot } from "./merkle.ts";

/** Children of a tile: a tile of level k covers 256^k leaves. */
export const TILE_WIDTH = 256;

/** Roots of subtrees kept in memory: some 100 bytes each. */
const MAX_WARM_SUBTREES = 4096;

export interface Tree {
  /** Must be called in order, in the transaction that inserts the event. */
  appended(seq: number): void;
  root(size: number): Uint8Array;
  inclusion(index: number, size: number): readonly Uint8Array[];
  consistency(from: number, to: number): readonly Uint8Array[];
}

type Hashes = readonly Uint8Array[];

export const tree = (sql: SqlStorage, events: Pick<EventStore, "leafHashes">): Tree => {
  const tiles = (level: number, from: number, to: number): Hashes =>
    sql
      .exec<{ hash: ArrayBuffer }>(
        `SELECT hash FROM tiles WHERE level = CAST(? AS INTEGER)
         AND position >= CAST(? AS INTEGER) AND position < CAST(? AS INTEGER) ORDER BY position`,
        level,
        from,
        to,
      )
      .toArray()
      .map(({ hash }) => new Uint8Array(hash));

  const children = (level: number, from: number, to: number): Hashes => {
    const hashes = level === 0 ? events.leafHashes(from, to) : tiles(level, from, to);
    invariant(hashes.length === to - from, `tree level ${level} has ${from} to ${to}`);
    return hashes;
  };

  const warm = new Map<string, Uint8Array>();

  /** The root of a complete subtree: it never changes again, so the latest are kept. */
  const complete = (start: number, end: number): Uint8Array | null => {
    const length = end - start;
    if (!isPowerOfTwo(length) || start % length !== 0) return null;
    const key = `${start}-${end}`;
    const root = warm.get(key) ?? compute(start, end);
    remember(warm, key, root, MAX_WARM_SUBTREES);
    return root;
  };

  /** From the largest tiles it is made of: one read. */
  const compute = (start: number, end: number): Uint8Array => {
    const length = end - start;
    const level = Math.floor(Math.log2(length) / Math.log2(TILE_WIDTH));
    const unit = TILE_WIDTH ** level;
    return rootOf(children(level, start / unit, end / unit));
  };
  const hash = (start: number, end: number) => subtreeRoot(complete, start, end);

  return {
    appended(seq) {
      let level = 1;
      for (let width = TILE_WIDTH; seq % width === 0; width *= TILE_WIDTH, level += 1) {
        const position = seq / width - 1;
        const below = children(level - 1, position * TILE_WIDTH, (position + 1) * TILE_WIDTH);
        sql.exec(
          "INSERT INTO tiles (level, position, hash) VALUES (?, ?, ?)",
          level,
          position,
          rootOf(below),
        );
      }
    },
    root: (size) => hash(0, size),
    inclusion: (index, size) => inclusionPath(hash, index, size),
    consistency: (from, to) => consistencyPath(hash, from, to),
  };
};

const isPowerOfTwo = (n: number): boolean => n > 0 && Number.isInteger(Math.log2(n));

const rootOf = (hashes: Hashes): Uint8Array =>
  subtreeRoot(
    (start, end) => (end - start === 1 ? (hashes[start] ?? new Uint8Array(HASH_BYTES)) : null),
    0,
    hashes.length,
  );
