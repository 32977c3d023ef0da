import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DataLimitError } from "../../../src/application/dataPorts.ts";
import { type Cell, chunkOfRows } from "../../../src/data/columnCells.ts";
import { findDuplicates, MAX_RUNS, type SeenPart } from "../../../src/data/quality/duplicates.ts";
import { type EvaluatorOptions, qualityEvaluator } from "../../../src/data/quality/evaluator.ts";
import { mergeQualityPartials, type QualityPartial } from "../../../src/data/quality/partial.ts";
import type { RowHashes } from "../../../src/data/quality/rowHashes.ts";
import { seenRecorder } from "../../../src/data/quality/seenParts.ts";
import { MAX_READS } from "../../../src/data/quality/seenRuns.ts";
import { parseQualityRules } from "../../../src/domain/rules/quality.ts";
import type { Schema } from "../../../src/domain/table.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import fc from "../../support/property.ts";

const KEY = new Uint8Array(32).fill(6);
const NOW = new Date("2026-11-23T12:00:00Z");
const SCHEMA: Schema = { a: "int", b: "string" };

const parsed = parseQualityRules({
  a: [{ rule: "unique", on_fail: "quarantine_rows", threshold: "10%" }, ">0"],
  b: { rule: "unique", severity: "warn" },
  "*": ["unique:a,b", "row_count:>=3"],
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const RULES = parsed.value;

type Row = readonly [Cell, Cell];

/** A part of the rows, read in chunks of a few. */
const evaluate = async (
  rows: readonly Row[],
  start: number,
  options: EvaluatorOptions,
): Promise<QualityPartial> => {
  const evaluator = qualityEvaluator(RULES, SCHEMA, NOW, options);
  for (let at = 0; at < rows.length; at += 4) {
    evaluator.evaluate(chunkOfRows(SCHEMA, rows.slice(at, at + 4), start + at + 1));
    await options.recorder?.relieve();
  }
  return evaluator.partial();
};

const hashes = (values: readonly (readonly [high: number, low: number])[]): RowHashes => ({
  high: (row) => values[row]?.[0] ?? 0,
  low: (row) => values[row]?.[1] ?? 0,
  takesPart: () => true,
});

describe("unique over rows that are read in several passes", () => {
  it("fails the rows that one pass over all of them fails", async () => {
    const row = fc.tuple(
      fc.option(fc.bigInt(-1n, 8n), { freq: 6 }),
      fc.option(fc.constantFrom("x", "y", "z", "xy"), { freq: 6 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 4 }),
        fc.integer({ min: 1, max: 20 }),
        async (rows, cuts, run_entries) => {
          const bounds = [0, ...cuts.map((cut) => cut % (rows.length + 1)), rows.length].sort(
            (left, right) => left - right,
          );
          const cut = bounds.slice(1).map((end, index) => {
            const start = bounds[index] ?? 0;
            return { start, rows: rows.slice(start, end) };
          });
          const store = memoryObjectStore();
          const partials: QualityPartial[] = [];
          const parts: SeenPart[] = [];
          for (const [index, part] of cut.entries()) {
            const recorder = seenRecorder(store.writer(`${index}`, "x"), run_entries);
            partials.push(await evaluate(part.rows, part.start, { key: KEY, recorder }));
            parts.push({ key: `${index}`, ...(await recorder.close()) });
          }
          const duplicates = await findDuplicates(store, parts);
          for (const [index, part] of cut.entries()) {
            if (!duplicates.anyIn(part.start + 1, part.rows.length)) continue;
            partials[index] = await evaluate(part.rows, part.start, { key: KEY, duplicates });
          }
          expect(mergeQualityPartials(RULES, partials)).toEqual(
            await evaluate(rows, 0, { key: KEY }),
          );
          expect(store.open_writers).toBe(0);
        },
      ),
    );
  });

  it("keeps no value, and other keys make other hashes", async () => {
    const store = memoryObjectStore();
    for (const [index, byte] of [1, 1, 2].entries()) {
      const recorder = seenRecorder(store.writer(`${index}`, "x"));
      const key = new Uint8Array(32).fill(byte);
      await evaluate([[424242n, "ann@example.org"]], 0, { key, recorder });
      await recorder.close();
    }
    const record = Buffer.from(store.bytes("0"));
    expect(record.includes("ann")).toBe(false);
    expect(record.includes("424242")).toBe(false);
    expect(store.bytes("1")).toEqual(store.bytes("0"));
    expect(store.bytes("2")).not.toEqual(store.bytes("0"));
  });

  it("tells hashes apart by every bit, and orders them as unsigned", async () => {
    const store = memoryObjectStore();
    const values = [
      [0, 0],
      [0xffffffff, 1],
      [1, 0xffffffff],
      [0, 1],
      [1, 0],
      [0xffffffff, 1],
      [0x80000000, 0],
      [0, 0],
    ] as const;
    for (const key of ["first", "second"]) {
      const recorder = seenRecorder(store.writer(key, "x"));
      recorder.record(0, hashes(values), key === "first" ? 1 : 101, values.length);
      await recorder.close();
    }
    const parts = ["first", "second"].map((key) => ({ key, bytes: store.bytes(key).length }));
    const duplicates = await findDuplicates(store, parts);
    const marked = Array.from({ length: 200 }, (_, row) => row).filter((row) =>
      duplicates.isDuplicate(0, row),
    );
    expect(marked).toEqual([6, 8, ...Array.from({ length: 8 }, (_, index) => 101 + index)]);
    expect(duplicates.isDuplicate(1, 6)).toBe(false);
    expect(duplicates.anyIn(1, 5)).toBe(false);
    expect(duplicates.anyIn(1, 6)).toBe(true);
    expect(duplicates.anyIn(109, 50)).toBe(false);
  });

  /** A part of hashes in rows from 1 on, a run of number `rule`. */
  const partOf = async (
    store: ReturnType<typeof memoryObjectStore>,
    key: string,
    rule: number,
    ...values: readonly (readonly [number, number])[]
  ) => {
    const recorder = seenRecorder(store.writer(key, "x"));
    recorder.record(rule, hashes(values), 1, values.length);
    return { key, ...(await recorder.close()) };
  };

  it("fails every row whose values an earlier batch has, whatever its row was there", async () => {
    const store = memoryObjectStore();
    const present = await partOf(store, "present", 3, [7, 7], [8, 8], [9, 9], [8, 8]);
    const earlier = await partOf(store, "earlier", 0, [1, 1], [2, 2], [3, 3], [7, 7]);
    const other = await partOf(store, "other", 1, [9, 9]);
    const parts = [
      { ...earlier, rules: [[3]] },
      // Its second list of columns is none of this batch's.
      { ...other, rules: [[3], []] },
    ];
    const duplicates = await findDuplicates(store, [present], parts);
    expect([1, 2, 3, 4].map((row) => duplicates.isDuplicate(3, row))).toEqual([
      ...[true, false, false, true],
    ]);
    expect(duplicates.count(3)).toBe(2);
    const among = await findDuplicates(store, [present], parts, true);
    expect([1, 2, 3, 4].map((row) => among.isDuplicate(3, row))).toEqual([
      ...[true, false, false, false],
    ]);
  });

  it("compares with more earlier batches than it can merge at once", async () => {
    const store = memoryObjectStore();
    const values = [
      [1, 1],
      [MAX_RUNS + 20, 1],
      [0, 1],
      [1, 1],
    ] as const;
    const present = await partOf(store, "present", 0, ...values);
    const parts = [];
    for (let n = 1; n <= MAX_RUNS + 20; n += 1) {
      parts.push({ ...(await partOf(store, `earlier ${n}`, 0, [n, 1])), rules: [[0]] });
    }
    const duplicates = await findDuplicates(store, [present], parts);
    expect([1, 2, 3, 4].map((row) => duplicates.isDuplicate(0, row))).toEqual([
      ...[true, true, false, true],
    ]);
    expect(duplicates.count(0)).toBe(3);
  });

  /** How often it is read of the store underneath. */
  const counted = (inner: ReturnType<typeof memoryObjectStore>) => {
    const reads: string[] = [];
    return {
      reads,
      store: {
        read: (key: string, offset: number, length: number) => {
          reads.push(key);
          return inner.read(key, offset, length);
        },
      },
    };
  };

  const manyParts = async (store: ReturnType<typeof memoryObjectStore>, count: number) => {
    const parts = [];
    for (let n = 1; n <= count; n += 1) {
      const recorder = seenRecorder(store.writer(`earlier ${n}`, "x"));
      for (const rule of [0, 1]) recorder.record(rule, hashes([[n, 1]]), 1, 1);
      parts.push({ key: `earlier ${n}`, ...(await recorder.close()), rules: [[0], [1]] });
    }
    return parts;
  };

  it("reads a small part once, whatever rules it is of and however many there are", async () => {
    const inner = memoryObjectStore();
    const present = await partOf(inner, "present", 0, [1, 1], [MAX_RUNS, 1], [0, 1]);
    const parts = await manyParts(inner, MAX_RUNS);
    const { store, reads } = counted(inner);
    const duplicates = await findDuplicates(store, [present], parts);
    expect([1, 2, 3].map((row) => duplicates.isDuplicate(0, row))).toEqual([true, true, false]);
    expect(reads.length).toBe(1 + MAX_RUNS);
    expect(new Set(reads).size).toBe(reads.length);
  });

  it("reads a large part block by block, and finds the same", async () => {
    const inner = memoryObjectStore();
    const rows = 30_000;
    const values = Array.from({ length: rows }, (_, row) => [0, row] as const);
    const large = await partOf(inner, "large", 0, ...values);
    const present = await partOf(inner, "present", 0, [0, 5], [0, rows], [0, rows - 1]);
    const { store, reads } = counted(inner);
    const duplicates = await findDuplicates(store, [present], [{ ...large, rules: [[0]] }]);
    expect([1, 2, 3].map((row) => duplicates.isDuplicate(0, row))).toEqual([true, false, true]);
    // 64 KiB with the head of the run, the rest at once: no other run needs the memory.
    expect(reads).toEqual(["present", "large", "large"]);
    const both = await findDuplicates(store, [large], [{ ...large, rules: [[0]] }]);
    expect(both.count(0)).toBe(rows);
  });

  it("refuses more than it may read before it reads, or when it comes to it", async () => {
    const inner = memoryObjectStore();
    const present = await partOf(inner, "present", 0, [1, 1]);
    const parts = await manyParts(inner, 9);
    const { store, reads } = counted(inner);
    await expect(findDuplicates(store, [present], parts, false, 9)).rejects.toThrow(DataLimitError);
    expect(reads).toEqual([]);
    await findDuplicates(store, [present], parts, false, 10);
    expect(reads).toHaveLength(10);

    // Its size alone does not tell that each of its runs is read by itself.
    const recorder = seenRecorder(inner.writer("runs", "x"), 6_000);
    for (let run = 0; run < 4; run += 1) {
      const values = Array.from({ length: 6_000 }, (_, row) => [run, row] as const);
      recorder.record(0, hashes(values), 6_000 * run + 1, 6_000);
      await recorder.relieve();
    }
    const runs = { key: "runs", ...(await recorder.close()) };
    await expect(findDuplicates(store, [runs], [], false, 6)).rejects.toThrow(DataLimitError);
    await findDuplicates(store, [runs], [], false, 12);
  });

  it("has more subrequests to ask with than it may read", async () => {
    const toml = await readFile(
      path.resolve(import.meta.dirname, "../../../wrangler.toml"),
      "utf8",
    );
    const [, subrequests = ""] = /^subrequests = ([\d_]+)$/m.exec(toml) ?? [];
    expect(Number(subrequests.replaceAll("_", ""))).toBeGreaterThanOrEqual(4 * MAX_READS);
  });

  it("keeps no hash of rows that are left out", async () => {
    const store = memoryObjectStore();
    const recorder = seenRecorder(store.writer("part", "x"));
    recorder.record(
      0,
      hashes([
        [1, 1],
        [2, 2],
      ]),
      1,
      2,
      Uint8Array.of(0, 1),
    );
    const part = { key: "part", ...(await recorder.close()), rules: [[0]] };
    const present = await partOf(store, "present", 0, [1, 1], [2, 2]);
    const duplicates = await findDuplicates(store, [present], [part]);
    expect([1, 2].map((row) => duplicates.isDuplicate(0, row))).toEqual([true, false]);
  });

  it("refuses more runs than it can merge at once", async () => {
    const store = memoryObjectStore();
    const recorder = seenRecorder(store.writer("part", "x"), 1);
    for (let row = 1; row <= MAX_RUNS + 1; row += 1) {
      recorder.record(0, hashes([[row, row]]), row, 1);
      await recorder.relieve();
    }
    const part = { key: "part", ...(await recorder.close()) };
    await expect(findDuplicates(store, [part])).rejects.toThrow(DataLimitError);
  });
});
