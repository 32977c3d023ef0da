/** Text files without some of their rows: lines are cut out, every other byte stays as it is. */
import type { DigestingStore } from "../../application/digests.ts";
import { isRowsOnly } from "../../domain/reading.ts";
import type { Segment } from "../../domain/segments.ts";
import type { ObjectRef } from "../../domain/table.ts";
import type { ColumnChunk } from "../columns.ts";
import { Cutter } from "../land.ts";
import { RangeCutter } from "./rangeCutter.ts";
import type { RowMatch } from "./rowMatch.ts";
import type { Scanned } from "./rowScan.ts";

export interface TextRedaction {
  readonly rows_read: number;
  readonly rows_removed: number;
  /** Null: no row was left out, and nothing was written. */
  readonly object: ObjectRef | null;
  readonly segments: readonly Segment[] | null;
}

export interface TextRedactionInput {
  readonly source: ObjectRef;
  readonly target: string;
  readonly segment_bytes?: number | undefined;
  readonly match: RowMatch;
  /** Sees every chunk and which of its rows stay: none is left out when the flags are null. */
  readonly kept?: (chunk: ColumnChunk, dropped: Uint8Array | null) => void;
  /** Asked once all rows were read: whether what was found may be relied on. */
  readonly sound: () => boolean;
}

/** Null, and nothing written, when `sound` says no. */
export const redactText = async (
  store: DigestingStore,
  rows: AsyncIterable<Scanned>,
  { source, target, segment_bytes, match, kept, sound }: TextRedactionInput,
): Promise<TextRedaction | null> => {
  const cutter = new RangeCutter(store, source, target);
  const segmenter = segment_bytes === undefined ? null : new Cutter(segment_bytes);
  let rows_read = 0;
  let rows_removed = 0;
  try {
    for await (const { chunk, extent } of rows) {
      const dropped = match(chunk);
      const removed = dropped === null ? 0 : dropped.reduce((sum, flag) => sum + flag, 0);
      for (let row = dropped?.indexOf(1) ?? -1; row >= 0; row = dropped?.indexOf(1, row + 1) ?? -1)
        cutter.leaveOut(...extent(row));
      rows_read += chunk.rows;
      rows_removed += removed;
      kept?.(chunk, dropped);
      segmenter?.add(chunk.rows - removed, extent(chunk.rows - 1)[1] - cutter.cut);
      await cutter.relieve();
    }
    const isSound = sound();
    if (rows_removed === 0 || !isSound) {
      await cutter.abort();
      return isSound ? { rows_read, rows_removed, object: null, segments: null } : null;
    }
    const left = rows_read - rows_removed;
    // Without a row and a header it is no bytes at all: no blank line, no byte order mark.
    const written = await cutter.close(left === 0 && isRowsOnly(source));
    const object = { ...source, key: target, ...written, rows: left };
    const segments = segmenter?.finish(written.bytes) ?? null;
    return { rows_read, rows_removed, object, segments };
  } catch (error) {
    await cutter.abort();
    throw error;
  }
};
