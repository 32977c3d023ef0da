import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { copy } from "../../src/data/copy.ts";
import type { ObjectRef } from "../../src/domain/table.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";

const SOURCE = "lakes/l/landing/sales";
const TARGET = "lakes/l/batches/b/1/raw/sales";

const storeWith = (content: string) => {
  const store = memoryObjectStore();
  store.put(SOURCE, content);
  return store;
};

describe("copying", () => {
  const content = "id,amount\n1,2\n";
  const source: ObjectRef = {
    key: SOURCE,
    format: "csv",
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    rows: 1,
  };

  test("keeps the bytes and what is known of them", async () => {
    const store = storeWith(content);
    expect(await copy(store, source, TARGET)).toEqual({ ...source, key: TARGET });
    expect(store.text(TARGET)).toBe(content);
  });

  test("refuses bytes that are not those the reference speaks of", async () => {
    const store = storeWith("id,amount\n1,3\n");
    await expect(copy(store, source, TARGET)).rejects.toThrow("SHA-256 differs");
    expect(store.keys()).toEqual([SOURCE]);
    expect(store.open_writers).toBe(0);
  });

  test("refuses a missing object", async () => {
    await expect(copy(memoryObjectStore(), source, TARGET)).rejects.toThrow("missing");
  });
});
