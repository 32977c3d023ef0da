import { describe, expect, it } from "vitest";
import { type Cell, chunkOfRows, rowsOf } from "../../../src/data/columnCells.ts";
import { mergePrivacyReports, privacyPass } from "../../../src/data/privacy/privacyPass.ts";
import { parsePrivacyRules } from "../../../src/domain/rules/privacy.ts";
import type { Schema } from "../../../src/domain/table.ts";
import { cellOf, EVERY_TYPE } from "../../support/cells.ts";
import { privacyKeys } from "../../support/privacyKeys.ts";
import fc from "../../support/property.ts";

const KEYS = privacyKeys();

const SCHEMA: Schema = { who: "string", ...EVERY_TYPE };
const parsed = parsePrivacyRules({
  who: "hash",
  int: { strategy: "bucket", size: 10, preserve_null: false },
  float: "noise",
  decimal: "mask",
  string: "tokenize",
  boolean: "nullify",
  date: "date_shift",
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const RULES = parsed.value;

const row = fc.tuple(
  ...Object.values(SCHEMA).map((type) => fc.option<Cell>(cellOf(type), { freq: 5 })),
);

describe("a privacy pass", () => {
  it("over any cut of the rows makes the rows and the report of one pass", () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 30 }),
        fc.array(fc.nat(30), { maxLength: 4 }),
        (rows, cuts) => {
          const whole = privacyPass(RULES, SCHEMA, KEYS, "who");
          const expected = rowsOf(whole.apply(chunkOfRows(SCHEMA, rows)));
          const bounds = [0, ...cuts.map((cut) => cut % (rows.length + 1)), rows.length].sort(
            (left, right) => left - right,
          );
          const parts = bounds.slice(1).map((end, index) => {
            const start = bounds[index] ?? 0;
            const pass = privacyPass(RULES, SCHEMA, KEYS, "who");
            const chunk = chunkOfRows(SCHEMA, rows.slice(start, end), start + 1);
            return { rows: rowsOf(pass.apply(chunk)), report: pass.report() };
          });
          expect(parts.flatMap((part) => part.rows)).toStrictEqual(expected);
          expect(mergePrivacyReports(parts.map(({ report }) => report))).toEqual(whole.report());
        },
      ),
    );
  });

  it("counts the cells that a strategy was applied to, and leaves other columns alone", () => {
    const pass = privacyPass(RULES.slice(0, 2), SCHEMA, KEYS, null);
    const chunk = chunkOfRows({ who: "string", int: "int", date: "date" }, [
      ["ann", 4n, 1],
      [null, null, 2],
    ]);
    const output = pass.apply(chunk);
    expect(output.columns[2]).toBe(chunk.columns[2]);
    expect(rowsOf(output).map(([, bucket]) => bucket)).toEqual(["0-9", "unknown"]);
    expect(pass.report()).toEqual({
      rows: 2,
      columns: [
        { column: "who", strategy: "hash", from_type: "string", to_type: "string", cells: 1 },
        { column: "int", strategy: "bucket", from_type: "int", to_type: "string", cells: 2 },
      ],
    });
  });

  it("leaves no value behind the nulls it makes", () => {
    const rules = parsePrivacyRules({ int: "nullify", string: "suppress" });
    if (!rules.ok) throw new Error("the rules are fine");
    const pass = privacyPass(rules.value, EVERY_TYPE, KEYS, null);
    const chunk = chunkOfRows({ int: "int", string: "string" }, [[42n, "secret"]]);
    expect(pass.apply(chunk).columns).toMatchObject([
      { values: BigInt64Array.of(0n), valid: Uint8Array.of(0) },
      { bytes: new Uint8Array(0), offsets: Int32Array.of(0, 0), valid: Uint8Array.of(0) },
    ]);
  });
});
