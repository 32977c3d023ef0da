/** Joins rest on it: a value has one hash, whatever format and spelling it came in. */
import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { chunkOfRows } from "../../../src/data/columnCells.ts";
import { parquetWriter } from "../../../src/data/parquet.ts";
import { openTable, readTable } from "../../../src/data/readTable.ts";
import { refine } from "../../../src/data/refine.ts";
import { parsePrivacyRules } from "../../../src/domain/rules/privacy.ts";
import type { Format, Schema } from "../../../src/domain/table.ts";
import { collectRows } from "../../support/cells.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { privacyKeys } from "../../support/privacyKeys.ts";

const SCHEMA = { price: "decimal", ratio: "float", id: "int", name: "string" } satisfies Schema;
const HASHED = { price: "string", ratio: "string", id: "string", name: "string" } satisfies Schema;
const KEYS = privacyKeys();

const parquetOf = async (): Promise<Uint8Array> => {
  const store = memoryObjectStore();
  const decimals = { price: { precision: 10, scale: 2 } };
  const writer = parquetWriter(store.writer("made", ""), SCHEMA, decimals);
  await writer.write(chunkOfRows(SCHEMA, [["10.5", -0, 7n, "1.0"]]));
  await writer.close();
  return store.bytes("made");
};

const hashesOf = async (format: Format, content: string | Uint8Array) => {
  const rules = parsePrivacyRules({ price: "hash", ratio: "hash", id: "hash", name: "hash" });
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  const store = memoryObjectStore();
  store.put("raw", content);
  const bytes = store.bytes("raw").length;
  const refined = await refine(store, {
    source: { key: "raw", format, bytes, sha256: "", rows: 1 },
    schema: SCHEMA,
    quality: [],
    privacy: rules.value,
    keys: KEYS,
    subject_column: null,
    now: new Date("2026-11-23T12:00:00Z"),
    clean_key: "clean",
  });
  if (!refined.ok || refined.value.clean === undefined) throw new Error(JSON.stringify(refined));
  return collectRows(readTable(await openTable(store, refined.value.clean), HASHED).chunks());
};

it("a value has the same hash from CSV, JSON Lines and Parquet, however it is spelt", async () => {
  const hashes = ["10.5", "0", "7", "1.0"].map((text) =>
    createHmac("sha256", KEYS.hash).update(text).digest("hex"),
  );
  const csv = "price,ratio,id,name\n10.50,-0,007,1.0\n";
  expect(await hashesOf("csv", csv)).toEqual([hashes]);
  const spelt = '{"price":10.5,"ratio":0,"id":7,"name":"1.0"}\n';
  expect(await hashesOf("jsonl", spelt)).toEqual([hashes]);
  expect(await hashesOf("jsonl", spelt.replace("10.5", '"10.500"'))).toEqual([hashes]);
  expect(await hashesOf("parquet", await parquetOf())).toEqual([hashes]);
});
