import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ObjectStore } from "../../../src/application/dataPorts.ts";
import type { DigestingStore } from "../../../src/application/digests.ts";
import type { Redacted, SubjectSet } from "../../../src/application/subjectPorts.ts";
import { rowsOf } from "../../../src/data/columnCells.ts";
import type { ColumnChunk } from "../../../src/data/columns.ts";
import { csvHeader, csvRows } from "../../../src/data/csvWriter.ts";
import { openTable, readTable } from "../../../src/data/readTable.ts";
import { withoutRows } from "../../../src/data/rowSelection.ts";
import { subjectPlane } from "../../../src/data/subjects/subjectPlane.ts";
import { toText } from "../../../src/data/types.ts";
import {
  COLUMN_TYPES,
  type ColumnType,
  FORMATS,
  type Format,
  type ObjectRef,
  type Schema,
} from "../../../src/domain/table.ts";
import { digestingStore } from "../../../src/storage/digestingStore.ts";
import { sealedObjectStore } from "../../../src/storage/sealedObjectStore.ts";
import { chunkOf, collectRows, EVERY_TYPE } from "../../support/cells.ts";
import {
  DIGEST_KEY,
  type MemoryObjectStore,
  memoryObjectStore,
} from "../../support/memoryObjectStore.ts";
import fc from "../../support/property.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";
import { idsIn, putTable } from "../../support/tableFiles.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const refOf = (store: MemoryObjectStore, key: string, format: Format, rows: number): ObjectRef => {
  const bytes = store.bytes(key);
  return { key, format, bytes: bytes.length, sha256: sha256(bytes), rows };
};

const PEOPLE = { person: "string", n: "int" } as const satisfies Schema;

const redact = async (
  text: string,
  ids: readonly string[],
  options: { format?: Format; schema?: Schema; column?: string; segment_bytes?: number } = {},
) => {
  const { format = "csv", schema = PEOPLE, column = "person", segment_bytes } = options;
  const store = memoryObjectStore();
  store.put("raw", text);
  const outcome = await subjectPlane(store).redactRaw({
    source: refOf(store, "raw", format, 0),
    target: "new",
    schema,
    subject_column: column,
    subjects: subjectSet(ids, false),
    key: SUBJECT_KEY,
    index_target: "new.subjects",
    ...(segment_bytes === undefined ? {} : { segment_bytes }),
  });
  expect(store.open_writers).toBe(0);
  return { outcome, store, text: outcome.kind === "redacted" ? store.text("new") : null };
};

const removed = (outcome: Redacted) =>
  outcome.kind === "redacted" ? outcome.rows_removed : outcome.kind;

describe("a raw object without a subject's rows", () => {
  it("holds every other row, byte for byte or value for value, and none of the subject", async () => {
    await fc.assert(
      fc.asyncProperty(
        chunkOf(EVERY_TYPE),
        fc.constantFrom(...FORMATS),
        fc.constantFrom(...COLUMN_TYPES),
        fc.nat(),
        fc.boolean(),
        async (chunk, format, type, chosen, isSealed) => {
          const ids = idsIn(chunk, EVERY_TYPE, type);
          fc.pre(ids.length > 0);
          const id = ids[chosen % ids.length] ?? "";
          const memory = memoryObjectStore();
          await putTable(memory, "plain", format, EVERY_TYPE, chunk);
          const store = isSealed
            ? digestingStore(sealedObjectStore(memory, SUBJECT_KEY, 64), DIGEST_KEY)
            : memory;
          await copyTo(memory, store, "raw");
          const source = { ...refOf(memory, "plain", format, chunk.rows), key: "raw" };
          await checkRedaction(store, source, chunk, type, id);
          expect(memory.open_writers).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  }, 30_000);

  it("keeps quoted newlines, byte order mark, delimiter, line ends and a last line without one", async () => {
    const file = (...rows: readonly string[]) => `\ufeffperson;n\r\n${rows.join("")}`;
    const rows = ['"anna\nlee";1\r\n', "otto;2\n", "\r\n", '"o""tto ";3\r', "otto;4"] as const;
    expect((await redact(file(...rows), ["otto"])).text).toBe(file(rows[0], rows[2], rows[3]));
    expect((await redact(file(...rows), ["anna\nlee"])).text).toBe(file(...rows.slice(1)));
    expect((await redact(file(...rows), ['o"tto '])).text).toBe(
      file(rows[0], rows[1], rows[2], rows[4]),
    );
    expect((await redact(file(...rows), ["lee", "anna", "2", ""])).outcome.kind).toBe("clear");
  });

  it("keeps the bytes of JSON Lines, blank lines and odd spellings included", async () => {
    const lines = [
      '{"n":1.0,"person":"anna"}',
      "",
      '{ "person" : "\\u006ftto", "n": 2 }',
      '{"n":3}',
    ];
    const about = { format: "jsonl" } as const;
    const { text, outcome } = await redact(lines.join("\n"), ["otto"], about);
    expect(text).toBe([lines[0], lines[1], lines[3]].join("\n"));
    expect(outcome).toMatchObject({ rows_read: 3, rows_removed: 1, object: { rows: 2 } });
  });

  it("compares by value, and leaves those alone whose text is another value in the column's type", async () => {
    const amounts = { n: "decimal" } as const;
    const csv = "n\n1.50\n1.5\n01.500\n15\n\n1.51\n";
    const about = { schema: amounts, column: "n" };
    expect((await redact(csv, ["1.500"], about)).text).toBe("n\n15\n\n1.51\n");
    const strings = { schema: { n: "string" }, column: "n" } as const;
    expect((await redact("n\n007\n7\n 7\n", ["7"], strings)).text).toBe("n\n007\n 7\n");
    const ints = { schema: { n: "int" }, column: "n" } as const;
    const big = "9007199254740993";
    expect((await redact(`n\n007\n7\n${big}\n`, [big], ints)).text).toBe("n\n007\n7\n");
    expect((await redact("n\n007\n+7\n8\n", ["7"], ints)).text).toBe("n\n8\n");
    expect((await redact("n\n007\n7\n", ["7.0"], ints)).outcome.kind).toBe("clear");
    const composed = "n\nJos\u00e9\nJose\u0301\n";
    expect((await redact(composed, ["Jos\u00e9"], strings)).text).toBe("n\nJose\u0301\n");
    const times = { schema: { n: "datetime" }, column: "n" } as const;
    const moments = "n\n2026-01-31T12:00:00+02:00\n2026-01-31T10:00:01Z\n";
    expect((await redact(moments, ["2026-01-31T10:00:00Z"], times)).text).toBe(
      "n\n2026-01-31T10:00:01Z\n",
    );
  });

  it("is an empty table when all rows were the subject's", async () => {
    for (const format of FORMATS) {
      const store = memoryObjectStore();
      const chunk = { first_row: 1, rows: 0, columns: [] };
      const texts = { csv: "person,n\notto,1\notto,2\n", jsonl: '{"person":"otto","n":1}\n' };
      if (format === "parquet") {
        const two = rowsChunk([
          ["otto", 1n],
          ["otto", 2n],
        ]);
        await putTable(store, "raw", format, PEOPLE, two);
      } else store.put("raw", texts[format]);
      const outcome = await subjectPlane(store).redactRaw({
        source: refOf(store, "raw", format, 2),
        target: "new",
        schema: PEOPLE,
        subject_column: "person",
        subjects: subjectSet(["otto"]),
        key: SUBJECT_KEY,
        index_target: "new.subjects",
      });
      if (outcome.kind !== "redacted") throw new Error(outcome.kind);
      expect(outcome.object).toMatchObject({ rows: 0, bytes: store.bytes("new").length });
      expect(outcome.subject_index).toMatchObject({ subjects: 0 });
      const reader = readTable(await openTable(store, outcome.object), PEOPLE);
      expect(await collectRows(reader.chunks())).toEqual(rowsOf(chunk));
      expect(reader.issues.count).toBe(0);
    }
  });

  it("is cut into segments anew, each of whole rows", async () => {
    const rows = Array.from({ length: 400 }, (_, n) => `p${n % 5},${n}\n`);
    const about = { segment_bytes: 256 };
    const { outcome, text } = await redact(`person,n\n${rows.join("")}`, ["p3"], about);
    if (outcome.kind !== "redacted" || outcome.segments === null) throw new Error(outcome.kind);
    const { segments, object } = outcome;
    expect(segments.length).toBeGreaterThan(5);
    let offset = 0;
    let first_row = 1;
    for (const segment of segments) {
      expect(segment).toMatchObject({ offset, first_row });
      const part = (text ?? "").slice(offset, offset + segment.length);
      const lines = part.split("\n").length - 1 - (segment.index === 0 ? 1 : 0);
      expect([part.endsWith("\n"), lines]).toEqual([true, segment.rows]);
      offset += segment.length;
      first_row += segment.rows;
    }
    expect([offset, first_row - 1]).toEqual([object.bytes, object.rows]);
  });

  it("takes long rows and many of them apart without holding the file", async () => {
    const long = "x".repeat(700_000);
    const rows = Array.from({ length: 3_000 }, (_, n) => `${n % 2 ? "otto" : `"${n}"`},${n}\n`);
    const csv = `person,n\n"${long}",0\notto,1\n${rows.join("")}`;
    const { outcome, text } = await redact(csv, ["otto"]);
    expect(removed(outcome)).toBe(1_501);
    expect(text).toBe(`person,n\n"${long}",0\n${rows.filter((_, n) => n % 2 === 0).join("")}`);
  });

  it("leaves nothing behind when the store fails", async () => {
    const memory = memoryObjectStore();
    memory.put("raw", "person,n\notto,1\nanna,2\n");
    const failing: DigestingStore = {
      ...memory,
      writer: (key, type) => {
        const writer = memory.writer(key, type);
        return { ...writer, close: () => Promise.reject(new Error("no room")) };
      },
    };
    const redacting = subjectPlane(failing).redactRaw({
      source: refOf(memory, "raw", "csv", 2),
      target: "new",
      schema: PEOPLE,
      subject_column: "person",
      subjects: subjectSet(["otto"]),
      key: SUBJECT_KEY,
    });
    await expect(redacting).rejects.toThrow("no room");
    expect(memory.keys()).toEqual(["raw"]);
    expect(memory.open_writers).toBe(0);
  });
});

const rowsChunk = (rows: readonly (readonly [string, bigint])[]): ColumnChunk => ({
  first_row: 1,
  rows: rows.length,
  columns: [
    {
      name: "person",
      type: "string",
      valid: null,
      offsets: Int32Array.from([0, ...rows.map((_, at) => 4 * (at + 1))]),
      bytes: new TextEncoder().encode(rows.map(([person]) => person).join("")),
    },
    {
      name: "n",
      type: "int",
      valid: null,
      values: BigInt64Array.from(rows.map(([, n]) => n)),
    },
  ],
});

const copyTo = async (from: MemoryObjectStore, to: ObjectStore, key: string) => {
  const writer = to.writer(key, "");
  await writer.write(from.bytes("plain"));
  await writer.close();
};

const readAll = async (store: ObjectStore, ref: ObjectRef) => {
  const reader = readTable(await openTable(store, ref), EVERY_TYPE);
  const rows = await collectRows(reader.chunks());
  expect(reader.issues.listed).toEqual([]);
  return rows;
};

const textOf = async (store: ObjectStore, { key }: ObjectRef) =>
  new Response(await store.open(key)).text();

/** Redacts the subject `id` and compares with what plain filtering of the rows leaves. */
const checkRedaction = async (
  store: DigestingStore,
  source: ObjectRef,
  chunk: ColumnChunk,
  type: ColumnType,
  id: string,
): Promise<void> => {
  const plane = subjectPlane(store);
  const subjects: SubjectSet = subjectSet([id], false);
  const table = { schema: EVERY_TYPE, subject_column: type, subjects, key: SUBJECT_KEY };
  const at = Object.keys(EVERY_TYPE).indexOf(type);
  const canonical = plane.canonical(id, type);
  const before = rowsOf(chunk);
  const mine = before.map((row) => {
    const cell = row[at] ?? null;
    return cell !== null && plane.canonical(toText(cell, type), type) === canonical;
  });
  const count = mine.filter((is) => is).length;
  expect(await plane.countRows({ ...table, source })).toMatchObject({ rows: count });
  const outcome = await plane.redactRaw({
    ...table,
    source,
    target: "new",
    index_target: "new.subjects",
  });
  if (outcome.kind !== "redacted") throw new Error(outcome.kind);
  const { object, rows_read, rows_removed, subject_index } = outcome;
  expect([rows_read, rows_removed, object.rows]).toEqual([chunk.rows, count, chunk.rows - count]);
  expect(await readAll(store, object)).toEqual(before.filter((_, row) => !mine[row]));
  expect(await plane.countRows({ ...table, source: object })).toEqual({
    rows_read: object.rows,
    rows: 0,
    incomplete: false,
  });
  const others = before.flatMap((row) => {
    const cell = row[at] ?? null;
    return cell === null ? [] : [toText(cell, type)];
  });
  const left = others.filter((text) => plane.canonical(text, type) !== canonical);
  const sets = left.map((text) => subjectSet([text]));
  expect(await plane.mayHold(subject_index, { name: type, type }, sets)).toEqual(
    left.map(() => true),
  );
  if (source.format === "csv") {
    const left = withoutRows(chunk, Uint8Array.from(mine, Number)).chunk;
    const bytes = Buffer.concat([Buffer.from(csvHeader(EVERY_TYPE)), csvRows(left)]);
    expect(await textOf(store, object)).toBe(bytes.toString());
  }
  if (source.format === "jsonl" && object.rows > 0) {
    const lines = (await textOf(store, source)).split("\n").slice(0, -1);
    const kept = lines.filter((_, row) => !mine[row]);
    expect(await textOf(store, object)).toBe(kept.map((line) => `${line}\n`).join(""));
  }
};
