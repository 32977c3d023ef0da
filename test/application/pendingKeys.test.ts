import { describe, expect, it } from "vitest";
import type { KeyStore } from "../../src/application/keyring.ts";
import { pendingKeys } from "../../src/application/pendingKeys.ts";

/** A store that tells what was written to it. */
const keptKeys = (...known: readonly (readonly [string, string])[]) => {
  const keys = new Map(known);
  const writes: string[] = [];
  const store: KeyStore = {
    find: (id) => keys.get(id) ?? null,
    put: (id, wrapped) => {
      writes.push(`put ${id}`);
      keys.set(id, wrapped);
    },
    destroy: (id) => {
      writes.push(`destroy ${id}`);
      keys.delete(id);
    },
  };
  return { store, keys, writes };
};

describe("keys that wait for a commit", () => {
  it("are found while they wait, and are nowhere else", () => {
    const { store, keys } = keptKeys(["old", "sealed"]);
    const pending = pendingKeys(store);
    pending.put("new", "wrapped");
    pending.destroy("old");
    expect([pending.find("new"), pending.find("old")]).toEqual(["wrapped", null]);
    expect([...keys.keys()]).toEqual(["old"]);
  });

  it("are written once: what has committed does not wait for the next command", () => {
    const { store, writes } = keptKeys(["old", "sealed"]);
    const pending = pendingKeys(store);
    pending.put("new", "wrapped");
    pending.destroy("old");
    pending.write();
    pending.clear();
    pending.write();
    expect(writes).toEqual(["put new", "destroy old"]);
    expect(pending.find("new")).toBe("wrapped");
  });

  it("are what the store says once they have committed, whatever becomes of it", () => {
    const { store, keys } = keptKeys();
    const pending = pendingKeys(store);
    pending.put("subject", "wrapped");
    pending.write();
    pending.clear();
    // Another command destroys the key in the store: nothing here remembers it.
    keys.delete("subject");
    expect(pending.find("subject")).toBeNull();
  });

  it("are gone when the transaction was undone, the lake's own key with them", () => {
    const { store, keys, writes } = keptKeys();
    const pending = pendingKeys(store);
    for (const id of ["lake", "subject"]) pending.put(id, "wrapped");
    pending.write();
    keys.clear();
    pending.clear();
    expect([pending.find("lake"), pending.find("subject")]).toEqual([null, null]);
    writes.length = 0;
    pending.write();
    expect(writes).toEqual([]);
  });

  it("are forgotten with a command that came to nothing, but for the lake's own", () => {
    const { store } = keptKeys();
    const pending = pendingKeys(store);
    for (const id of ["lake", "subject"]) pending.put(id, "wrapped");
    pending.forget();
    expect([pending.find("lake"), pending.find("subject")]).toEqual(["wrapped", null]);
  });
});

describe("a key that takes another's place", () => {
  it("is written where the other was, which goes first", () => {
    const { store, keys, writes } = keptKeys(["lake", "sealed"]);
    const pending = pendingKeys(store);
    pending.destroy("lake");
    pending.put("lake", "wrapped anew");
    pending.forget();
    expect(pending.find("lake")).toBe("wrapped anew");
    pending.write();
    expect([...keys]).toEqual([["lake", "wrapped anew"]]);
    expect(writes).toEqual(["destroy lake", "put lake"]);
  });
});
