/**
 * The subjects of a file that is taken in segments: each leaves the hashes of its own, the index of
 * the whole is made of all of them. A part is hashes of two little-endian words, each about once, in
 * no order.
 */
import type {
  ObjectStore,
  PartRef,
  RefineInput,
  SegmentResult,
} from "../../application/dataPorts.ts";
import type { TrackedSubjects } from "../../application/subjectPorts.ts";
import { invariant } from "../../domain/decider.ts";
import type { SubjectIndexRef } from "../../domain/subjects.ts";
import { HashBuffer } from "./hashBuffer.ts";
import { INDEX_CONTENT_TYPE, IndexBuilder, writeIndex } from "./subjectIndex.ts";
import { type SubjectTracker, subjectColumn, subjectTracker } from "./subjectTracker.ts";

const ENTRY_BYTES = 8;
const READ_BYTES = 1024 * 1024;

export interface PartRecorder extends SubjectTracker {
  /** Writes what has been gathered, once it is much: to be awaited after every chunk. */
  relieve(): Promise<void>;
  close(): Promise<PartRef>;
  abort(): Promise<void>;
}

/** `most`: hashes gathered before they are written; a parameter for the tests. */
export const partRecorder = (
  store: ObjectStore,
  key: string,
  subjects: TrackedSubjects,
  most?: number,
): PartRecorder => {
  const writer = store.writer(key, INDEX_CONTENT_TYPE);
  const hashes = new HashBuffer(most);
  /** What had to leave the buffer in the middle of a chunk. */
  let waiting: Uint32Array[] = [];
  let bytes = 0;
  const put = async (words: Uint32Array) => {
    bytes += words.byteLength;
    await writer.write(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  };
  const relieve = async () => {
    const parts = waiting;
    waiting = [];
    for (const part of parts) await put(part);
  };
  const tracker = subjectTracker(subjects, (first, second) => {
    if (hashes.add(first, second)) return;
    waiting.push(hashes.take());
    hashes.add(first, second);
  });
  return {
    ...tracker,
    relieve,
    async close() {
      await relieve();
      await put(hashes.take());
      await writer.close();
      return { key, bytes, rows: bytes / ENTRY_BYTES };
    },
    abort: () => writer.abort(),
  };
};

/**
 * See `SegmentedDataPlane.indexSubjects`. Rejects, leaving nothing at the target, when a part is
 * gone.
 */
export const indexSubjects = async (
  store: ObjectStore,
  { schema, subjects }: Pick<RefineInput, "schema" | "subjects">,
  results: readonly SegmentResult[],
  target: string,
): Promise<SubjectIndexRef | null> => {
  invariant(subjects !== undefined, "an index is asked for where subjects were looked for");
  const builder = new IndexBuilder();
  for (const { subjects_part: part } of results) {
    // Its segment was gone through before there were indexes, or does not fit the schema.
    if (!part) return null;
    for (let offset = 0; offset < part.bytes; offset += READ_BYTES) {
      const length = Math.min(READ_BYTES, part.bytes - offset);
      const bytes = await store.read(part.key, offset, length);
      builder.addAll(new Uint32Array(bytes.slice().buffer));
    }
  }
  return writeIndex(store, target, subjectColumn(schema, subjects.column), builder);
};
