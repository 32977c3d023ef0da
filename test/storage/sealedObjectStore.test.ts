import { describe, expect, it } from "vitest";
import { BrokenSealError, MissingObjectError } from "../../src/application/dataPorts.ts";
import { datasetStore } from "../../src/storage/datasetStore.ts";
import { sealedObjectStore } from "../../src/storage/sealedObjectStore.ts";
import { CHUNK_BYTES, HEADER_BYTES, TAG_BYTES } from "../../src/storage/sealing.ts";
import { memoryObjectStore, streamOf } from "../support/memoryObjectStore.ts";
import fc from "../support/property.ts";

const KEY = new Uint8Array(32).fill(1);
const NAME = "lakes/north/batches/b/1/raw/a.csv";
/** Small, so that a short text has many chunks. */
const CHUNK = 16;
const FULL = CHUNK + TAG_BYTES;

const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + 3) & 0xff);

const sealedIn = (inner = memoryObjectStore(), key = KEY, chunk = CHUNK) => ({
  inner,
  store: sealedObjectStore(inner, key, chunk),
});

type Store = ReturnType<typeof sealedObjectStore>;

const write = async (store: Store, name: string, bytes: Uint8Array, step = bytes.length) => {
  const writer = store.writer(name, "text/csv");
  for (let at = 0; at < bytes.length; at += step) await writer.write(bytes.subarray(at, at + step));
  await writer.close();
};

const collect = async (stream: ReadableStream<Uint8Array> | null) =>
  stream === null ? null : new Uint8Array(await new Response(stream).arrayBuffer());

const whole = async (store: Store, name = NAME) => collect(await store.open(name));

/** Every way to read an object, each on a store that has not seen it before. */
const READINGS: Readonly<Record<string, (store: Store, size: number) => Promise<unknown>>> = {
  "as a whole": (store) => whole(store),
  "in its first half": async (store, size) =>
    collect(await store.open(NAME, { offset: 0, length: size / 2 })),
  "at its first byte": (store) => store.read(NAME, 0, 1),
};

const expectBroken = async (bytes: Uint8Array, key = KEY, name = NAME) => {
  const inner = memoryObjectStore();
  inner.put(NAME, bytes);
  for (const [how, reading] of Object.entries(READINGS)) {
    const store = sealedObjectStore(inner, key, CHUNK);
    const read = reading(store, 100).then(
      () => "read",
      (error: unknown) => error,
    );
    expect(await read, `${how}, ${name}`).toBeInstanceOf(BrokenSealError);
  }
};

describe("a sealed object", () => {
  for (const length of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 5 * CHUNK + 3]) {
    it(`of ${length} bytes is read as it was written, and is of that size`, async () => {
      for (const step of [1, 7, CHUNK, 1000]) {
        const { inner, store } = sealedIn();
        await write(store, NAME, pattern(length), step);
        expect(await whole(store)).toEqual(pattern(length));
        expect(await store.read(NAME, 0, length)).toEqual(pattern(length));
        expect((await store.head(NAME))?.size_bytes).toBe(length);
        const chunks = Math.max(1, Math.ceil(length / CHUNK));
        expect(inner.bytes(NAME).length).toBe(HEADER_BYTES + length + chunks * TAG_BYTES);
      }
    });
  }

  it("of several chunks of the real size is read as it was written", async () => {
    const { inner, store } = sealedIn(memoryObjectStore(), KEY, CHUNK_BYTES);
    const bytes = pattern(3 * CHUNK_BYTES + 1000);
    await write(store, NAME, bytes, 10_000);
    expect(Buffer.compare((await whole(store)) ?? Buffer.alloc(0), bytes)).toBe(0);
    const part = await store.read(NAME, CHUNK_BYTES - 5, CHUNK_BYTES + 10);
    expect(Buffer.compare(part, bytes.subarray(CHUNK_BYTES - 5, 2 * CHUNK_BYTES + 5))).toBe(0);
    expect(inner.open_writers).toBe(0);
  });

  it("read in part is that part of it, wherever it begins and ends", async () => {
    const arbitrary = fc.record({
      length: fc.nat(6 * CHUNK),
      offset: fc.nat(7 * CHUNK),
      wanted: fc.nat(7 * CHUNK),
      step: fc.integer({ min: 1, max: 3 * CHUNK }),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ length, offset, wanted, step }) => {
        const { inner, store } = sealedIn();
        const bytes = pattern(length);
        await write(store, NAME, bytes, step);
        const expected = bytes.subarray(offset, offset + wanted);
        const fresh = sealedObjectStore(inner, KEY, CHUNK);
        const opened = await fresh.open(NAME, { offset, length: wanted });
        expect(await collect(opened)).toEqual(expected);
        const read = fresh.read(NAME, offset, wanted);
        if (offset + wanted <= length) expect(await read).toEqual(expected);
        else await expect(read).rejects.toThrow(MissingObjectError);
      }),
      { numRuns: 200 },
    );
  });

  it("holds nothing of what was written, and is another each time it is written", async () => {
    const { inner, store } = sealedIn();
    const text = "jane.doe@example.org,jane.doe@example.org";
    await write(store, NAME, new TextEncoder().encode(text));
    const first = inner.bytes(NAME);
    expect(Buffer.from(first).toString("latin1")).not.toContain("jane");
    await write(store, NAME, new TextEncoder().encode(text));
    const second = inner.bytes(NAME);
    expect(second.length).toBe(first.length);
    const bodies = [first, second].map((bytes) => Buffer.from(bytes.subarray(HEADER_BYTES)));
    expect(bodies[0]?.equals(bodies[1] ?? Buffer.alloc(0))).toBe(false);
  });

  it("that is missing is missing however it is asked for", async () => {
    const { store } = sealedIn();
    expect(await store.head(NAME)).toBeNull();
    expect(await store.open(NAME)).toBeNull();
    expect(await store.open(NAME, { offset: 0, length: 1 })).toBeNull();
    await expect(store.read(NAME, 0, 0)).rejects.toThrow(MissingObjectError);
  });

  /** What is asked of the store underneath, as the platform counts it. */
  const counted = (inner = memoryObjectStore()) => {
    const asked: string[] = [];
    const { store } = sealedIn({
      ...inner,
      head: (name) => {
        asked.push("head");
        return inner.head(name);
      },
      open: (name, range) => {
        asked.push(range === undefined ? "open" : "open in part");
        return inner.open(name, range);
      },
      read: (...part) => {
        asked.push("read");
        return inner.read(...part);
      },
    });
    return { store, asked };
  };

  it("that ends with what is asked for takes one request", async () => {
    for (const length of [1, CHUNK, CHUNK + 1, 5 * CHUNK]) {
      const { store, asked } = counted();
      await write(store, NAME, pattern(length));
      expect(await store.read(NAME, 0, length)).toEqual(pattern(length));
      expect(asked).toEqual(["open"]);
      await expect(store.read(NAME, 0, length + 1)).rejects.toThrow(MissingObjectError);
    }
  });

  it("is asked for what proves its size once, and then for each part with one request", async () => {
    const { store, asked } = counted();
    await write(store, NAME, pattern(100));
    expect(await store.read(NAME, 0, 20)).toEqual(pattern(20));
    expect(asked).toEqual(["open", "head", "read"]);
    for (const [offset, length] of [
      [0, 20],
      [3, 40],
      [90, 10],
    ] as const) {
      asked.length = 0;
      expect(await store.read(NAME, offset, length)).toEqual(
        pattern(100).subarray(offset, offset + length),
      );
      expect(asked).toEqual(["read"]);
    }
  });

  it("that was read before is missing once it is deleted", async () => {
    const { store } = sealedIn();
    await write(store, NAME, pattern(40));
    await store.read(NAME, 0, 40);
    await store.delete([NAME]);
    await expect(store.read(NAME, 0, 40)).rejects.toThrow(MissingObjectError);
  });

  it("is listed with the size of what was written", async () => {
    const { store } = sealedIn();
    await write(store, NAME, pattern(40));
    const sizes: number[] = [];
    for await (const object of store.list("lakes/")) sizes.push(object.size_bytes);
    expect(sizes).toEqual([40]);
  });

  it("that is not finished is not there, and one given up leaves nothing", async () => {
    const { inner, store } = sealedIn();
    const writer = store.writer(NAME, "text/csv");
    await writer.write(pattern(100));
    expect(await store.head(NAME)).toBeNull();
    await writer.abort();
    expect(inner.keys()).toEqual([]);
    expect(inner.open_writers).toBe(0);
    await expect(writer.write(pattern(1))).rejects.toThrow("closed");
  });

  it("lets go of what it reads from when its reader goes, begun or not", async () => {
    const inner = memoryObjectStore();
    await write(sealedIn(inner).store, NAME, pattern(100));
    let cancelled = 0;
    const watched: Store = {
      ...inner,
      open: async (_, range) =>
        new ReadableStream<Uint8Array>({
          pull: (controller) => {
            const at = range?.offset ?? 0;
            controller.enqueue(inner.bytes(NAME).slice(at, at + HEADER_BYTES + FULL));
          },
          cancel: () => {
            cancelled += 1;
          },
        }),
    };
    const store = sealedObjectStore(watched, KEY, CHUNK);
    await (await store.open(NAME))?.cancel();
    const begun = (await store.open(NAME))?.getReader();
    expect((await begun?.read())?.value).toEqual(pattern(CHUNK));
    await begun?.cancel();
    const part = (await store.open(NAME, { offset: 3, length: 40 }))?.getReader();
    expect((await part?.read())?.value).toEqual(pattern(CHUNK).subarray(3));
    await part?.cancel();
    expect(cancelled).toBe(3);
    // Nobody has read: there is nothing to let go of.
    await (await store.open(NAME, { offset: 3, length: 5 }))?.cancel();
    expect(cancelled).toBe(3);
  });
});

describe("a sealed object that was tampered with", () => {
  const LENGTH = 5 * CHUNK + 3;
  const sealed = async () => {
    const { inner, store } = sealedIn();
    await write(store, NAME, pattern(LENGTH));
    return inner.bytes(NAME).slice();
  };
  const chunkAt = (bytes: Uint8Array, index: number) =>
    bytes.subarray(HEADER_BYTES + index * FULL, HEADER_BYTES + (index + 1) * FULL);

  it("does not open when any byte of its header is another", async () => {
    const bytes = await sealed();
    for (let at = 0; at < HEADER_BYTES; at += 1) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      await expectBroken(changed);
    }
  });

  it("never gives a byte of a chunk in which a bit is another", async () => {
    const bytes = await sealed();
    for (let at = HEADER_BYTES; at < bytes.length; at += 5) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const inner = memoryObjectStore();
      inner.put(NAME, changed);
      const store = sealedObjectStore(inner, KEY, CHUNK);
      const index = Math.floor((at - HEADER_BYTES) / FULL);
      const given: number[] = [];
      const reading = async () => {
        for await (const part of (await store.open(NAME)) ?? []) given.push(...part);
      };
      await expect(reading()).rejects.toThrow(BrokenSealError);
      expect(given).toEqual([...pattern(LENGTH).subarray(0, index * CHUNK)]);
      await expect(
        store.read(NAME, index * CHUNK, Math.min(CHUNK, LENGTH - index * CHUNK)),
      ).rejects.toThrow(BrokenSealError);
    }
  });

  it("does not open when it is cut off, at the end of a chunk or anywhere else", async () => {
    const bytes = await sealed();
    for (let length = 0; length < bytes.length; length += 1) {
      await expectBroken(bytes.subarray(0, length));
    }
  });

  it("does not open when its last chunk, or one before it, is left out", async () => {
    const bytes = await sealed();
    for (let index = 0; index < 6; index += 1) {
      const at = HEADER_BYTES + index * FULL;
      await expectBroken(new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + FULL)]));
    }
  });

  it("does not open when two chunks have changed places, or one stands in for another", async () => {
    const bytes = await sealed();
    const swapped = bytes.slice();
    swapped.set(chunkAt(bytes, 0), HEADER_BYTES + FULL);
    swapped.set(chunkAt(bytes, 1), HEADER_BYTES);
    const doubled = bytes.slice();
    doubled.set(chunkAt(bytes, 1), HEADER_BYTES);
    for (const changed of [swapped, doubled]) {
      const inner = memoryObjectStore();
      inner.put(NAME, changed);
      await expect(whole(sealedObjectStore(inner, KEY, CHUNK))).rejects.toThrow(BrokenSealError);
      await expect(sealedObjectStore(inner, KEY, CHUNK).read(NAME, 0, 1)).rejects.toThrow(
        BrokenSealError,
      );
    }
  });

  it("does not open when something is added to it", async () => {
    const bytes = await sealed();
    const added = [bytes.subarray(-1), chunkAt(bytes, 0), bytes.subarray(HEADER_BYTES + 5 * FULL)];
    for (const more of added) await expectBroken(new Uint8Array([...bytes, ...more]));
  });

  it("does not open with a chunk of another object, the same bytes at the same place", async () => {
    const [bytes, other] = [await sealed(), await sealed()];
    for (let index = 0; index < 6; index += 1) {
      const mixed = bytes.slice();
      mixed.set(chunkAt(other, index), HEADER_BYTES + index * FULL);
      const inner = memoryObjectStore();
      inner.put(NAME, mixed);
      await expect(whole(sealedObjectStore(inner, KEY, CHUNK))).rejects.toThrow(BrokenSealError);
    }
  });

  it("does not open under another name: an object is not put in another's place", async () => {
    const { inner, store } = sealedIn();
    const other = NAME.replace("/b/", "/c/");
    await write(store, NAME, pattern(LENGTH));
    inner.put(other, inner.bytes(NAME));
    await expect(whole(store, other)).rejects.toThrow(BrokenSealError);
    await expect(store.read(other, 0, 1)).rejects.toThrow(BrokenSealError);
  });

  it("does not open under another key, nor when it was never sealed", async () => {
    await expectBroken(await sealed(), new Uint8Array(32).fill(2));
    await expectBroken(new TextEncoder().encode("id,amount\n1,100.0\n".repeat(20)));
  });

  it("says so in its size too, when no sealed object has that size", async () => {
    const { inner, store } = sealedIn();
    inner.put(NAME, pattern(HEADER_BYTES + TAG_BYTES - 1));
    await expect(store.head(NAME)).rejects.toThrow(BrokenSealError);
    inner.put(NAME, pattern(HEADER_BYTES + FULL + TAG_BYTES));
    await expect(store.head(NAME)).rejects.toThrow(BrokenSealError);
  });

  it("whose last chunk is an empty one is cut off, though the chunk is genuine", async () => {
    const { inner, store } = sealedIn();
    await write(store, NAME, pattern(CHUNK));
    const bytes = inner.bytes(NAME);
    inner.put(NAME, new Uint8Array([...bytes, ...new Uint8Array(TAG_BYTES)]));
    await expect(whole(store)).rejects.toThrow(BrokenSealError);
  });
});

describe("the store of an encrypted dataset", () => {
  const LANDED = "lakes/north/landing/a.csv";

  it("reads uploads as they landed and writes everything sealed", async () => {
    const inner = memoryObjectStore();
    const store = datasetStore(inner, KEY);
    inner.put(LANDED, "id\n1\n");
    expect(await whole(store, LANDED)).toEqual(new TextEncoder().encode("id\n1\n"));
    expect((await store.head(LANDED))?.size_bytes).toBe(5);
    expect(await store.read(LANDED, 0, 2)).toEqual(new TextEncoder().encode("id"));
    expect(await collect(await store.open(LANDED, { offset: 3, length: 1 }))).toEqual(
      new TextEncoder().encode("1"),
    );
    await write(store, NAME, pattern(40));
    expect((await store.head(NAME))?.size_bytes).toBe(40);
    expect(inner.bytes(NAME).length).toBe(HEADER_BYTES + 40 + TAG_BYTES);
    await write(store, LANDED, pattern(40));
    expect(inner.bytes(LANDED).length).toBe(HEADER_BYTES + 40 + TAG_BYTES);
  });

  it("takes the pieces of a stream as they come", async () => {
    const inner = memoryObjectStore();
    await write(sealedObjectStore(inner, KEY, CHUNK), NAME, pattern(100));
    for (const size of [1, 3, FULL, 1000]) {
      const cut = { ...inner, open: async (name: string) => streamOf(inner.bytes(name), size) };
      expect(await whole(sealedObjectStore(cut, KEY, CHUNK))).toEqual(pattern(100));
    }
  });
});
