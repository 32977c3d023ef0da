import { describe, expect, test } from "vitest";
import { cellAt } from "../../src/data/columnCells.ts";
import { NotATableError } from "../../src/data/notATable.ts";
import { readTable } from "../../src/data/readTable.ts";
import { MAX_RECORD_BYTES } from "../../src/data/textInput.ts";
import { toJson } from "../../src/data/types.ts";
import type { Schema } from "../../src/domain/table.ts";
import { chunkOf, collectRows, EVERY_TYPE } from "../support/cells.ts";
import { streamOf } from "../support/memoryObjectStore.ts";
import fc from "../support/property.ts";

const AB = { a: "int", b: "string" } as const satisfies Schema;

const read = async (content: string | Uint8Array, schema: Schema = AB, pieceBytes?: number) => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const reader = readTable({ format: "jsonl", pieces: streamOf(bytes, pieceBytes) }, schema);
  const rows = await collectRows(reader.chunks());
  const { listed, unexpected_columns } = reader.issues;
  return { rows, issues: listed, unexpected_columns };
};

describe("JSON Lines", () => {
  test("one object a line, keys in any order, blank lines ignored", async () => {
    const { rows, issues } = await read('{"a":1,"b":"x"}\r\n\n  \n{"b":"y","a":2}');
    expect(issues).toEqual([]);
    expect(rows).toEqual([
      [1n, "x"],
      [2n, "y"],
    ]);
  });

  test("a missing key is null, as null is", async () => {
    const { rows, issues } = await read('{"a":1}\n{"a":null,"b":"y"}\n');
    expect(issues).toEqual([]);
    expect(rows).toEqual([
      [1n, null],
      [null, "y"],
    ]);
  });

  test("an empty string is an empty string, and no number", async () => {
    const { rows, issues } = await read('{"a":"","b":""}\n');
    expect(rows).toEqual([[null, ""]]);
    expect(issues).toMatchObject([{ column: "a", row: 1 }]);
  });

  test("numbers keep the digits they were written with", async () => {
    const schema = { i: "int", d: "decimal", f: "float" } as const;
    const { rows, issues } = await read(
      '{"i":9007199254740993,"d":12.30,"f":1e3}\n{"i":-9223372036854775808,"d":0.10,"f":-0.0}\n',
      schema,
    );
    expect(issues).toEqual([]);
    expect(rows).toStrictEqual([
      [9007199254740993n, "12.30", 1000],
      [-9223372036854775808n, "0.10", -0],
    ]);
  });

  test("22.0 is no int", async () => {
    const { issues } = await read('{"a":22.0,"b":"x"}\n');
    expect(issues).toEqual([{ column: "a", row: 1, message: "not a whole number of 64 bits" }]);
  });

  test("nested values and numbers for a string do not fit", async () => {
    const { issues } = await read('{"a":[1.5],"b":2.5}\n{"a":{"x":1},"b":{}}\n');
    expect(issues.map(({ column, row }) => [column, row])).toEqual([
      ["a", 1],
      ["b", 1],
      ["a", 2],
      ["b", 2],
    ]);
  });

  test("keys that the schema lacks are reported once, as are columns that no row has", async () => {
    const { issues, unexpected_columns } = await read('{"a":1,"x":1}\n{"a":2,"y":2,"x":3}\n');
    expect(unexpected_columns).toEqual(["x", "y"]);
    expect(issues).toEqual([
      { column: "b", row: null, message: "missing from the file" },
      { column: null, row: null, message: "2 columns not in the schema" },
    ]);
  });

  test("a key named __proto__ is a key", async () => {
    const { rows, unexpected_columns } = await read('{"a":1,"b":"x","__proto__":{"a":2}}\n');
    expect(rows).toEqual([[1n, "x"]]);
    expect(unexpected_columns).toEqual(["__proto__"]);
    const schema = { toString: "string" } as const satisfies Schema;
    expect((await read('{"x":1}\n', schema)).rows).toEqual([[null]]);
  });

  test("names beyond the limit are counted as more than that", async () => {
    const keys = Array.from({ length: 150 }, (_, index) => [`k${index}`, 1]);
    const line = JSON.stringify({ a: 1, b: "x", ...Object.fromEntries(keys) });
    const { issues, unexpected_columns } = await read(line);
    expect(unexpected_columns).toHaveLength(100);
    expect(issues[0]?.message).toBe("more than 100 columns not in the schema");
  });

  test("a line that is no JSON object is an issue naming the row, and a row", async () => {
    const { rows, issues } = await read('{"a":1,"b":"x"}\nnope\n[1]\n12\n"s"\n1.5\nnull\n');
    expect(rows).toHaveLength(7);
    expect(issues.map(({ row, message }) => [row, message])).toEqual([
      [2, "is not JSON"],
      [3, "is not a JSON object"],
      [4, "is not a JSON object"],
      [5, "is not a JSON object"],
      [6, "is not a JSON object"],
      [7, "is not a JSON object"],
    ]);
  });

  test("a line with a name twice is an issue and no row, however the name is spelt and how deep", async () => {
    const { rows, issues } = await read(
      '{"a":1,"b":"x"}\n{"a":2,"a":3,"b":"y"}\n{"b":"y","\\u0062":"y","a":4}\n' +
        '{"a":5,"b":{"c":1,"c":2}}\n{"a":6,"b":"{\\"a\\":1,\\"a\\":2}"}\n',
    );
    const twice = "has a member twice: readers differ in which of the two they take";
    expect(issues).toEqual([2, 3, 4].map((row) => ({ column: null, row, message: twice })));
    expect(rows).toEqual([
      [1n, "x"],
      [null, null],
      [null, null],
      [null, null],
      [6n, '{"a":1,"a":2}'],
    ]);
  });

  test("invalid UTF-8 is an issue naming the row", async () => {
    const bytes = Uint8Array.from('{"a":1,"b":"x"}\n{"a":1,"b":"\xe9"}\n{"a":2}', (character) =>
      character.charCodeAt(0),
    );
    const { rows, issues } = await read(bytes);
    expect(rows).toHaveLength(3);
    expect(issues).toEqual([{ column: null, row: 2, message: "is not valid UTF-8" }]);
  });

  test("a line beyond the limit ends the reading", async () => {
    const long = new Uint8Array(MAX_RECORD_BYTES + 100).fill(0x20);
    long.set(new TextEncoder().encode('{"a":1,"b":"x"}\n{'));
    long.set(new TextEncoder().encode('}\n{"a":1,"b":"x"}\n'), MAX_RECORD_BYTES + 50);
    const { rows, issues } = await read(long);
    expect(rows).toHaveLength(2);
    expect(issues).toMatchObject([{ column: null, row: 2 }]);
  });

  for (const [name, content] of [
    ["nothing", ""],
    ["blank lines only", "\n \n"],
    ["a first line that is no JSON", 'a,b\n{"a":1,"b":"x"}\n'],
    ["a pretty-printed document", '[\n{"a":1}\n]\n'],
    ["a NUL byte", '{"a":1}\n\0'],
  ] as const) {
    test(`${name} is no table`, async () => {
      await expect(read(content)).rejects.toBeInstanceOf(NotATableError);
    });
  }

  test("a byte order mark is ignored", async () => {
    expect((await read('\ufeff{"a":1,"b":"x"}')).rows).toEqual([[1n, "x"]]);
  });

  const line = fc.oneof(
    fc.json({ maxDepth: 1 }),
    fc.constantFrom('{"a":1,"b":"ä😀"}', '{"a":1.0}', "", "{", '{"b":"\\n"}', "\r", "\ufeff"),
  );

  test("the same bytes cut anywhere give the same rows and the same issues", async () => {
    const outcome = (content: Uint8Array, size: number) =>
      read(content, AB, size).catch((error: unknown) => String(error));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 7 }), async (lines, size) => {
        const content = new TextEncoder().encode(`{"a":1}\n${lines.join("\n")}`);
        expect(await outcome(content, size)).toEqual(await outcome(content, 1_000_000));
      }),
    );
  });

  test("rows written with toJson are read back as the same cells", async () => {
    await fc.assert(
      fc.asyncProperty(chunkOf(EVERY_TYPE), async (chunk) => {
        fc.pre(chunk.rows > 0);
        const lines = Array.from({ length: chunk.rows }, (_, row) =>
          JSON.stringify(
            Object.fromEntries(
              chunk.columns.map((column) => [
                column.name,
                toJson(cellAt(column, row), column.type),
              ]),
            ),
          ),
        );
        const { rows, issues } = await read(lines.join("\n"), EVERY_TYPE);
        expect(issues).toEqual([]);
        expect(rows).toStrictEqual(
          Array.from({ length: chunk.rows }, (_, row) =>
            chunk.columns.map((column) => {
              const cell = cellAt(column, row);
              return Object.is(cell, -0) ? 0 : cell;
            }),
          ),
        );
      }),
    );
  });
});
