/**
 * An ObjectStore in memory, for tests of what uses one. It behaves as R2 does behind the port:
 * nothing is visible before `close`, and streams come in pieces.
 */
import type { StoredObject } from "../../src/application/dataPorts.ts";
import {
  type DigestingStore,
  type DigestingWriter,
  objectDigest,
  uploadTag,
} from "../../src/application/digests.ts";

export interface MemoryObjectStore extends DigestingStore {
  /** Keys with something under them, sorted. */
  keys(): readonly string[];
  put(key: string, content: string | Uint8Array): void;
  bytes(key: string): Uint8Array;
  text(key: string): string;
  /** Writers that were neither closed nor aborted. */
  readonly open_writers: number;
}

const PIECE_BYTES = 64 * 1024;

/** Of the lake that the store's digests are of. */
export const DIGEST_KEY = new Uint8Array(32).fill(77);

/** The digest of what was written under that key, by that lake. */
export const digestAt = (key: string, content: string | Uint8Array): string => {
  const digest = objectDigest(DIGEST_KEY, key);
  digest.update(typeof content === "string" ? new TextEncoder().encode(content) : content);
  return digest.end();
};

/** `clock` dates the objects; by default they all come from the same moment. */
export const memoryObjectStore = (
  clock: () => Date = () => new Date("2026-11-23T12:00:00Z"),
): MemoryObjectStore => {
  const objects = new Map<string, { bytes: Uint8Array; stored: StoredObject }>();
  let version = 0;
  let openWriters = 0;

  const save = (key: string, bytes: Uint8Array) => {
    version += 1;
    const stored = {
      key,
      size_bytes: bytes.length,
      etag: String(version),
      uploaded_at: clock(),
    };
    objects.set(key, { bytes, stored });
  };

  const get = (key: string): Uint8Array => {
    const object = objects.get(key);
    if (object === undefined) throw new Error(`object ${key} is missing`);
    return object.bytes;
  };

  const writer = (key: string): DigestingWriter => {
    const parts: Uint8Array[] = [];
    let done = false;
    openWriters += 1;
    const finish = () => {
      if (!done) openWriters -= 1;
      done = true;
    };
    return {
      digest: objectDigest(DIGEST_KEY, key),
      async write(bytes) {
        if (done) throw new Error(`the writer of ${key} is closed`);
        parts.push(bytes.slice());
      },
      async close() {
        if (done) throw new Error(`the writer of ${key} is closed`);
        finish();
        save(key, join(parts));
      },
      async abort() {
        finish();
      },
    };
  };

  return {
    head: async (key) => objects.get(key)?.stored ?? null,
    open: async (key, range) => {
      const object = objects.get(key);
      if (object === undefined) return null;
      const { offset, length } = range ?? { offset: 0, length: object.bytes.length };
      return streamOf(object.bytes.subarray(offset, offset + length));
    },
    async read(key, offset, length) {
      const bytes = get(key);
      if (offset + length > bytes.length) throw new Error(`object ${key} is too short`);
      return bytes.slice(offset, offset + length);
    },
    writer,
    digest: (key) => objectDigest(DIGEST_KEY, key),
    uploadTag: (key, etag) => uploadTag(DIGEST_KEY, key, etag),
    async delete(keys) {
      for (const key of keys) objects.delete(key);
    },
    async clear(keys) {
      for (const key of keys) objects.delete(key);
    },
    async *list(prefix, after = "") {
      for (const key of [...objects.keys()].sort()) {
        const object = objects.get(key);
        if (key.startsWith(prefix) && key > after && object !== undefined) yield object.stored;
      }
    },
    keys: () => [...objects.keys()].sort(),
    put: (key, content) =>
      save(key, typeof content === "string" ? new TextEncoder().encode(content) : content.slice()),
    bytes: get,
    text: (key) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(get(key)),
    get open_writers() {
      return openWriters;
    },
  };
};

/** A stream of `bytes`, cut at every `size` bytes. */
export const streamOf = (bytes: Uint8Array, size = PIECE_BYTES): ReadableStream<Uint8Array> => {
  let offset = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(offset, offset + size));
      offset += size;
    },
  });
};

const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
};
