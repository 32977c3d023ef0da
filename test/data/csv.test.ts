import { describe, expect, test } from "vitest";
import { rowsOf as cellRowsOf, chunkOfRows } from "../../src/data/columnCells.ts";
import { CHUNK_ROWS, type ColumnChunk } from "../../src/data/columns.ts";
import { csvHeader, csvRows } from "../../src/data/csvWriter.ts";
import { NotATableError } from "../../src/data/notATable.ts";
import { readTable } from "../../src/data/readTable.ts";
import { MAX_RECORD_BYTES } from "../../src/data/textInput.ts";
import { MAX_LISTED_ISSUES, type Schema } from "../../src/domain/table.ts";
import { chunkOf, collectRows, EVERY_TYPE } from "../support/cells.ts";
import { streamOf } from "../support/memoryObjectStore.ts";
import fc from "../support/property.ts";

const AB = { a: "string", b: "string" } as const satisfies Schema;

const bytesOf = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

const read = async (content: string | Uint8Array, schema: Schema = AB, pieceBytes?: number) => {
  const stream = streamOf(bytesOf(content), pieceBytes);
  const reader = readTable({ format: "csv", pieces: stream }, schema);
  const rows = await collectRows(reader.chunks());
  const { listed, count, unexpected_columns } = reader.issues;
  return { rows, issues: listed, count, unexpected_columns };
};

const rowsOf = async (content: string | Uint8Array, schema?: Schema) => {
  const { rows, issues } = await read(content, schema);
  expect(issues).toEqual([]);
  return rows;
};

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("what is inside quotes is text", () => {
  test("commas, quotes and line ends belong to the field", async () => {
    expect(await rowsOf('a,b\n"x,y","say ""hi"""\n"two\r\nlines","\r"\n')).toEqual([
      ["x,y", 'say "hi"'],
      ["two\r\nlines", "\r"],
    ]);
  });

  test("a field of nothing but doubled quotes", async () => {
    expect(await rowsOf('a,b\n"""","""a"""\n')).toEqual([['"', '"a"']]);
  });

  test("a quote inside an unquoted field is a character like any other", async () => {
    expect(await rowsOf('a,b\n5" pipe, "x"\n')).toEqual([['5" pipe', ' "x"']]);
  });

  test("text after a closing quote is an issue of that row alone", async () => {
    const { rows, issues } = await read('a,b\n"x"y,1\n2,3\n');
    expect(rows).toEqual([
      [null, null],
      ["2", "3"],
    ]);
    expect(issues).toMatchObject([{ column: null, row: 1 }]);
  });

  test("a quote that is never closed is an issue naming the row it begins in", async () => {
    const { rows, issues } = await read('a,b\n1,2\n3,"4\n5,6\n');
    expect(rows).toHaveLength(2);
    expect(issues).toEqual([
      { column: null, row: 2, message: "opens a quote that is never closed" },
    ]);
  });
});

describe("line ends", () => {
  for (const [name, end] of [
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ] as const) {
    test(`${name} ends a record, with and without one after the last`, async () => {
      const lines = ["a,b", "1,2", "3,4"];
      const expected = [
        ["1", "2"],
        ["3", "4"],
      ];
      expect(await rowsOf(lines.join(end))).toEqual(expected);
      expect(await rowsOf(lines.join(end) + end)).toEqual(expected);
      expect(await rowsOf(lines.join(end) + end + end + end)).toEqual(expected);
    });
  }

  test("a file that ends after a comma ends with a null", async () => {
    expect(await rowsOf("a,b\n1,")).toEqual([["1", null]]);
  });

  test("a file that ends with a closing quote is complete", async () => {
    expect(await rowsOf('a,b\n1,"2"')).toEqual([["1", "2"]]);
  });

  test("in a file of one column a blank line is a null", async () => {
    expect(await rowsOf("a\n1\n\n3\n\n", { a: "int" })).toEqual([[1n], [null], [3n], [null]]);
  });
});

describe("empty fields", () => {
  test("without quotes is null, with quotes an empty string", async () => {
    expect(await rowsOf('a,b\n,""\n')).toEqual([[null, ""]]);
  });

  test("are null for every other type", async () => {
    expect(await rowsOf('a,b\n,""\n', { a: "int", b: "date" })).toEqual([[null, null]]);
  });
});

describe("the header", () => {
  test("may name the columns in any order", async () => {
    expect(await rowsOf("b,a\n1,2\n")).toEqual([["2", "1"]]);
  });

  test("loses its byte order mark, quoted or not", async () => {
    expect(await rowsOf("\ufeffa,b\n1,2\n")).toEqual([["1", "2"]]);
    expect(await rowsOf('\ufeff"a",b\n1,2\n')).toEqual([["1", "2"]]);
  });

  test("alone makes a table without rows", async () => {
    expect(await rowsOf("a,b")).toEqual([]);
    expect(await rowsOf("a,b\n")).toEqual([]);
  });

  test("that lacks columns and has others is reported, and the rows are counted", async () => {
    const { rows, issues, unexpected_columns } = await read("a,x,y\n1,2,3\n4,5,6\n");
    expect(rows).toEqual([
      ["1", null],
      ["4", null],
    ]);
    expect(issues).toEqual([
      { column: "b", row: null, message: "missing from the file" },
      { column: null, row: null, message: "2 columns not in the schema" },
    ]);
    expect(unexpected_columns).toEqual(["x", "y"]);
  });

  test("with a name twice is an issue", async () => {
    const { issues } = await read("a,b,a,c,c\n1,2,3,4,5\n");
    expect(issues.map(({ column }) => column)).toEqual([null, "a", null]);
  });

  test("written by an echo that knows no \\n is one line of odd names", async () => {
    const { issues, unexpected_columns, rows } = await read("id,amount\\n1,100.0\\n2,200.0\n", {
      id: "int",
      amount: "float",
    });
    expect(rows).toEqual([]);
    expect(unexpected_columns).toEqual(["amount\\n1", "100.0\\n2", "200.0"]);
    expect(issues[0]).toMatchObject({ column: "amount", row: null });
  });

  test("names are compared as they are", async () => {
    const { unexpected_columns } = await read("A, b\n1,2\n");
    expect(unexpected_columns).toEqual(["A", " b"]);
  });
});

describe("the delimiter", () => {
  for (const [name, delimiter] of [
    ["a comma", ","],
    ["a semicolon", ";"],
    ["a tab", "\t"],
    ["a bar", "|"],
  ] as const) {
    test(`is ${name} when the header says so`, async () => {
      const content = ["a,b", '1,"x,y;z|\t"', "2,"].join("\n");
      const outside = content.replace("a,b", `a${delimiter}b`).replace("1,", `1${delimiter}`);
      expect(await rowsOf(outside.replace(/2,$/, `2${delimiter}`))).toEqual([
        ["1", "x,y;z|\t"],
        ["2", null],
      ]);
    });
  }

  test("is the one that yields most columns, however often another occurs", async () => {
    const { rows, unexpected_columns } = await read("b;x,y,z;a\n1;2;3\n");
    expect(rows).toEqual([["3", "1"]]);
    expect(unexpected_columns).toEqual(["x,y,z"]);
  });

  test("is a comma when no column is found under any", async () => {
    const { issues, unexpected_columns } = await read("x;y\n1;2\n");
    expect(unexpected_columns).toEqual(["x;y"]);
    expect(issues.map(({ column }) => column)).toEqual(["a", "b", null]);
  });

  test("may be given, and then is not looked for", async () => {
    const reader = readTable(
      { format: "csv", pieces: streamOf(bytesOf("a|b;a\n1|2;3\n")), delimiter: ";" },
      { a: "string" },
    );
    expect(await collectRows(reader.chunks())).toEqual([["3"]]);
    expect(reader.issues.unexpected_columns).toEqual(["a|b"]);
  });
});

describe("rows that do not fit", () => {
  test("too few and too many fields are issues naming the row", async () => {
    const { rows, issues } = await read("a,b\n1\n1,2\n1,2,3\n");
    expect(rows).toEqual([
      [null, null],
      ["1", "2"],
      [null, null],
    ]);
    expect(issues).toEqual([
      { column: null, row: 1, message: "has 1 field, the header has 2" },
      { column: null, row: 3, message: "has 3 fields, the header has 2" },
    ]);
  });

  test("a cell of another type is an issue that does not repeat it", async () => {
    const { rows, issues } = await read("a,b\n22.0,x\n7,y\n", { a: "int", b: "string" });
    expect(rows).toEqual([
      [null, "x"],
      [7n, "y"],
    ]);
    expect(issues).toEqual([{ column: "a", row: 1, message: "not a whole number of 64 bits" }]);
  });

  test("invalid UTF-8 spoils its row and no other", async () => {
    const { rows, issues } = await read(latin1("a,b\nM\xfcller,1\nok,2\n"));
    expect(rows).toEqual([
      [null, null],
      ["ok", "2"],
    ]);
    const hint = 'hint: "reading": {"encoding":"windows-1252"}';
    expect(issues).toEqual([{ column: null, row: 1, message: `is not valid UTF-8 (${hint})` }]);
  });

  test("all issues are counted, the first are listed", async () => {
    const { issues, count } = await read(`a,b\n${"x,1\n".repeat(50)}`, { a: "int", b: "int" });
    expect(count).toBe(50);
    expect(issues).toHaveLength(MAX_LISTED_ISSUES);
    expect(issues.at(-1)?.row).toBe(MAX_LISTED_ISSUES);
  });

  test("a record beyond the limit ends the reading, not the stream", async () => {
    const long = new Uint8Array(MAX_RECORD_BYTES + 10).fill(0x78);
    long.set(bytesOf('a,b\n1,2\n3,"'));
    let pulled = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        if (pulled === 1) controller.enqueue(long);
        else if (pulled === 2) controller.enqueue(bytesOf('"\n5,6\n'));
        else controller.close();
      },
    });
    const reader = readTable({ format: "csv", pieces: stream }, AB);
    const rows = await collectRows(reader.chunks());
    expect(rows).toHaveLength(2);
    expect(reader.issues.listed).toMatchObject([{ column: null, row: 2 }]);
    expect(pulled).toBe(3);
  });
});

describe("bytes that are no table", () => {
  const refusedAs = async (content: string | Uint8Array) => {
    const error = await read(content).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NotATableError);
    return error instanceof NotATableError ? error.reason : "";
  };

  test("nothing at all", async () => {
    expect(await refusedAs("")).toBe("the file is empty");
    expect(await refusedAs("\n\r\n\n")).toBe("the file has no header row");
    expect(await refusedAs("\ufeff")).toBe("the file has no header row");
  });

  test("a NUL byte near the beginning, as in UTF-16 and in most binary files", async () => {
    expect(await refusedAs("a,b\n\0,1\n")).toContain("binary");
    expect(await refusedAs(latin1("a\0,\0b\0"))).toContain("binary");
  });

  test("a byte order mark of another encoding, which then is said", async () => {
    for (const [mark, encoding] of [
      ["\xff\xfea\0,\0b\0", "utf-16le"],
      ["\xfe\xff\0a\0,\0b", "utf-16be"],
    ] as const) {
      expect(await refusedAs(latin1(mark))).toContain(`"reading": {"encoding":"${encoding}"}`);
    }
  });

  test("a header that is not UTF-8", async () => {
    expect(await refusedAs(latin1("pr\xe9nom,b\n"))).toContain("not valid UTF-8");
  });

  test("a header whose quote is never closed", async () => {
    expect(await refusedAs('a,"b\n1,2\n')).toContain("never closed");
  });
});

describe("streaming", () => {
  test("hands on chunks of at most CHUNK_ROWS, numbered from 1", async () => {
    const content = `a,b\n${"1,2\n".repeat(CHUNK_ROWS + 1)}`;
    const reader = readTable({ format: "csv", pieces: streamOf(bytesOf(content)) }, AB);
    const seen: [number, number][] = [];
    for await (const chunk of reader.chunks()) seen.push([chunk.first_row, chunk.rows]);
    expect(seen).toEqual([
      [1, CHUNK_ROWS],
      [CHUNK_ROWS + 1, 1],
    ]);
  });

  test("hands long texts on earlier", async () => {
    const content = `a,b\n${`${"x".repeat(1_000_000)},2\n`.repeat(20)}`;
    const reader = readTable({ format: "csv", pieces: streamOf(bytesOf(content)) }, AB);
    const seen: number[] = [];
    for await (const chunk of reader.chunks()) seen.push(chunk.rows);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.reduce((sum, rows) => sum + rows, 0)).toBe(20);
  });

  const fragment = fc.constantFrom(
    ...'a,b|1|2.5|,|,,|\n|\r|\r\n|"|""|ä|😀| |x"y|\ufeff|\n\n|"q,\n"'.split("|"),
  );
  const soup = fc.oneof(
    fc.array(fragment, { maxLength: 40 }).map((parts) => bytesOf(`a,b\n${parts.join("")}`)),
    fc.array(fragment, { maxLength: 40 }).map((parts) => bytesOf(parts.join(""))),
    fc.uint8Array({ min: 1, maxLength: 60 }),
  );

  test("the same bytes cut anywhere give the same rows and the same issues", async () => {
    const outcome = (content: Uint8Array, size: number) =>
      read(content, { a: "string", b: "float" }, size).catch((error: unknown) => String(error));
    await fc.assert(
      fc.asyncProperty(soup, fc.integer({ min: 1, max: 7 }), async (content, size) => {
        const whole = await outcome(content, Math.max(1, content.length));
        expect(await outcome(content, size)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});

describe("what csvWriter writes", () => {
  const written = (schema: Schema, chunk: ColumnChunk) =>
    csvHeader(schema) +
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(csvRows(chunk));

  test("is RFC 4180 with LF, a header and quotes only where needed", () => {
    const schema = { a: "string", "b,c": "int" } as const;
    const chunk = chunkOfRows(schema, [
      ["x", 1n],
      ["", null],
      [null, 3n],
    ]);
    expect(written(schema, chunk)).toBe('a,"b,c"\nx,1\n"",\n,3\n');
  });

  for (const [name, schema] of [
    ["every type", EVERY_TYPE],
    ["one string column", { only: "string" }],
    ["odd names", { "": "int", 'a"b': "string", "x\ny": "date", "é,": "boolean" }],
  ] as const satisfies readonly (readonly [string, Schema])[]) {
    test(`is read back as the same cells: ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(chunkOf(schema), fc.integer({ min: 1, max: 50 }), async (chunk, size) => {
          const { rows, issues } = await read(written(schema, chunk), schema, size);
          expect(issues).toEqual([]);
          expect(rows).toStrictEqual(cellRowsOf(chunk));
        }),
      );
    });
  }
});
