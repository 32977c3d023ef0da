import { describe, expect, test } from "vitest";
import { dataPlane } from "../../../src/data/dataPlane.ts";
import { openTable, readTable } from "../../../src/data/readTable.ts";
import { subjectPlane } from "../../../src/data/subjects/subjectPlane.ts";
import type { CsvDialect } from "../../../src/domain/reading.ts";
import type { ObjectRef, Schema } from "../../../src/domain/table.ts";
import { collectRows } from "../../support/cells.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";

const SCHEMA = {
  Kundennr: "int",
  Name: "string",
  Umsatz: "decimal",
  Rabatt: "float",
  Seit: "date",
  Zuletzt: "datetime",
  Aktiv: "boolean",
} as const satisfies Schema;

const GERMAN = {
  delimiter: ";",
  reading: {
    encoding: "windows-1252",
    decimal_separator: ",",
    thousands_separator: ".",
    date_format: "D.M.YYYY",
    datetime_format: "DD.MM.YYYY HH:mm",
    time_zone: "Europe/Berlin",
    true_values: ["ja", "x"],
    false_values: ["nein"],
    null_values: ["-", "k.A.", "\\N"],
    trim: true,
  },
} as const satisfies CsvDialect;

/** As an office has had its hands in it, in the encoding of its spreadsheet. */
const LINES: readonly (readonly [line: string, end: string])[] = [
  ["Kundennr;Name;Umsatz;Rabatt;Seit;Zuletzt;Aktiv", "\r\n"],
  ["1;Jörg Müßig;1.234,50;0,5;31.12.2025;31.12.2025 23:59;ja", "\r\n"],
  ['1.002;" Söhne; & Co ";-12.345.678,00;1,5e3;1.2.2024;01.07.2024 00:30;NEIN', "\r\n"],
  ["", "\n"],
  ["3;-;-;k.A.;\\N;-; - ", "\n"],
  ['4;"k.A.";+0,10; 2 ; 29.2.2024 ;26.10.2025 02:30;X', "\r"],
  [' 5 ;  ;"1.000";"1,0";"3.4.2024";"03.04.2024 05:06";"nein"', "\r\n"],
  ["6;Preis: 5 €, „Öl“;1234;7;1.1.2024;01.01.2024 00:00;ja", "\r\n"],
  ["7;falsch;1.23,5;1.5;2024-01-01;30.03.2025 02:30;true", "\r\n"],
  ["8;\x81;1,5;1,5;31.2.2024;30.03.2025 02:30;wahr", "\r\n"],
  ["9;zu kurz", "\r\n"],
  ["1.003;Ende;0,00;-0;9.9.2024;09.09.2024 09:09;ja", ""],
];

const AT: Readonly<Record<string, number>> = { "€": 0x80, "„": 0x84, "“": 0x93 };
const AWFUL = Uint8Array.from(LINES.flat().join(""), (each) => AT[each] ?? each.charCodeAt(0));

const take = async (file: Uint8Array, dialect: CsvDialect = GERMAN) => {
  const store = memoryObjectStore();
  store.put("landing", file);
  const about = { source: "landing", target: "raw", format: "csv", schema: SCHEMA } as const;
  const taken = await dataPlane(store).take({ ...about, ...dialect });
  if (taken.kind !== "taken") throw new Error(JSON.stringify(taken));
  return { store, taken };
};

const micros = (time: string) => BigInt(Date.parse(time)) * 1000n;
const days = (date: string) => Date.parse(date) / 86_400_000;

describe("an awful German file", () => {
  test("gives every row that can be read, and nulls where a cell cannot", async () => {
    const { store, taken } = await take(AWFUL);
    expect(store.bytes("raw")).toEqual(AWFUL);
    expect(taken.object).toMatchObject(GERMAN);
    const reader = readTable(await openTable(store, taken.object), SCHEMA);
    const newYear = [days("2024-01-01"), micros("2023-12-31T23:00Z")];
    expect(await collectRows(reader.chunks())).toStrictEqual([
      [1n, "Jörg Müßig", "1234.50", 0.5, days("2025-12-31"), micros("2025-12-31T22:59Z"), true],
      [
        1002n,
        "Söhne; & Co",
        "-12345678.00",
        1500,
        days("2024-02-01"),
        micros("2024-06-30T22:30Z"),
        false,
      ],
      [3n, null, null, null, null, null, null],
      [4n, null, "0.10", 2, days("2024-02-29"), micros("2025-10-26T00:30Z"), true],
      [5n, null, "1000", 1, days("2024-04-03"), micros("2024-04-03T03:06Z"), false],
      [6n, "Preis: 5 €, „Öl“", "1234", 7, ...newYear, true],
      [7n, "falsch", null, null, null, null, null],
      Array(7).fill(null),
      Array(7).fill(null),
      [1003n, "Ende", "0.00", -0, days("2024-09-09"), micros("2024-09-09T07:09Z"), true],
    ]);
  });

  test("is answered with every fault by row and column, the format expected, and no value", async () => {
    const { taken } = await take(AWFUL);
    const number = '"." between thousands and "," before the fraction';
    const day = "not a date: D.M.YYYY";
    const time = "not a datetime: DD.MM.YYYY HH:mm, a time that Europe/Berlin had";
    const truth = "not a boolean: none of true_values and false_values";
    expect(taken.issues).toEqual([
      {
        row: 7,
        column: "Umsatz",
        message: `not a plain decimal number of at most 38 digits, with ${number}`,
      },
      { row: 7, column: "Rabatt", message: `not a finite number, with ${number}` },
      { row: 7, column: "Seit", message: day },
      { row: 7, column: "Zuletzt", message: time },
      { row: 7, column: "Aktiv", message: truth },
      { row: 8, column: null, message: "is not valid windows-1252" },
      { row: 9, column: null, message: "has 2 fields, the header has 7" },
    ]);
    expect(taken.issue_count).toBe(7);
  });

  test("loses a person's rows although it does not fit, however their number is written", async () => {
    const { store, taken } = await take(AWFUL);
    for (const [id, line] of [
      ["1002", LINES[2]],
      ["Jörg Müßig", LINES[1]],
      ["1003", LINES[11]],
      ["2025-12-31", LINES[1]],
    ] as const) {
      const redacted = await subjectPlane(store).redactRaw({
        source: taken.object,
        target: "new",
        schema: null,
        subject_column: "Kundennr",
        subjects: subjectSet([id]),
        key: SUBJECT_KEY,
        index_target: "new.subjects",
      });
      expect(redacted, id).toMatchObject({ kind: "redacted", rows_removed: 1 });
      const left = LINES.filter((each) => each !== line).flat();
      const bytes = Uint8Array.from(left.join(""), (each) => AT[each] ?? each.charCodeAt(0));
      expect(store.bytes("new")).toEqual(bytes);
    }
  });

  test("gives a person the rows that are certainly theirs by its reading, and no others", async () => {
    const { store, taken } = await take(AWFUL);
    const collected = async (id: string) => {
      const lines: string[] = [];
      const about = { source: taken.object, schema: null, subject_column: "Kundennr" };
      const whose = { column_type: "int", dataset: "d", batch_id: "b" } as const;
      const { incomplete } = await subjectPlane(store).collect(
        { ...about, ...whose, subjects: subjectSet([id]), key: SUBJECT_KEY },
        async (bytes) => {
          lines.push(new TextDecoder().decode(bytes));
        },
      );
      return { incomplete, rows: lines.map((line) => JSON.parse(line).record) };
    };
    const { incomplete, rows } = await collected("1002");
    expect(rows).toEqual([
      ["1.002", " Söhne; & Co ", "-12.345.678,00", "1,5e3", "1.2.2024", "01.07.2024 00:30", "NEIN"],
    ]);
    expect(incomplete).toBe(false);
    // A record of another width may have been shifted, and a number in another column is no id.
    expect(await collected("9")).toEqual({ incomplete: true, rows: [] });
    expect(await collected("1000")).toEqual({ incomplete: false, rows: [] });
  });
});

describe("other files", () => {
  const read = async (file: Uint8Array | string, schema: Schema, dialect: CsvDialect) => {
    const store = memoryObjectStore();
    store.put("raw", file);
    const source: ObjectRef = {
      ...{ key: "raw", format: "csv", bytes: store.bytes("raw").length, sha256: "", rows: 0 },
      ...dialect,
    };
    const reader = readTable(await openTable(store, source), schema);
    const rows = await collectRows(reader.chunks());
    return { rows, issues: reader.issues.listed, store, source };
  };
  const A = { a: "string", n: "int" } as const satisfies Schema;

  test("of MS-DOS are read in its code page", async () => {
    const file = Buffer.from("a;n\r\nGr\x94\xe1e;1\r\n", "latin1");
    const { rows } = await read(file, A, { reading: { encoding: "ibm850" } });
    expect(rows).toEqual([["Größe", 1n]]);
  });

  test("have a header in their encoding", async () => {
    const schema = { Größe: "int" } as const;
    const file = Buffer.from("Gr\xf6\xdfe\r\n7\r\n", "latin1");
    const { rows } = await read(file, schema, { reading: { encoding: "windows-1252" } });
    expect(rows).toEqual([[7n]]);
    const bad = read(Buffer.from("Gr\x81\r\n7\r\n", "latin1"), schema, {
      reading: { encoding: "windows-1252" },
    });
    await expect(bad).rejects.toThrow("the header row is not valid windows-1252");
  });

  test("of UTF-16 lose their byte order mark, and are refused where half a character is", async () => {
    const text = Buffer.from("\ufeffa\tn\r\n😀 Größe\t1\r\n", "utf16le");
    const reading = { encoding: "utf-16le" } as const;
    expect((await read(text, A, { reading })).rows).toEqual([["😀 Größe", 1n]]);
    expect((await read(text.swap16(), A, { reading: { encoding: "utf-16be" } })).rows).toEqual([
      ["😀 Größe", 1n],
    ]);
    const half = Buffer.from("a\tn\r\n\ud83d\t1\r\n", "utf16le");
    await expect(read(half, A, { reading })).rejects.toThrow("the file is not valid utf-16le");
    await expect(read(half.subarray(0, 15), A, { reading })).rejects.toThrow("not valid utf-16le");
  });

  test("that say themselves what they are in are not read as anything else", async () => {
    const file = Buffer.from("\ufeffa,n\nx,1\n");
    for (const encoding of ["windows-1252", "utf-16le"] as const) {
      await expect(read(file, A, { reading: { encoding } })).rejects.toThrow(
        `the file is not ${encoding}, it begins with the byte order mark of utf-8`,
      );
    }
    expect((await read(file, A, { reading: { encoding: "utf-8" } })).rows).toEqual([["x", 1n]]);
  });

  test("without a header have their columns in the order of the schema", async () => {
    const reading = { header: false } as const;
    for (const delimiter of [",", ";", "\t", "|"]) {
      const { rows, issues } = await read(`x${delimiter}1\ny${delimiter}2\n`, A, { reading });
      expect([rows, issues]).toEqual([
        [
          ["x", 1n],
          ["y", 2n],
        ],
        [],
      ]);
    }
    const wide = await read("x,1,2\ny,2\n", A, { reading });
    expect(wide.issues).toEqual([
      { row: 1, column: null, message: "has 3 fields, the schema has 2 columns" },
    ]);
    await expect(read("", A, { reading })).resolves.toMatchObject({ rows: [] });
  });

  test("without a header are nobody's and nothing once all of their rows are erased", async () => {
    const { store, source } = await read("anna,1\nanna,2\n", A, { reading: { header: false } });
    const redacted = await subjectPlane(store).redactRaw({
      ...{ source, target: "new", index_target: "new.subjects", schema: A, subject_column: "a" },
      ...{ subjects: subjectSet(["anna"]), key: SUBJECT_KEY, segment_bytes: 100 },
    });
    expect(redacted).toMatchObject({ rows_removed: 2, object: { rows: 0, bytes: 0 } });
    if (redacted.kind !== "redacted") return;
    const again = { source: redacted.object, schema: A, subject_column: "a" };
    const searched = { ...again, subjects: subjectSet(["anna"]), key: SUBJECT_KEY };
    expect(await subjectPlane(store).countRows(searched)).toMatchObject({ rows: 0, rows_read: 0 });
    const targets = { target: "newer", index_target: "newer.subjects" };
    const kept = await subjectPlane(store).redactRaw({ ...searched, ...targets });
    expect(kept).toEqual({ kind: "clear", rows_read: 0 });
  });

  test("that cannot be told apart into cells are searched for a number in its groups too", async () => {
    const { store, source } = await read(
      'n\n"1.234.567\n',
      { n: "int" },
      {
        reading: { decimal_separator: ",", thousands_separator: "." },
      },
    );
    for (const [id, kind] of [
      ["1234567", "redacted"],
      ["567", "clear"],
    ] as const) {
      const redacted = await subjectPlane(store).redactRaw({
        ...{ source, target: "new", schema: null, subject_column: "n" },
        ...{ subjects: subjectSet([id]), key: SUBJECT_KEY, index_target: "new.subjects" },
      });
      expect(redacted.kind).toBe(kind);
    }
  });
});
