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
  type ObjectWriter,
  type StoredObject,
} from "../application/dataPorts.ts";
import { remember } from "../application/remember.ts";
import { type ByteSource, byteSource } from "./byteSource.ts";
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

/** Objects whose seal is kept at hand for the next read. */
const MAX_REMEMBERED = 64;

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

  /** Opens the last chunk too: with it the size is proven, not claimed by the store. */
  const describe = async (name: string): Promise<Described | null> => {
    const remembered = known.get(name);
    if (remembered) return remembered;
    const object = await store.head(name);
    if (object === null) return null;
    const extent = extentOf(object.size_bytes, chunkBytes);
    if (extent === null) throw new BrokenSealError(name);
    const header = await store.read(name, 0, HEADER_BYTES);
    const sealing = await sealingOf(key, name, chunkBytes, header);
    const last = extent.chunks - 1;
    const at = HEADER_BYTES + last * fullBytes;
    await sealing.open(last, true, await store.read(name, at, object.size_bytes - at));
    const described = { sealing, ...extent };
    remember(known, name, described, MAX_REMEMBERED);
    return described;
  };

  const openWhole = async (name: string): Promise<ReadableStream<Uint8Array> | null> => {
    const stream = await store.open(name);
    if (stream === null) return null;
    const source = byteSource(stream);
    return pulled(wholeOf(source, name), () => source.cancel());
  };

  async function* wholeOf(source: ByteSource, name: string) {
    const sealing = await sealingOf(key, name, chunkBytes, await source.take(HEADER_BYTES));
    for (let index = 0, last = false; !last; index += 1) {
      const sealed = await source.take(fullBytes);
      last = await source.ended();
      // Only an object without a byte ends in an empty chunk.
      if (index > 0 && sealed.length <= TAG_BYTES) throw new BrokenSealError(name);
      yield await sealing.open(index, last, sealed);
    }
  }

  const openRange = async (
    name: string,
    range: ByteRange,
  ): Promise<ReadableStream<Uint8Array> | null> => {
    const described = await describe(name);
    if (described === null) return null;
    const end = Math.min(range.offset + range.length, described.size_bytes);
    if (end <= range.offset) return new Blob([]).stream();
    const part = { offset: range.offset, end };
    let source: ByteSource | null = null;
    const begin = async (sealedRange: ByteRange): Promise<ByteSource> => {
      const stream = await store.open(name, sealedRange);
      if (stream === null) throw new MissingObjectError(`object ${name} is missing`);
      source = byteSource(stream);
      return source;
    };
    return pulled(partOf(begin, described, part), async () => source?.cancel());
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

  return {
    async head(name) {
      const object = await store.head(name);
      return object && plain(object);
    },

    open: (name, range) => (range === undefined ? openWhole(name) : openRange(name, range)),

    async read(name, offset, length) {
      const described = await describe(name);
      if (described === null) throw new MissingObjectError(`object ${name} is missing`);
      if (offset + length > described.size_bytes) {
        throw new MissingObjectError(
          `object ${name} has ${described.size_bytes} bytes, asked for ${offset}+${length}`,
        );
      }
      const stream = await openRange(name, { offset, length });
      if (stream === null) throw new MissingObjectError(`object ${name} is missing`);
      const bytes = new Uint8Array(length);
      let at = 0;
      for await (const part of stream) {
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

    async *list(prefix, after) {
      for await (const object of store.list(prefix, after)) yield plain(object);
    },
  };
};

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

/** Seals a chunk when more follows; what is left at the end is the last one. */
const sealedWriter = (
  writer: ObjectWriter,
  begin: () => Promise<Sealing>,
  chunkBytes: number,
): ObjectWriter => {
  const chunk = new Uint8Array(chunkBytes);
  let filled = 0;
  let index = 0;
  let begun: Sealing | null = null;
  let ended = false;

  const put = async (plain: Uint8Array, last: boolean) => {
    if (begun === null) {
      begun = await begin();
      await writer.write(begun.header);
    }
    await writer.write(await begun.seal(index, last, plain));
    index += 1;
  };
  const mustBeOpen = () => {
    if (ended) throw new Error("the writer of a sealed object is closed");
  };

  return {
    async write(bytes) {
      mustBeOpen();
      let rest = bytes;
      while (filled + rest.length > chunkBytes) {
        if (filled === 0) {
          await put(rest.subarray(0, chunkBytes), false);
          rest = rest.subarray(chunkBytes);
          continue;
        }
        const room = rest.subarray(0, chunkBytes - filled);
        chunk.set(room, filled);
        rest = rest.subarray(room.length);
        filled = 0;
        await put(chunk, false);
      }
      chunk.set(rest, filled);
      filled += rest.length;
    },

    async close() {
      mustBeOpen();
      await put(chunk.subarray(0, filled), true);
      ended = true;
      await writer.close();
    },

    async abort() {
      ended = true;
      await writer.abort();
    },
  };
};
