import { describe, expect, it } from "vitest";
import { MONTHLY_COLUMNS, monthlyCsv } from "../../../src/reporting/print/monthlyCsv.ts";
import { readRfc4180 } from "../../support/rfc4180.ts";
import { monthlySample, quietSample } from "./monthlySample.ts";

const linesOf = (report = monthlySample()) => readRfc4180(monthlyCsv(report).text);

const valuesOf = (section: string, measure: string, where: Readonly<Record<string, string>> = {}) =>
  linesOf()
    .slice(1)
    .map((cells) => Object.fromEntries(MONTHLY_COLUMNS.map((name, at) => [name, cells[at]])))
    .filter(
      (line) =>
        line.section === section &&
        line.measure === measure &&
        Object.entries(where).every(([name, value]) => line[name] === value),
    )
    .map(({ value }) => value);

describe("the monthly report as CSV", () => {
  it("is one table of as many columns in every line", () => {
    const [head, ...lines] = linesOf();
    expect(head).toEqual(MONTHLY_COLUMNS);
    expect(lines.filter((cells) => cells.length !== MONTHLY_COLUMNS.length)).toEqual([]);
    expect(monthlyCsv(monthlySample())).toMatchObject({
      filename: "lethe-monthly-2026-11.csv",
      media_type: "text/csv; charset=utf-8; header=present",
    });
  });

  it("has every figure of the report, one a line", () => {
    expect(valuesOf("deletions", "requested")).toEqual(["60"]);
    expect(valuesOf("deletions", "open_overdue")).toEqual(["2"]);
    expect(valuesOf("deletions", "p95_completion_seconds")).toEqual(["2400000"]);
    expect(valuesOf("deletions_by_day", "overdue", { period: "2026-11-10" })).toEqual(["2"]);
    expect(valuesOf("by_month", "batches_quarantined", { period: "2026-03" })).toEqual(["3"]);
    expect(valuesOf("completions", "count", { item: "up to 7 days late" })).toEqual(["1"]);
    expect(valuesOf("subject_accesses", "ready")).toEqual(["6"]);
    expect(valuesOf("access_by_dataset", "count")).toHaveLength(70);
    expect(valuesOf("access_by_dataset", "count", { lake_id: "north", item: "dataset-2" })).toEqual(
      ["98"],
    );
    expect(valuesOf("access_by_user", "count", { item: "alice" })).toEqual(["1700"]);
    expect(valuesOf("access_by_purpose", "count", { item: "" })).toEqual(["800"]);
    expect(valuesOf("batches_by_state", "count", { item: "quarantined" })).toEqual(["5"]);
    expect(valuesOf("contracts_by_status", "count", { item: "defined" })).toEqual(["1"]);
    expect(valuesOf("lakes", "rows_published", { lake_id: "south" })).toEqual(["1234567"]);
    expect(valuesOf("lakes", "last_recorded_at", { lake_id: "south" })).toEqual([""]);
  });

  it("leaves a figure that there is none of empty", () => {
    const text = monthlyCsv(quietSample()).text;
    expect(text).toContain("deletions,2026-11,,,average_completion_seconds,,s\r\n");
    expect(text).not.toMatch(/NaN|undefined|null/);
  });
});
