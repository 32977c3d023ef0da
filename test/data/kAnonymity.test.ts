import { describe, expect, it } from "vitest";
import { DataLimitError } from "../../src/application/dataPorts.ts";
import { type Cell, chunkOfRows, rowsOf } from "../../src/data/columnCells.ts";
import { gate } from "../../src/data/kAnonymity.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { openTable, readTable } from "../../src/data/readTable.ts";
import type { KAnonymity } from "../../src/domain/rules/kAnonymity.ts";
import type { ObjectRef, Schema } from "../../src/domain/table.ts";
import { chunkOf, collectRows, EVERY_TYPE } from "../support/cells.ts";
import { type MemoryObjectStore, memoryObjectStore } from "../support/memoryObjectStore.ts";
import fc from "../support/property.ts";

const SCHEMA: Schema = { id: "int", zip: "string", age: "decimal" };

type Rows = readonly (readonly Cell[])[];

const tableOf = async (
  store: MemoryObjectStore,
  rows: Rows,
  schema: Schema = SCHEMA,
): Promise<ObjectRef> => {
  const writer = parquetWriter(store.writer("clean.parquet", ""), schema);
  await writer.write(chunkOfRows(schema, rows));
  return { key: "clean.parquet", format: "parquet", ...(await writer.close()) };
};

interface Terms {
  readonly schema?: Schema;
  readonly limit?: number;
  readonly people_by?: string | null;
  readonly people_limit?: number;
}

const gated = async (
  rows: Rows,
  changes: Partial<KAnonymity> = {},
  { schema = SCHEMA, limit, people_by = null, people_limit }: Terms = {},
) => {
  const store = memoryObjectStore();
  const source = await tableOf(store, rows, schema);
  const demand: KAnonymity = {
    columns: ["zip", "age"],
    k: 2,
    on_violation: "suppress",
    ...changes,
  };
  const suppress_to = demand.on_violation === "suppress" ? "published.parquet" : null;
  const outcome = await gate(
    store,
    { source, schema, demand, people_by, suppress_to },
    limit,
    people_limit,
  );
  const { suppressed } = outcome;
  const left = suppressed
    ? await collectRows(readTable(await openTable(store, suppressed), schema).chunks())
    : null;
  return { ...outcome, left, store };
};

const PEOPLE: Rows = [
  [1n, "10", "30"],
  [2n, "10", "30"],
  [3n, "10", "30"],
  [4n, "20", "30"],
  [5n, null, "30"],
  [6n, null, "30"],
  [7n, "", "30"],
];

describe("the gate of k-anonymity", () => {
  it("counts groups of equal values and leaves out the rows of those that are too small", async () => {
    const { finding, suppressed, left } = await gated(PEOPLE);
    expect(finding).toEqual({
      columns: ["zip", "age"],
      k: 2,
      on_violation: "suppress",
      counted: "rows",
      groups: 4,
      smallest_group: 1,
      groups_below_k: 2,
      rows_below_k: 2,
    });
    expect(suppressed).toMatchObject({ key: "published.parquet", format: "parquet", rows: 5 });
    expect(left?.map(([id]) => id)).toEqual([1n, 2n, 3n, 5n, 6n]);
  });

  it("writes nothing where nothing is too small, or nothing was asked for", async () => {
    const whole = await gated(PEOPLE, { columns: ["age"], k: 7 });
    expect(whole).toMatchObject({ suppressed: null, finding: { groups: 1, smallest_group: 7 } });
    const refused = await gated(PEOPLE, { k: 3, on_violation: "refuse" });
    expect(refused).toMatchObject({ suppressed: null, finding: { rows_below_k: 4 } });
    for (const { store } of [whole, refused]) expect(store.keys()).toEqual(["clean.parquet"]);
  });

  it("tells values apart as they are published, and columns from each other", async () => {
    const spelt = await gated([
      [1n, "1", "1.0"],
      [2n, "1", "1.00"],
    ]);
    expect(spelt).toMatchObject({ finding: { groups: 2, rows_below_k: 2 }, left: [] });
    const schema = { a: "string", b: "string" } as const;
    const rows = [
      ["x", "yz"],
      ["xy", "z"],
    ];
    const shifted = await gated(rows, { columns: ["a", "b"] }, { schema });
    expect(shifted.finding.groups).toBe(2);
  });

  it("takes the two zeros of a float for one value, in both of its passes", async () => {
    const schema = { f: "float" } as const;
    const zeros = [[0], [-0]];
    const whole = await gated(zeros, { columns: ["f"], on_violation: "refuse" }, { schema });
    expect(whole.finding).toMatchObject({ groups: 1, smallest_group: 2, rows_below_k: 0 });
    const { finding, left } = await gated([...zeros, [1]], { columns: ["f"] }, { schema });
    expect(finding).toMatchObject({ groups: 2, groups_below_k: 1, rows_below_k: 1 });
    expect(left).toEqual(zeros);
  });

  it("has nothing to say about a table without rows", async () => {
    const { finding, suppressed } = await gated([]);
    expect(finding).toMatchObject({ groups: 0, smallest_group: null, rows_below_k: 0 });
    expect(suppressed).toBeNull();
  });

  it("counts people, where a column tells them apart, and not how often each of them comes", async () => {
    const rows: Rows = [
      [1n, "10", "30"],
      [1n, "10", "30"],
      [1n, "10", "30"],
      [2n, "20", "30"],
      [3n, "20", "30"],
      [2n, "20", "30"],
      [null, "30", "30"],
      [null, "30", "30"],
      [4n, "30", "31"],
      [null, "30", "31"],
    ];
    const { finding, left } = await gated(rows, {}, { people_by: "id" });
    expect(finding).toEqual({
      columns: ["zip", "age"],
      k: 2,
      on_violation: "suppress",
      counted: "people",
      groups: 4,
      smallest_group: 1,
      groups_below_k: 2,
      rows_below_k: 5,
    });
    expect(left?.map(([id]) => id)).toEqual([2n, 3n, 2n, 4n, null]);
  });

  it("takes a person for one, however their id is spelt", async () => {
    const schema = { zip: "string", id: "decimal" } as const;
    const rows = [
      ["10", "1.0"],
      ["10", "1.00"],
      ["20", "1"],
      ["20", "2"],
    ];
    const demand = { columns: ["zip"] };
    const { finding } = await gated(rows, demand, { schema, people_by: "id" });
    expect(finding).toMatchObject({ groups: 2, smallest_group: 1, rows_below_k: 2 });
  });

  it("counts people as a plain count of them does, in groups however many", async () => {
    const row = fc.tuple(fc.bigInt(0n, 3n), fc.constantFrom("a", "b", "c"), fc.constant("1"));
    const demands = fc.integer({ min: 2, max: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), demands, async (rows, k) => {
        const people = new Map<string, Set<bigint>>();
        for (const [id, zip] of rows) people.set(zip, (people.get(zip) ?? new Set()).add(id));
        const small = (zip: string) => (people.get(zip)?.size ?? 0) < k;
        const { finding, left } = await gated(rows, { k }, { people_by: "id" });
        const sizes = [...people.values()].map(({ size }) => Math.min(size, k));
        expect(finding).toMatchObject({
          groups: people.size,
          smallest_group: sizes.length === 0 ? null : Math.min(...sizes),
          rows_below_k: rows.filter(([, zip]) => small(zip)).length,
        });
        if (left !== null) expect(left).toEqual(rows.filter(([, zip]) => !small(zip)));
      }),
    );
  });

  it("remembers of each group no more people than make it large enough, and refuses beyond that", async () => {
    const rows = Array.from({ length: 100 }, (_, n): Cell[] => [BigInt(n), String(n % 5), "1"]);
    const terms = { people_by: "id", people_limit: 15 };
    expect((await gated(rows, { k: 3 }, terms)).finding.rows_below_k).toBe(0);
    await expect(gated(rows, { k: 4 }, terms)).rejects.toThrow(DataLimitError);
    await expect(gated(rows, { k: 4 }, terms)).rejects.toThrow(/at most 15 people/);
  });

  it("refuses, rather than guesses, beyond the groups it can count", async () => {
    const rows = Array.from({ length: 11 }, (_, n): Cell[] => [BigInt(n), String(n), "1"]);
    await expect(gated(rows, {}, { limit: 10 })).rejects.toThrow(DataLimitError);
    await expect(gated(rows, {}, { limit: 10 })).rejects.toThrow(/at most 10 groups/);
    expect((await gated(rows, {}, { limit: 11 })).finding.groups).toBe(11);
  });

  it("counts across chunks and while its table grows", async () => {
    const rows = Array.from({ length: 30_000 }, (_, n): Cell[] => [
      BigInt(n),
      String(n % 10_001),
      "1",
    ]);
    const { finding, left } = await gated(rows, { k: 3 });
    // 30,000 = 2 * 10,001 + 9,998: the last three of the values come twice only.
    expect(finding).toMatchObject({
      groups: 10_001,
      smallest_group: 2,
      groups_below_k: 3,
      rows_below_k: 6,
    });
    expect(left).toHaveLength(29_994);
  });

  it("leaves exactly the rows of groups of at least k, in their order", async () => {
    const columns = Object.keys(EVERY_TYPE);
    const few = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        chunkOf(EVERY_TYPE, 6),
        few,
        fc.subarray(columns, { minLength: 1 }),
        fc.integer({ min: 2, max: 5 }),
        async (chunk, picks, named, k) => {
          fc.pre(chunk.rows > 0);
          const kinds = rowsOf(chunk);
          const rows = picks.map((pick) => kinds[pick % kinds.length] ?? []);
          const groupOf = (row: readonly Cell[]) =>
            named
              .map((name) => row[columns.indexOf(name)] ?? null)
              .map((cell) => `${typeof cell}:${cell}`)
              .join("\u0000|");
          const size = (row: readonly Cell[]) =>
            rows.filter((other) => groupOf(other) === groupOf(row)).length;
          const large = rows.filter((row) => size(row) >= k);
          const { finding, left } = await gated(
            rows,
            { columns: named, k },
            { schema: EVERY_TYPE },
          );
          expect(finding.rows_below_k).toBe(rows.length - large.length);
          expect(finding.groups).toBe(new Set(rows.map(groupOf)).size);
          expect(finding.smallest_group).toBe(Math.min(...rows.map(size)));
          expect(left ?? rows.map((row) => [...row])).toEqual(large);
        },
      ),
    );
  });
});
