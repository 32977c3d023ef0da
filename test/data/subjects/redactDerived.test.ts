import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { chunkOfRows } from "../../../src/data/columnCells.ts";
import { exportCsv } from "../../../src/data/exportCsv.ts";
import { parquetWriter } from "../../../src/data/parquet.ts";
import { refine } from "../../../src/data/refine.ts";
import { subjectPlane } from "../../../src/data/subjects/subjectPlane.ts";
import { parsePrivacyRules } from "../../../src/domain/rules/privacy.ts";
import { parseQualityRules } from "../../../src/domain/rules/quality.ts";
import type { ObjectRef, Schema } from "../../../src/domain/table.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { privacyKeys } from "../../support/privacyKeys.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";

const SCHEMA = { person: "int", amount: "decimal" } as const satisfies Schema;
const RAW = "person,amount\n7,1.50\n8,-1\n007,-2\n9,3\n";

/** The raw file checked and hashed, as a batch is. */
const derived = async (privacy: Readonly<Record<string, unknown>>) => {
  const store = memoryObjectStore();
  store.put("raw", RAW);
  const source: ObjectRef = { key: "raw", format: "csv", bytes: RAW.length, sha256: "", rows: 4 };
  const rules = parsePrivacyRules(privacy);
  const quality = parseQualityRules({ amount: { rule: ">0", on_fail: "quarantine_rows" } });
  if (!rules.ok || !quality.ok) throw new Error("rules");
  const refined = await refine(store, {
    source,
    schema: SCHEMA,
    quality: quality.value,
    privacy: rules.value,
    keys: privacyKeys(),
    subject_column: "person",
    now: new Date(0),
    clean_key: "clean",
    quarantine_key: "rejected",
  });
  if (!refined.ok) throw new Error("misfit");
  const { clean, quarantine, clean_schema } = refined.value;
  if (clean === undefined || quarantine === undefined) throw new Error("no object");
  return { store, plane: subjectPlane(store), source, clean, quarantine, schema: clean_schema };
};

const about = (ids: readonly string[]) => ({
  subject_column: "person",
  schema: SCHEMA,
  subjects: subjectSet(ids, false),
  key: SUBJECT_KEY,
});

describe("a file of rejected rows", () => {
  it("loses the subject's lines; the others keep their bytes and their row numbers", async () => {
    const { store, plane, quarantine } = await derived({});
    const [second, third] = store.text("rejected").split("\n");
    expect(third).toContain('"row_number":3');
    const input = { ...about(["7"]), source: quarantine, target: "new" };
    expect(await plane.redactLines(input)).toMatchObject({
      kind: "redacted",
      rows_read: 2,
      rows_removed: 1,
      object: { rows: 1, format: "jsonl" },
    });
    expect(store.text("new")).toBe(`${second}\n`);
  });

  it("is no object at all once no line is left, and is left alone when none is the subject's", async () => {
    const { store, plane, quarantine } = await derived({});
    const all = { ...about(["7", "8"]), source: quarantine, target: "new" };
    expect(await plane.redactLines(all)).toEqual({
      kind: "redacted",
      object: null,
      rows_read: 2,
      rows_removed: 2,
    });
    const none = { ...about(["9"]), source: quarantine, target: "new" };
    expect(await plane.redactLines(none)).toEqual({ kind: "clear", rows_read: 2 });
    expect(store.keys()).toEqual(["clean", "raw", "rejected"]);
    expect(store.open_writers).toBe(0);
  });
});

describe("a derived table", () => {
  it("whose subject column was left as it is loses the subject's rows by pseudonym", async () => {
    const { store, plane, clean, schema } = await derived({});
    const values = { kind: "refs", subjects: subjectSet(["07"], false), key: SUBJECT_KEY } as const;
    const table = { source: clean, schema, column: "person", values };
    expect(await plane.countRows(table)).toMatchObject({ rows_read: 2, rows: 1 });
    const redacted = await plane.redactTable({ ...table, target: "new" });
    expect(redacted).toMatchObject({ kind: "redacted", rows_read: 2, rows_removed: 1 });
    if (redacted.kind !== "redacted") return;
    await exportCsv(store, redacted.object, schema, "csv");
    expect(store.text("csv")).toBe("person,amount\n9,3\n");
    const left = { ...table, source: redacted.object };
    expect(await plane.countRows(left)).toMatchObject({ rows_read: 1, rows: 0 });
    expect(await plane.redactTable({ ...left, target: "again" })).toMatchObject({ kind: "clear" });
  });

  it("whose subject column is hashed loses them by what the hash makes of the id, also as CSV", async () => {
    const { store, plane, clean, schema } = await derived({ person: "hash" });
    const exported = await exportCsv(store, clean, schema, "export");
    const texts = plane.hashedTexts(["007"], "int", privacyKeys().hash) ?? [];
    const nine = createHmac("sha256", privacyKeys().hash).update("9").digest("hex");
    const table = { source: exported, schema, column: "person", target: "new" };
    const values = { kind: "texts", texts } as const;
    expect(await plane.redactTable({ ...table, values })).toMatchObject({ rows_removed: 1 });
    expect(store.text("new")).toBe(`person,amount\n${nine},3\n`);
    expect(
      await plane.redactTable({ ...table, source: clean, target: "new.parquet", values }),
    ).toMatchObject({ rows_removed: 1, object: { format: "parquet", rows: 1 } });
  });
});

describe("the rows a person has a right to", () => {
  it("are collected as they were read, with where they are from", async () => {
    const { plane, source } = await derived({});
    const lines: string[] = [];
    const from = { source, dataset: "sales", batch_id: "b1" };
    const input = { ...about(["7"]), ...from, column_type: SCHEMA.person };
    const collected = await plane.collect(input, async (bytes) => {
      lines.push(new TextDecoder().decode(bytes));
    });
    expect(collected).toEqual({ rows_read: 4, rows: 2, incomplete: false });
    const of = (row_number: number, amount: string) =>
      `${JSON.stringify({ dataset: "sales", batch_id: "b1", row_number, record: { person: 7, amount } })}\n`;
    expect(lines).toEqual([of(1, "1.50"), of(3, "-2")]);
  });
});

describe("an object that is looked through for a text", () => {
  it("is found to hold it, packed or not, wherever its pieces part", async () => {
    const store = memoryObjectStore();
    const plane = subjectPlane(store);
    const pad = ",".repeat(64 * 1024 - 3);
    store.put("text", `${pad}customer-42${pad}`);
    expect(await plane.holdsText("text", ["customer-42"])).toBe(true);
    expect(await plane.holdsText("text", ["customer-43"])).toBe(false);
    store.put("json", JSON.stringify({ name: 'o"tto\n' }));
    expect(await plane.holdsText("json", ['o"tto\n'])).toBe(true);
    store.put("gz", Buffer.concat(["id\ncusto", "mer-42\n"].map((part) => gzipSync(part))));
    expect(await plane.holdsText("gz", ["customer-42"])).toBe(true);
    expect(await plane.holdsText("gz", ["customer-43"])).toBe(false);
    const writer = parquetWriter(store.writer("parquet", ""), { id: "string" });
    const ids = Array.from({ length: 50 }, () => ["customer-42"]);
    await writer.write(chunkOfRows({ id: "string" }, ids));
    await writer.close();
    expect(await plane.holdsText("parquet", ["customer-42"])).toBe(true);
    expect(await plane.holdsText("parquet", ["customer-43"])).toBe(false);
  });
});
