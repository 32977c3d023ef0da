import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { subjectPlane } from "../../../src/data/subjects/subjectPlane.ts";
import type { Format } from "../../../src/domain/table.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";

const redact = async (
  content: string | Uint8Array,
  format: Format,
  ids: readonly string[],
  clear = true,
) => {
  const store = memoryObjectStore();
  store.put("raw", content);
  const bytes = store.bytes("raw").length;
  const table = {
    source: { key: "raw", format, bytes, sha256: "", rows: 3 },
    schema: null,
    subject_column: "person",
    subjects: subjectSet(ids, clear),
    key: SUBJECT_KEY,
  };
  const plane = subjectPlane(store);
  const counted = await plane.countRows(table);
  const outcome = await plane.redactRaw({ ...table, target: "new" });
  expect(store.open_writers).toBe(0);
  if (outcome.kind === "redacted") expect(outcome.rows_removed).toBe(counted.rows);
  return { outcome, counted, store };
};

describe("a file that fits no schema", () => {
  it("as CSV loses every row with a cell that is the subject, read as any type", async () => {
    const csv = 'id;who\r\n1;x;too many\r\n 007 ;y\r\n2;"7"\r\n3;70\r\n7.0;z\r\n';
    for (const clear of [true, false]) {
      const { outcome, store, counted } = await redact(csv, "csv", ["7"], clear);
      expect(outcome).toMatchObject({ kind: "redacted", rows_removed: 3, object: { rows: 2 } });
      expect(store.text("new")).toBe("id;who\r\n1;x;too many\r\n3;70\r\n");
      expect(counted).toMatchObject({ rows: 3, incomplete: false });
    }
  });

  it("as CSV without a header loses its first line too, when that is the subject's", async () => {
    const { outcome, store } = await redact("anna,1\notto,2\nlea,3\n", "csv", ["anna"]);
    expect(outcome).toMatchObject({ kind: "redacted", rows_removed: 1 });
    expect(store.text("new")).toBe("otto,2\nlea,3\n");
  });

  it("as CSV loses a row that cannot be told apart when its bytes hold the id, or none is known", async () => {
    const csv = 'a,b\n"x"y,otto\n"x"y,lea\n1,2\n';
    const known = await redact(csv, "csv", ["otto"]);
    expect(known.store.text("new")).toBe('a,b\n"x"y,lea\n1,2\n');
    const unknown = await redact(csv, "csv", ["otto"], false);
    expect(unknown.store.text("new")).toBe("a,b\n1,2\n");
  });

  it("as CSV loses a row of more fields than are told apart when its bytes hold the id", async () => {
    const wide = Array.from({ length: 5000 }, (_, at) => `${at}x`).join(",");
    const { store } = await redact(`a,b\n${wide},otto\n${wide},lea\n`, "csv", ["otto"]);
    expect(store.text("new")).toBe(`a,b\n${wide},lea\n`);
  });

  it("as CSV keeps its byte order mark, and a cell behind it is read as any other", async () => {
    const { store } = await redact('\ufeff"anna",1\notto,2\n', "csv", ["anna"]);
    expect([...store.bytes("new").slice(0, 4)]).toEqual([0xef, 0xbb, 0xbf, 0x6f]);
  });

  it("as CSV in an 8-bit encoding loses the rows that hold the id, and no longer names", async () => {
    const csv = "who,n\nMüller,1\nMüllers,2\nOtto Müller,3\nMuller,4\n";
    const left = "who,n\nMüllers,2\nMuller,4\n";
    const { outcome, store, counted } = await redact(Buffer.from(csv, "latin1"), "csv", ["Müller"]);
    expect(outcome).toMatchObject({ kind: "redacted", rows_removed: 2 });
    expect(Buffer.from(store.bytes("new"))).toEqual(Buffer.from(left, "latin1"));
    expect(counted).toMatchObject({ rows: 2 });
  });

  it("as JSON Lines in an 8-bit encoding loses them too", async () => {
    const lines = Buffer.from('{"a":"Müller"}\n{"a":"Möller"}\n', "latin1");
    const { store } = await redact(lines, "jsonl", ["Müller"]);
    expect(Buffer.from(store.bytes("new")).toString("latin1")).toBe('{"a":"Möller"}\n');
  });

  it("as Parquet with texts that are no UTF-8 is unreadable, and holds whom they name", async () => {
    const data = ["Müller", "Otto"].map((text) => Uint8Array.from(Buffer.from(text, "latin1")));
    const bytes = new Uint8Array(
      parquetWriteBuffer({ columnData: [{ name: "who", data, type: "BYTE_ARRAY" }] }),
    );
    for (const clear of [true, false]) {
      const held = await redact(bytes, "parquet", ["Müller"], clear);
      expect(held.outcome).toEqual({ kind: "unreadable", contains: true });
      const other = await redact(bytes, "parquet", ["Möller"], clear);
      expect(other.outcome).toEqual({ kind: "unreadable", contains: false });
    }
  });

  it("as JSON Lines loses lines with the id anywhere in them, and torn ones that hold it", async () => {
    const lines = ['{"a":{"b":["otto"]}}', '{"a":"otto x"}', '{"a": otto', '{"a":1}', '{"a":[1'];
    const { store } = await redact(lines.join("\n"), "jsonl", ["otto"]);
    expect(store.text("new")).toBe([lines[1], lines[3], lines[4]].join("\n"));
    const twice = ['{"a":"otto","a":"lea"}', '{"a":"lea","a":"lea"}'];
    expect((await redact(twice.join("\n"), "jsonl", ["otto"])).store.text("new")).toBe(twice[1]);
    const number = await redact('{"a":12345678901234567890}\n{"a":1}\n', "jsonl", [
      "12345678901234567890",
    ]);
    expect(number.store.text("new")).toBe('{"a":1}\n');
  });

  it("as Parquet is written anew under its own columns", async () => {
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "who", data: ["anna", "otto", "lea"], type: "STRING" },
          { name: "n", data: [1, 2, 3], type: "INT32" },
        ],
      }),
    );
    const { outcome } = await redact(bytes, "parquet", ["otto", "3"], false);
    expect(outcome).toMatchObject({ kind: "redacted", rows_removed: 2, object: { rows: 1 } });
    expect((await redact(bytes, "parquet", ["nobody"])).outcome).toMatchObject({ kind: "clear" });
  });

  it("that cannot be rewritten is unreadable, and it is said whether the subject is in it", async () => {
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "who", data: ["anna", "otto"], type: "STRING" },
          { name: "x", data: [Number.NaN, 1], type: "DOUBLE" },
        ],
      }),
    );
    const unreadable = (contains: boolean) => ({ kind: "unreadable", contains });
    const held = await redact(bytes, "parquet", ["otto"], false);
    expect(held.outcome).toEqual(unreadable(true));
    expect(held.counted).toMatchObject({ rows: 0, incomplete: true });
    expect((await redact(bytes, "parquet", ["lea"])).outcome).toEqual(unreadable(false));
    const torn = bytes.slice(0, bytes.length - 20);
    expect((await redact(torn, "parquet", ["lea"])).outcome).toEqual(unreadable(true));
    const endless = `a,b\n"${"x".repeat(17 * 1024 * 1024)}`;
    expect((await redact(endless, "csv", ["lea"])).outcome).toEqual(unreadable(false));
    expect((await redact(`${endless} lea`, "csv", ["lea"])).outcome).toEqual(unreadable(true));
    expect((await redact(endless, "csv", ["lea"], false)).outcome).toEqual(unreadable(true));
  }, 60_000);
});
