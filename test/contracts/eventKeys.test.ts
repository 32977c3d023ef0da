import { describe, expect, test } from "vitest";
import { keysIn } from "../../src/contracts/eventKeys.ts";

describe("keys of objects in events", () => {
  test("are found where the type has them, in lists and in what is nested", () => {
    const replaced = [
      { from: { key: "a" }, to: { key: "b" }, rows_removed: 1 },
      { from: { key: "c" }, to: null, rows_removed: 0 },
    ];
    const redacted = {
      objects: replaced,
      subject_index: { key: "d" },
      hashes: { key: "e" },
      run: { object: { key: "f" } },
      publication: { objects: [{ key: "g" }, { key: "h" }] },
      segments: null,
    };
    expect([...keysIn("BatchRedacted", redacted)].sort()).toEqual([..."abcdefgh"]);
    expect(keysIn("BatchRedacted", { ...redacted, objects: [], hashes: null, run: null })).toEqual([
      "d",
      "g",
      "h",
    ]);
    const result = {
      kind: "derived",
      check: { quarantine: { key: "a" }, unique: { hashes: { key: "b" } } },
      run: { object: { key: "c" } },
      publication: { objects: [{ key: "d" }] },
    };
    expect(keysIn("BatchDerived", { result })).toEqual([..."abcd"]);
    expect(keysIn("BatchDerived", { result: { kind: "misfit", misfit: {} } })).toEqual([]);
    const listed = {
      objects: [
        { from: "a", to: "b" },
        { from: "c", to: null },
      ],
    };
    expect([...keysIn("GDPRDeletionCompleted", listed)].sort()).toEqual([..."abc"]);
  });

  test("of every part that a step of long work has left", () => {
    const parts = ["clean_part", "quarantine_part", "seen_part", "subjects_part", "hash_part"];
    const result = Object.fromEntries(parts.map((part) => [part, { key: part }]));
    expect(keysIn("BatchWorkProgressed", { result: { kind: "segment", result } })).toEqual(parts);
    const again = { quality: { parts: { seen_part: "seen" }, quality: { parts: "4" } } };
    expect(keysIn("BatchWorkProgressed", { result: { result: again } })).toEqual(["seen"]);
    const landed = { kind: "landed", object: { key: "raw" }, segments: [] };
    expect(keysIn("BatchWorkProgressed", { result: landed })).toEqual(["raw"]);
  });

  test("are not what columns and texts are called", () => {
    const schema = { key: "string" };
    const object = { key: "a" };
    expect(keysIn("DataAnonymized", { object, schema, rules: { key: "hash" } })).toEqual(["a"]);
    expect(keysIn("DataContractDefined", { schema, privacy_rules: schema })).toEqual([]);
    expect(keysIn("constructor", { key: "a" })).toEqual([]);
  });

  test("are given as they are, where they should be and are something else", () => {
    expect(keysIn("DataExported", { object: { key: 7 } })).toEqual([7]);
    expect(keysIn("DataPublished", { objects: { "0": { key: "a" } } })).toEqual([]);
    expect(keysIn("DataPublished", { objects: ["a"] })).toEqual([]);
  });
});
