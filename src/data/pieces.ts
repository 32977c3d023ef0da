/**
 * The bytes of a stream in large pieces. The runtime hands out 4 KiB at a time unless it is given a
 * buffer to fill, and at that size the way from read to read costs more than the work between.
 */

import { giveWay } from "../application/courtesy.ts";

/** As much as is asked for at once, and as long as nothing else on the thread has its turn. */
const READ_BYTES = 128 * 1024;

/** Pieces of a file, in order; each is valid until the next one is asked for. */
export type Pieces = AsyncIterable<Uint8Array>;

/** Cancels the stream when the consumer stops early; throws what the stream throws. */
export async function* piecesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = byteReader(stream);
  if (reader === null) {
    yield* stream;
    return;
  }
  let isDone = false;
  let buffer = new ArrayBuffer(READ_BYTES);
  try {
    while (!isDone) {
      const { done, value } = await fill(reader, new Uint8Array(buffer));
      isDone = done;
      if (value === undefined) break;
      if (value.length > 0) yield value;
      buffer = value.buffer;
      await giveWay();
    }
    isDone = true;
  } finally {
    // Stopped on the way: whoever fills the stream is to know.
    if (!isDone) await reader.cancel();
    reader.releaseLock();
  }
}

/** Only workerd knows how to wait until a buffer is full. */
type ByteReader = Pick<ReadableStreamBYOBReader, "read" | "cancel" | "releaseLock"> &
  Partial<Pick<ReadableStreamBYOBReader, "readAtLeast">>;

const fill = (reader: ByteReader, view: Uint8Array<ArrayBuffer>) =>
  reader.readAtLeast?.(view.length, view) ?? reader.read(view);

/** Null for a stream whose pieces are made in JavaScript: they are as large as they are. */
const byteReader = (stream: ReadableStream<Uint8Array>): ByteReader | null => {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return null;
  }
};
