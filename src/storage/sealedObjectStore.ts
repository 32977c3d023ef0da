/**
 * An ObjectStore whose objects lie sealed in another one, in the form that `sealing.ts` says. Who
 * uses it sees plain bytes, plain sizes and plain ranges; what does not open throws
 * BrokenSealError before any byte of the damaged chunk is given. A chunk is held in memory, never
 * an object. Bytes are bound to the key they were written under: they open nowhere else.
 */
import {
  BrokenSealError,
  type ByteRange,
  MissingObjectError,
  type ObjectStore,
  type StoredObject,
} from "../application/dataPorts.ts";
import { remember } from "../application/remember.ts";
import { type ByteSource, byteSource } from "./byteSource.ts";
import { sealedWriter } from "./sealedWriter.ts";
import {
  CHUNK_BYTES,
  extentOf,
  HEADER_BYTES,
  newSealing,
  type Sealing,
  sealingOf,
  TAG_BYTES,
} from "./sealing.ts";

/** What lies in the store is of no type that a reader knows. */
const SEALED_TYPE = "application/octet-stream";

/** Objects whose seal is kept at hand for the next read: more than are ever merged at once. */
const MAX_REMEMBERED = 1024;

/** A part of an object up to this size is asked for at a stroke, without asking for its size first. */
const AT_A_STROKE_BYTES = 1024 * 1024;

interface Described {
  readonly sealing: Sealing;
  readonly chunks: number;
  readonly size_bytes: number;
}

/** `key`: 32 bytes, the dataset's own. `chunkBytes` is there for tests. */
export const sealedObjectStore = (
  store: ObjectStore,
  key: Uint8Array,
  chunkBytes = CHUNK_BYTES,
): ObjectStore => {
  const fullBytes = chunkBytes + TAG_BYTES;
  // Objects never change under their key, so neither does what is known of them.
  const known = new Map<string, Described>();

  const plain = (object: StoredObject): StoredObject => {
    const extent = extentOf(object.size_bytes, chunkBytes);
    if (extent === null) throw new BrokenSealError(object.key);
    return { ...object, size_bytes: extent.size_bytes };
  };

  /** By its header. Opens the last chunk too: with it the size is proven, not claimed by the store. */
  const prove = async (
    name: string,
    { size_bytes }: StoredObject,
    sealing: Sealing,
  ): Promise<Described> => {
    const extent = extentOf(size_bytes, chunkBytes);
    if (extent === null) throw new BrokenSealError(name);
    const last = extent.chunks - 1;
    const at = HEADER_BYTES + last * fullBytes;
    await sealing.open(last, true, await store.read(name, at, size_bytes - at));
    const found = { sealing, ...extent };
    remember(known, name, found, MAX_REMEMBERED);
    return found;
  };

  const describe = async (name: string): Promise<Described | null> => {
    const remembered = known.get(name);
    if (remembered) return remembered;
    const object = await store.head(name);
    if (object === null) return null;
    if (extentOf(object.size_bytes, chunkBytes) === null) throw new BrokenSealError(name);
    const header = await store.read(name, 0, HEADER_BYTES);
    return prove(name, object, await sealingOf(key, name, chunkBytes, header));
  };

  const openWhole = async (name: string): Promise<ReadableStream<Uint8Array> | null> => {
    const stream = await store.open(name);
    if (stream === null) return null;
    const source = byteSource(stream);
    return pulled(wholeOf(source, name), () => source.cancel());
  };

  async function* wholeOf(source: ByteSource, name: string) {
    yield* chunksOf(source, name, await sealingIn(source, name));
  }

  const sealingIn = async (source: ByteSource, name: string): Promise<Sealing> =>
    sealingOf(key, name, chunkBytes, await source.take(HEADER_BYTES));

  async function* chunksOf(source: ByteSource, name: string, sealing: Sealing) {
    for (let index = 0, last = false; !last; index += 1) {
      const sealed = await source.take(fullBytes);
      last = await source.ended();
      // Only an object without a byte ends in an empty chunk.
      if (index > 0 && sealed.length <= TAG_BYTES) throw new BrokenSealError(name);
      yield await sealing.open(index, last, sealed);
    }
  }

  /**
   * The beginning of an object that nothing is known of: when it ends there it is read with one
   * request, else with those that prove its size.
   */
  const readFirst = async (name: string, length: number): Promise<Uint8Array> => {
    const stream = await store.open(name);
    if (stream === null) throw missing(name);
    const source = byteSource(stream);
    try {
      const sealing = await sealingIn(source, name);
      const bytes = new Uint8Array(length);
      let at = 0;
      for await (const opened of chunksOf(source, name, sealing)) {
        const some = opened.subarray(0, length - at);
        bytes.set(some, at);
        at += some.length;
        if (at === length) break;
      }
      if (await source.ended()) {
        if (at < length) throw tooShort(name, at, 0, length);
        return bytes;
      }
      const object = await store.head(name);
      if (object === null) throw missing(name);
      await prove(name, object, sealing);
      return bytes;
    } finally {
      await source.cancel();
    }
  };

  const openRange = async (
    name: string,
    range: ByteRange,
  ): Promise<ReadableStream<Uint8Array> | null> => {
    const found = await describe(name);
    if (found === null) return null;
    const end = Math.min(range.offset + range.length, found.size_bytes);
    if (end <= range.offset) return new Blob([]).stream();
    const part = { offset: range.offset, end };
    let source: ByteSource | null = null;
    const begin = async (sealedRange: ByteRange): Promise<ByteSource> => {
      const stream = await store.open(name, sealedRange);
      if (stream === null) throw missing(name);
      source = byteSource(stream);
      return source;
    };
    return pulled(partOf(begin, found, part), async () => source?.cancel());
  };

  /** The store is asked when the first byte is: who wants to know the size alone costs nothing. */
  async function* partOf(
    begin: (sealedRange: ByteRange) => Promise<ByteSource>,
    { sealing, chunks }: Described,
    { offset, end }: { readonly offset: number; readonly end: number },
  ) {
    const first = Math.floor(offset / chunkBytes);
    const behind = Math.ceil(end / chunkBytes);
    const source = await begin({
      offset: HEADER_BYTES + first * fullBytes,
      length: (behind - first) * fullBytes,
    });
    for (let index = first; index < behind; index += 1) {
      const opened = await sealing.open(index, index === chunks - 1, await source.take(fullBytes));
      const at = index * chunkBytes;
      yield opened.subarray(Math.max(offset - at, 0), Math.min(end - at, opened.length));
    }
    // Read to its end, the stream need not be broken off.
    await source.ended();
  }

  const atAStroke = async (
    name: string,
    { chunks, size_bytes }: Described,
    { offset, length }: ByteRange,
  ): Promise<ByteSource> => {
    const end = HEADER_BYTES + size_bytes + chunks * TAG_BYTES;
    const sealed = await store.read(name, offset, Math.min(length, end - offset));
    return byteSource(new Blob([sealed]).stream());
  };

  return {
    async head(name) {
      const object = await store.head(name);
      return object && plain(object);
    },

    open: (name, range) => (range === undefined ? openWhole(name) : openRange(name, range)),

    async read(name, offset, length) {
      if (offset === 0 && length > 0 && !known.has(name)) return readFirst(name, length);
      const found = await describe(name);
      if (found === null) throw missing(name);
      const end = offset + length;
      if (end > found.size_bytes) throw tooShort(name, found.size_bytes, offset, length);
      const bytes = new Uint8Array(length);
      if (length === 0) return bytes;
      const parts =
        length <= AT_A_STROKE_BYTES
          ? partOf((sealedRange) => atAStroke(name, found, sealedRange), found, { offset, end })
          : await openRange(name, { offset, length });
      if (parts === null) throw missing(name);
      let at = 0;
      for await (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      return bytes;
    },

    writer: (name) =>
      sealedWriter(
        store.writer(name, SEALED_TYPE),
        () => newSealing(key, name, chunkBytes),
        chunkBytes,
      ),

    async delete(names) {
      for (const name of names) known.delete(name);
      await store.delete(names);
    },

    async clear(names) {
      for (const name of names) known.delete(name);
      await store.clear(names);
    },

    async *list(prefix, after) {
      for await (const object of store.list(prefix, after)) yield plain(object);
    },
  };
};

const missing = (name: string) => new MissingObjectError(`object ${name} is missing`);

const tooShort = (name: string, size_bytes: number, offset: number, length: number) =>
  new MissingObjectError(`object ${name} has ${size_bytes} bytes, asked for ${offset}+${length}`);

/** A stream that reads only when it is read; `release` lets go of what it reads from. */
const pulled = (
  parts: AsyncGenerator<Uint8Array>,
  release: () => Promise<void>,
): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await parts.next();
            if (done) {
              await release();
              return controller.close();
            }
            if (value.length > 0) return controller.enqueue(value);
          }
        } catch (error) {
          await release();
          throw error;
        }
      },
      cancel: release,
    },
    { highWaterMark: 0 },
  );
