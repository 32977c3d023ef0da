import { describe, expect, test, vi } from "vitest";
import { MAX_HINTED_COLUMNS } from "../../../src/data/csv.ts";
import { dataPlane } from "../../../src/data/dataPlane.ts";
import { IssueLog } from "../../../src/data/issueLog.ts";
import { MAX_SAMPLES } from "../../../src/data/reading/hints.ts";
import { readSegment } from "../../../src/data/readSegment.ts";
import { readTable } from "../../../src/data/readTable.ts";
import type { Reading } from "../../../src/domain/reading.ts";
import type { ColumnType } from "../../../src/domain/table.ts";
import { collectRows } from "../../support/cells.ts";
import { memoryObjectStore, streamOf } from "../../support/memoryObjectStore.ts";

const readColumn = async (type: ColumnType, texts: readonly string[], reading: Reading = {}) => {
  const lines = texts.map((text) => `"${text}";1\n`);
  const pieces = streamOf(Buffer.from(`a;n\n${lines.join("")}`));
  const reader = readTable({ format: "csv", pieces, reading }, { a: type, n: "int" });
  await collectRows(reader.chunks());
  return reader.issues.listed;
};

/** What is said of a column whose fields are all of these texts. */
const hintFor = async (type: ColumnType, texts: readonly string[], reading?: Reading) => {
  const [first, ...others] = await readColumn(type, texts, reading);
  expect(others.filter(({ message }) => message.includes("hint"))).toEqual([]);
  return / \(hint: "reading": (.*)\)$/.exec(first?.message ?? "")?.[1] ?? null;
};

describe("a column that does not fit is answered with what it would have to be read as", () => {
  test.each([
    ["float", ["1,5", "2,25", "1"], '{"decimal_separator":","}'],
    ["decimal", ["1,50", "1.234,50"], '{"decimal_separator":",","thousands_separator":"."}'],
    ["decimal", ["1,234.50", "12"], '{"thousands_separator":","}'],
    ["float", ["1 234,5"], '{"decimal_separator":",","thousands_separator":" "}'],
    ["int", ["1.234", "12.345.678"], '{"decimal_separator":",","thousands_separator":"."}'],
    ["int", ["1'234"], `{"thousands_separator":"'"}`],
    ["date", ["31.12.2025", "01.02.2024"], '{"date_format":"DD.MM.YYYY"}'],
    ["date", ["1.2.2024", "31.12.2025"], '{"date_format":"D.M.YYYY"}'],
    ["date", ["31/12/2025", "01/02/2024"], '{"date_format":"DD/MM/YYYY"}'],
    ["date", ["12/31/2025", "01/02/2024"], '{"date_format":"MM/DD/YYYY"}'],
    ["date", ["20251231"], '{"date_format":"YYYYMMDD"}'],
    ["datetime", ["31.12.2025 23:59:00"], '{"datetime_format":"DD.MM.YYYY HH:mm:ss"}'],
    ["datetime", ["31.12.2025 9:05"], '{"datetime_format":"DD.MM.YYYY H:mm"}'],
    ["boolean", ["ja", "Nein"], '{"true_values":["ja"],"false_values":["nein"]}'],
    ["int", ["NA", "5", "NA"], '{"null_values":["NA"]}'],
    ["date", ["\\N"], '{"null_values":["\\\\N"]}'],
  ] as const)("%s: %j", async (type, texts, hint) => {
    expect(await hintFor(type, texts)).toBe(hint);
  });

  test("both ways round where no day tells which of two numbers is the month", async () => {
    expect(await hintFor("date", ["01/02/2024", "03/04/2025"])).toBe(
      '{"date_format":"DD/MM/YYYY"} or {"date_format":"MM/DD/YYYY"}',
    );
  });

  test("with what is missing yet, where something is said already", async () => {
    const reading: Reading = { decimal_separator: ",", null_values: ["-"] };
    expect(await hintFor("decimal", ["1.234,5", "-"], reading)).toBe(
      '{"decimal_separator":",","thousands_separator":"."}',
    );
    expect(await hintFor("decimal", ["NA", "1,5"], reading)).toBe('{"null_values":["-","NA"]}');
  });

  test("not where only half of what does not fit would, nor where nothing is known that helps", async () => {
    expect(await hintFor("float", ["1,5", "about two"])).toBeNull();
    expect(await hintFor("date", ["yesterday", "31 December"])).toBeNull();
    expect(await hintFor("string", ["1,5"])).toBeNull();
    expect(await hintFor("float", [`1,${"5".repeat(200)}`])).toBeNull();
  });

  test("by the first fields of the column, however many there are", async () => {
    const many = Array.from({ length: MAX_SAMPLES }, (_, n) => `${n},5`);
    expect(await hintFor("float", [...many, ...Array(3 * MAX_SAMPLES).fill("?!")])).toBe(
      '{"decimal_separator":","}',
    );
  });
});

test("of a table of very many columns that do not fit, hints are looked for to some only", async () => {
  const names = Array.from({ length: 2 * MAX_HINTED_COLUMNS }, (_, n) => `c${n}`);
  const schema = Object.fromEntries(names.map((name) => [name, "date" as const]));
  const row = names.map(() => "31.12.2025").join(";");
  const pieces = streamOf(Buffer.from(`${names.join(";")}\n${row}\n`));
  const hinted = vi.spyOn(IssueLog.prototype, "hint");
  const reader = readTable({ format: "csv", pieces }, schema);
  await collectRows(reader.chunks());
  expect(hinted.mock.calls.map(([column]) => column)).toEqual(names.slice(0, MAX_HINTED_COLUMNS));
  hinted.mockRestore();
  expect(reader.issues.listed.every(({ message }) => message.includes("hint"))).toBe(true);
});

test("no hint has a value of the file in it", async () => {
  const secret = "4711,0815";
  const issues = await readColumn("float", [secret, secret]);
  expect(JSON.stringify(issues)).toContain("hint");
  expect(JSON.stringify(issues)).not.toMatch(/4711|0815/);
});

describe("bytes that are no UTF-8", () => {
  const read = async (text: string) => {
    const pieces = streamOf(Buffer.from(text, "latin1"));
    const reader = readTable({ format: "csv", pieces }, { a: "string" });
    await collectRows(reader.chunks());
    return reader.issues.listed.map(({ message }) => message);
  };

  test("are taken for windows-1252 where they would be letters in it", async () => {
    const hint = '(hint: "reading": {"encoding":"windows-1252"})';
    expect(await read("a\nGr\xf6\xdfe\nM\xfcller\n")).toEqual([
      `is not valid UTF-8 ${hint}`,
      "is not valid UTF-8",
    ]);
    await expect(read("Gr\xf6\xdfe\nx\n")).rejects.toThrow(`is not valid UTF-8 ${hint}`);
    expect(await read("a\n\xff\xfe\xf7\xd7\xb1\n")).toEqual(["is not valid UTF-8"]);
    expect(await read("a\nx\x81\xf6\n")).toEqual(["is not valid UTF-8"]);
  });
});

test("each segment of a large file says it of what does not fit in it", async () => {
  const store = memoryObjectStore();
  const rows = Array.from({ length: 40 }, (_, n) => (n < 30 ? `${n}.5` : `"${n},5"`));
  store.put("landing", `a\n${rows.join("\n")}\n`);
  const schema = { a: "float" } as const;
  const about = { source: "landing", target: "raw", format: "csv", schema } as const;
  const landed = await dataPlane(store).land({ ...about, segment_bytes: 60 });
  if (landed.kind !== "landed") throw new Error(landed.kind);
  const said: string[] = [];
  for (const segment of landed.segments) {
    const reader = await readSegment(store, landed.object, schema, segment);
    await collectRows(reader.chunks());
    said.push(...reader.issues.of_rows.map(({ message }) => message));
  }
  expect(said).toHaveLength(10);
  expect(said[0]).toBe('not a finite number (hint: "reading": {"decimal_separator":","})');
});
