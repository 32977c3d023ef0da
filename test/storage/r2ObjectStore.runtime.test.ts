import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ObjectStore } from "../../src/application/dataPorts.ts";
import { PART_BYTES, r2ObjectStore, unfinishedNote } from "../../src/storage/r2ObjectStore.ts";

const store: ObjectStore = r2ObjectStore(env.OBJECTS);

afterEach(() => {
  vi.restoreAllMocks();
});

const fresh = () => `test/${crypto.randomUUID()}`;

/** Bytes that differ from part to part. */
const pattern = (length: number) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + (at >> 13)) & 0xff;
  return bytes;
};

const write = async (key: string, bytes: Uint8Array, step: number) => {
  const writer = store.writer(key, "text/csv");
  for (let at = 0; at < bytes.length; at += step) await writer.write(bytes.subarray(at, at + step));
  await writer.close();
};

const bytesAt = async (key: string) => {
  const stream = await store.open(key);
  return stream === null ? null : new Uint8Array(await new Response(stream).arrayBuffer());
};

const same = (left: Uint8Array | null, right: Uint8Array) =>
  left !== null &&
  left.length === right.length &&
  right.every((byte, index) => left[index] === byte);

describe("an object in R2", () => {
  for (const [name, length, step] of [
    ["nothing", 0, 1],
    ["a few bytes", 10, 3],
    ["exactly one part", PART_BYTES, 1_000_003],
    ["one byte more than a part", PART_BYTES + 1, PART_BYTES + 1],
    ["exactly two parts", 2 * PART_BYTES, 700_001],
    ["two parts and a bit", 2 * PART_BYTES + 12_345, 5_000_000],
  ] as const) {
    test(`of ${name} is read as it was written`, async () => {
      const key = fresh();
      const bytes = pattern(length);
      await write(key, bytes, step);
      expect(same(await bytesAt(key), bytes)).toBe(true);
      expect(await store.head(key)).toMatchObject({ key, size_bytes: length });
      expect((await env.OBJECTS.head(key))?.httpMetadata?.contentType).toBe("text/csv");
    });
  }

  test("is read in part, as far as it goes", async () => {
    const key = fresh();
    await write(key, new Uint8Array([1, 2, 3, 4, 5]), 5);
    const part = async (offset: number, length: number) => [
      ...new Uint8Array(
        await new Response(await store.open(key, { offset, length })).arrayBuffer(),
      ),
    ];
    expect(await part(1, 3)).toEqual([2, 3, 4]);
    expect(await part(3, 100)).toEqual([4, 5]);
    expect(await part(0, 0)).toEqual([]);
    expect(await part(5, 1)).toEqual([]);
    expect(await part(6, 1)).toEqual([]);
    expect(await store.open(fresh(), { offset: 0, length: 1 })).toBeNull();
  });

  test("keeps what was written although the writer's buffer is used again", async () => {
    const key = fresh();
    const writer = store.writer(key, "text/csv");
    const buffer = new Uint8Array([1, 2, 3]);
    await writer.write(buffer);
    buffer.fill(9);
    await writer.write(buffer);
    await writer.close();
    expect(await bytesAt(key)).toEqual(new Uint8Array([1, 2, 3, 9, 9, 9]));
  });

  test("appears only when it is closed, and never when it is given up", async () => {
    for (const length of [10, 2 * PART_BYTES + 1]) {
      const key = fresh();
      const writer = store.writer(key, "text/csv");
      await writer.write(pattern(length));
      expect(await store.head(key)).toBeNull();
      await writer.abort();
      await writer.abort();
      expect(await store.head(key)).toBeNull();
      await expect((async () => writer.write(pattern(1)))()).rejects.toThrow("aborted");
    }
  });

  /** Begins an object of several parts; whoever writes it dies. Resolves to the id of its upload. */
  const dying = async (key: string): Promise<string> => {
    await store.writer(key, "text/csv").write(pattern(2 * PART_BYTES + 1));
    const note = await env.OBJECTS.get(unfinishedNote(key));
    return (await note?.text()) ?? "";
  };

  /** Whether parts of it are kept: then another may be added. */
  const isOpen = async (key: string, upload_id: string): Promise<boolean> => {
    const upload = env.OBJECTS.resumeMultipartUpload(key, upload_id);
    try {
      await upload.uploadPart(3, pattern(PART_BYTES));
      return true;
    } catch (error) {
      expect(String(error)).toContain("does not exist");
      return false;
    }
  };

  test("is cleared with the parts that nobody has completed, and no other object is", async () => {
    const [key, whole, never] = [fresh(), fresh(), fresh()];
    const upload_id = await dying(key);
    await write(whole, pattern(2 * PART_BYTES), PART_BYTES);
    await store.delete([key]);
    expect(await isOpen(key, upload_id)).toBe(true);
    await store.clear([key, never]);
    expect(await isOpen(key, upload_id)).toBe(false);
    expect(await env.OBJECTS.head(unfinishedNote(key))).toBeNull();
    expect(await store.head(whole)).not.toBeNull();
    await store.clear([key, whole]);
    expect(await store.head(whole)).toBeNull();
  });

  test("is cleared when its writer died after it was complete, before that was noted", async () => {
    const key = fresh();
    const upload = await env.OBJECTS.createMultipartUpload(key);
    await env.OBJECTS.put(unfinishedNote(key), upload.uploadId);
    await upload.complete([await upload.uploadPart(1, pattern(1))]);
    await store.clear([key]);
    expect(await store.head(key)).toBeNull();
    expect(await env.OBJECTS.head(unfinishedNote(key))).toBeNull();
  });

  /** The real bucket, where one call fails as long as `failing`; and what of uploads in it goes on. */
  const ailing = (method: "put" | "delete" | "complete") => {
    const begun: R2MultipartUpload[] = [];
    const ills = { failing: true };
    const fails = () => ills.failing && Promise.reject(new Error(`no ${method} today`));
    const upload = (real: R2MultipartUpload): R2MultipartUpload => {
      begun.push(real);
      let completed = false;
      return {
        key: real.key,
        uploadId: real.uploadId,
        uploadPart: (...args) => real.uploadPart(...args),
        // The simulator takes it in silence; a store may as well say so.
        async abort() {
          if (completed) throw new Error("the specified multipart upload does not exist. (10024)");
          await real.abort();
        },
        async complete(parts) {
          const object = await real.complete(parts);
          completed = true;
          if (method === "complete") await fails();
          return object;
        },
      };
    };
    const bucket = new Proxy(env.OBJECTS, {
      get(target, property) {
        if (property === method && ills.failing) return fails;
        if (property === "createMultipartUpload") {
          return async (key: string) => upload(await target.createMultipartUpload(key));
        }
        const value: unknown = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { begun, ills, store: r2ObjectStore(bucket) };
  };

  const logged = () => vi.spyOn(console, "warn").mockImplementation(() => undefined);

  test("is complete although its note cannot be deleted, and the note does no harm", async () => {
    const warned = logged();
    const key = fresh();
    const { store: ill, ills } = ailing("delete");
    const bytes = pattern(PART_BYTES + 1);
    const writer = ill.writer(key, "text/csv");
    await writer.write(bytes);
    await writer.close();
    await writer.abort();
    await expect((async () => writer.write(bytes))()).rejects.toThrow("closed");
    expect(same(await bytesAt(key), bytes)).toBe(true);
    expect(String(warned.mock.calls)).toContain("no delete today");
    expect(await env.OBJECTS.head(unfinishedNote(key))).not.toBeNull();
    ills.failing = false;
    await ill.clear([key]);
    expect(await env.OBJECTS.head(key)).toBeNull();
    expect(await env.OBJECTS.head(unfinishedNote(key))).toBeNull();
  });

  test("is given up without complaint when it was completed and nobody heard of it", async () => {
    const key = fresh();
    const { store: ill } = ailing("complete");
    const writer = ill.writer(key, "text/csv");
    await writer.write(pattern(PART_BYTES + 1));
    await expect((async () => writer.close())()).rejects.toThrow("no complete today");
    await writer.abort();
    expect(await env.OBJECTS.head(unfinishedNote(key))).toBeNull();
  });

  test("is not begun when it cannot be noted, and is when it is tried again", async () => {
    const key = fresh();
    const { store: ill, begun, ills } = ailing("put");
    const writer = ill.writer(key, "text/csv");
    const bytes = pattern(PART_BYTES + 1);
    await expect((async () => writer.write(bytes))()).rejects.toThrow("no put today");
    await writer.abort();
    for (const { uploadId } of begun) expect(await isOpen(key, uploadId)).toBe(false);
    expect(begun).toHaveLength(1);
    ills.failing = false;
    const again = ill.writer(key, "text/csv");
    await again.write(bytes);
    await again.close();
    expect(same(await bytesAt(key), bytes)).toBe(true);
  });

  test("leaves no note behind once its writer has closed or aborted it", async () => {
    for (const end of ["close", "abort"] as const) {
      const key = fresh();
      const writer = store.writer(key, "text/csv");
      await writer.write(pattern(PART_BYTES + 1));
      expect(await env.OBJECTS.head(unfinishedNote(key))).not.toBeNull();
      await writer[end]();
      expect(await env.OBJECTS.head(unfinishedNote(key))).toBeNull();
    }
  });

  test("is read in part, and only where it has bytes", async () => {
    const key = fresh();
    await write(key, pattern(1000), 1000);
    expect(await store.read(key, 10, 5)).toEqual(pattern(1000).slice(10, 15));
    expect(await store.read(key, 1000, 0)).toEqual(new Uint8Array(0));
    for (const [offset, length] of [
      [998, 3],
      [2000, 1],
      [1001, 0],
    ] as const) {
      await expect((async () => store.read(key, offset, length))()).rejects.toThrow();
    }
    await expect((async () => store.read(fresh(), 0, 1))()).rejects.toThrow("missing");
    await expect((async () => store.read(fresh(), 0, 0))()).rejects.toThrow("missing");
  });

  test("that is missing is null", async () => {
    expect(await store.head(fresh())).toBeNull();
    expect(await store.open(fresh())).toBeNull();
  });

  test("is listed under its prefix and deleted, however many there are", async () => {
    const prefix = `${fresh()}/`;
    const keys = Array.from({ length: 1005 }, (_, index) => `${prefix}${index}`);
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => write(key, pattern(1), 1)));
    }
    const listed: string[] = [];
    for await (const { key } of store.list(prefix)) listed.push(key);
    expect(listed.sort()).toEqual([...keys].sort());
    await store.delete([...keys, `${prefix}never`]);
    for await (const { key } of store.list(prefix)) expect(key).toBeUndefined();
    // A thousand writes take what they take: the limit is for a machine that is busy besides.
  }, 60_000);
});
