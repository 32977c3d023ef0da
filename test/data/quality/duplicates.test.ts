import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataLimitError } from "../../../src/application/dataPorts.ts";
import { type Cell, chunkOfRows } from "../../../src/data/columnCells.ts";
import { findDuplicates, MAX_RUNS, type SeenPart } from "../../../src/data/quality/duplicates.ts";
import { type EvaluatorOptions, qualityEvaluator } from "../../../src/data/quality/evaluator.ts";
import { mergeQualityPartials, type QualityPartial } from "../../../src/data/quality/partial.ts";
import type { RowHashes } from "../../../src/data/quality/rowHashes.ts";
import { seenRecorder } from "../../../src/data/quality/seenParts.ts";
import { parseQualityRules } from "../../../src/domain/rules/quality.ts";
import type { Schema } from "../../../src/domain/table.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";

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

  it("fails every row whose values an earlier batch has", async () => {
    const store = memoryObjectStore();
    const earlier = seenRecorder(store.writer("earlier", "x"));
    earlier.record(0, hashes([[7, 7]]), 0, 1);
    const present = seenRecorder(store.writer("present", "x"));
    present.record(
      0,
      hashes([
        [7, 7],
        [8, 8],
      ]),
      1,
      2,
    );
    const parts = [
      { key: "present", ...(await present.close()) },
      { key: "earlier", ...(await earlier.close()) },
    ];
    const duplicates = await findDuplicates(store, parts);
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
