import { describe, expect, test } from "vitest";
import { type Cell, chunkOfRows } from "../../../src/data/columnCells.ts";
import {
  MAX_SAMPLED_VALUES,
  SAMPLED_ROWS_PER_CHUNK,
  signSampler,
} from "../../../src/data/pii/signSampler.ts";
import { mergeSigns, suspicionsOf } from "../../../src/domain/suspicion.ts";
import type { Schema } from "../../../src/domain/table.ts";

const signsOf = (schema: Schema, ...chunks: readonly (readonly (readonly Cell[])[])[]) => {
  const sampler = signSampler();
  for (const rows of chunks) sampler.look(chunkOfRows(schema, rows));
  return sampler.signs();
};

const rows = (count: number, cell: (row: number) => Cell) =>
  Array.from({ length: count }, (_, row) => [cell(row)]);

const suspected = (type: Schema[string], cells: readonly (readonly Cell[])[], name = "c") =>
  suspicionsOf(signsOf({ [name]: type }, cells));

const email = (row: number) => `person${row}@example.com`;

describe("a column of values", () => {
  test("is suspected with its kind and share when most of its values are of that kind", () => {
    const half = rows(10, (row) => (row % 5 === 0 ? "unknown" : email(row)));
    expect(suspected("string", half)).toEqual([
      { column: "c", signs: [{ kind: "email", found_by: "values", share: 0.89 }] },
    ]);
  });

  test("is not suspected for a few values, or for one that is repeated", () => {
    expect(suspected("string", rows(2, email))).toEqual([]);
    expect(
      suspected(
        "string",
        rows(500, () => "a@example.com"),
      ),
    ).toEqual([]);
    const few = rows(100, (row) => (row < 20 ? email(row) : `text ${row}`));
    expect(suspected("string", few)).toEqual([]);
  });

  test("counts no nulls and no blanks", () => {
    const sparse = rows(100, (row) => (row < 4 ? email(row) : row % 2 === 0 ? null : " "));
    expect(suspected("string", sparse)).toMatchObject([{ signs: [{ share: 1 }] }]);
    expect(
      suspected(
        "string",
        rows(9, () => null),
        "email",
      ),
    ).toEqual([]);
  });

  test("is known in a column of integers by check digits, unless it only counts", () => {
    const check = (nine: number) => {
      const digits = String(nine);
      const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (9 - at), 0);
      return { digits, last: sum % 11 };
    };
    const numbers = Array.from({ length: 60 }, (_, at) => check(12_345_678 + 7919 * at))
      .filter(({ last }) => last < 10)
      .map(({ digits, last }) => BigInt(digits + last));
    const bsn = rows(numbers.length, (row) => numbers[row] ?? null);
    expect(suspected("int", bsn)).toEqual([
      {
        column: "c",
        signs: [{ kind: "dutch_citizen_service_number", found_by: "values", share: 1 }],
      },
    ]);
    for (const start of [100_000_000n, 10_000_000_000n, 4_000_000_000_000_000n]) {
      expect(
        suspected(
          "int",
          rows(2000, (row) => start + BigInt(row)),
        ),
      ).toEqual([]);
    }
  });

  test("is not suspected when most of its texts are long", () => {
    const texts = rows(20, (row) => (row < 5 ? email(row) : `${"x".repeat(400)} ${row}`));
    expect(suspected("string", texts)).toEqual([]);
  });
});

describe("a column that is named for personal data", () => {
  test("is suspected from its first value on, when its values may be that", () => {
    expect(
      suspected(
        "string",
        rows(1, () => "Owen Harris"),
        "full_name",
      ),
    ).toEqual([
      { column: "full_name", signs: [{ kind: "person_name", found_by: "name", share: 1 }] },
    ]);
    expect(
      suspected(
        "string",
        rows(9, () => "yes"),
        "email",
      ),
    ).toEqual([]);
    expect(
      suspected(
        "date",
        rows(3, (row) => row),
        "date_of_birth",
      ),
    ).toMatchObject([{ signs: [{ kind: "birth_date", found_by: "name" }] }]);
  });
});

describe("the sample", () => {
  test("is bounded a chunk and in all, and spread over the chunk", () => {
    const schema: Schema = { c: "string" };
    const chunk = (from: number) => rows(4096, (row) => email(from + row));
    expect(signsOf(schema, chunk(0))[0]?.sampled).toBe(SAMPLED_ROWS_PER_CHUNK);
    const late = rows(4096, (row) => (row < 1000 ? `text ${row}` : email(row)));
    expect(suspicionsOf(signsOf(schema, late))).toMatchObject([{ column: "c" }]);
    const many = Array.from({ length: 9 }, (_, at) => chunk(4096 * at));
    expect(signsOf(schema, ...many)[0]?.sampled).toBe(MAX_SAMPLED_VALUES);
  });

  test("knows the end of a long file as well as its beginning", () => {
    const schema: Schema = { c: "string" };
    const chunk = (at: number, cell: (row: number) => Cell) =>
      rows(4096, (row) => cell(4096 * at + row));
    const mostly = Array.from({ length: 40 }, (_, at) =>
      chunk(at, (row) => (at < 8 ? `text ${row}` : email(row))),
    );
    expect(suspicionsOf(signsOf(schema, ...mostly))).toMatchObject([{ column: "c" }]);
    const rarely = Array.from({ length: 40 }, (_, at) =>
      chunk(at, (row) => (at < 8 ? email(row) : `text ${row}`)),
    );
    expect(suspicionsOf(signsOf(schema, ...rarely))).toEqual([]);
  });

  test("of parts adds up, and holds no value", () => {
    const schema: Schema = { email: "string", n: "float" };
    const part = (from: number) =>
      signsOf(
        schema,
        Array.from({ length: 2 }, (_, row) => [email(from + row), row]),
      );
    const merged = mergeSigns([part(0), part(2)]);
    expect(merged[0]).toEqual({
      column: "email",
      sampled: 4,
      matches: { email: 4 },
      named: { kind: "email", fitting: 4 },
    });
    expect(suspicionsOf(merged)).toEqual([
      { column: "email", signs: [{ kind: "email", found_by: "values", share: 1 }] },
    ]);
    expect(JSON.stringify(merged)).not.toContain("example.com");
  });
});
