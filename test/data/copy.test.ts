import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { copy } from "../../src/data/copy.ts";
import type { ObjectRef } from "../../src/domain/table.ts";
import { digestAt, memoryObjectStore } from "../support/memoryObjectStore.ts";

const SOURCE = "lakes/l/batches/b/1/clean/sales";
const TARGET = "lakes/l/published/sales/b/1/sales";
const CONTENT = "id,amount\n1,2\n";

const storeWith = (content: string) => {
  const store = memoryObjectStore();
  store.put(SOURCE, content);
  return store;
};

const refWith = (sha256: string): ObjectRef => ({
  key: SOURCE,
  format: "csv",
  bytes: CONTENT.length,
  sha256,
  rows: 1,
});

const keyed = refWith(digestAt(SOURCE, CONTENT));
/** As logs from before have it. */
const bare = refWith(createHash("sha256").update(CONTENT).digest("hex"));

describe.each([
  ["a keyed digest", keyed],
  ["a bare SHA-256", bare],
])("copying what is known by %s", (_, source) => {
  test("keeps the bytes, and gives the copy a keyed digest of its own", async () => {
    const store = storeWith(CONTENT);
    const sha256 = digestAt(TARGET, CONTENT);
    expect(await copy(store, source, TARGET)).toEqual({ ...source, key: TARGET, sha256 });
    expect(store.text(TARGET)).toBe(CONTENT);
  });

  test("refuses bytes that are not those the reference speaks of", async () => {
    const store = storeWith("id,amount\n1,3\n");
    await expect(copy(store, source, TARGET)).rejects.toThrow("digest differs");
    expect(store.keys()).toEqual([SOURCE]);
    expect(store.open_writers).toBe(0);
  });

  test("refuses a missing object", async () => {
    await expect(copy(memoryObjectStore(), source, TARGET)).rejects.toThrow("missing");
  });
});

test("copying refuses what another object's digest speaks of, although the bytes are the same", async () => {
  const store = storeWith(CONTENT);
  const moved = refWith(digestAt(TARGET, CONTENT));
  await expect(copy(store, moved, TARGET)).rejects.toThrow("digest differs");
});
