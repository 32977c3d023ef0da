import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { isOperation } from "../../src/application/accessTable.ts";
import type { LakeHealth, MetricsReading } from "../../src/application/metrics.ts";
import type { Family } from "../../src/http/exposition.ts";
import { metricFamilies } from "../../src/http/metricFamilies.ts";

const PAGE = readFileSync(
  path.resolve(import.meta.dirname, "../../src/reporting/RUNBOOK.md"),
  "utf8",
);

/** A lake with something wrong of every kind. */
const lake: LakeHealth = {
  lake_id: "north",
  reported_at: "2026-11-29T11:00:00.000Z",
  events: 1,
  behind: 1,
  behind_since: "2026-11-29T11:00:00.000Z",
  webhooks_pending: 1,
  webhooks_pending_since: "2026-11-29T11:00:00.000Z",
  webhooks_parked: 1,
  duties_parked: 1,
  next_due_at: "2026-11-29T11:00:00.000Z",
  locked: true,
};
const reading: MetricsReading = {
  totals: ["ok", "failed", "le_5", "sum_ms"].map((measure) => ({
    command: "AuditAccess",
    measure,
    value: 1,
  })),
  lakes: [lake],
  open: [{ lake_id: "north", open: 1, overdue: 1 }],
  cut: true,
};

const families = [true, false].flatMap((one) =>
  metricFamilies([{ database: "", reading }], { now: new Date("2026-11-29T12:00:00.000Z"), one }),
);

const seriesOf = ({ name, samples }: Family) => samples.map(({ suffix = "" }) => name + suffix);
const series = new Set(families.flatMap(seriesOf));

/** Values that a label of a series has, by the series and the label. */
const values = new Map<string, Set<string>>();
for (const { name, samples } of families) {
  for (const { suffix = "", labels = {} } of samples) {
    for (const [label, value] of Object.entries(labels)) {
      const key = `${name}${suffix} ${label}`;
      values.set(key, (values.get(key) ?? new Set()).add(value));
    }
  }
}

const unique = (found: Iterable<RegExpMatchArray>, group = 0): readonly string[] => [
  ...new Set([...found].map((match) => match[group] ?? "")),
];

const alerts = unique(PAGE.matchAll(/^ +- alert: (\w+)$/gm), 1);
const routes = [
  // As prose names them, and as curl asks for them.
  ...[...PAGE.matchAll(/`(GET|POST|PUT|DELETE) (\/[^`?]*)`/g)].map(([, method, at]) => [
    method,
    at,
  ]),
  ...[...PAGE.matchAll(/(-X (\w+) )?"?\$LETHE(\/[^\s"?`]*)/g)].map(([, , method, at]) => [
    method ?? "GET",
    at,
  ]),
].map(([method = "", at = ""]) => `${method} ${at}`);

/** A route without its lake, with parameters for what stands in the place of one. */
const operationOf = (route: string): string =>
  route
    .replace(/ \/lakes\/(north|\{lake_id\})(?=\/)/, " ")
    .replace(/ \/lakes\/north$/, " /lakes/{lake_id}")
    .replaceAll("DELETION_ID", "{id}");

describe("the runbook", () => {
  it("has alerts, commands and metrics to speak of", () => {
    expect(alerts.length).toBeGreaterThan(10);
    expect(routes.length).toBeGreaterThan(20);
    expect(unique(PAGE.matchAll(/lethe_[a-z_]+/g)).length).toBeGreaterThan(15);
  });

  it.each(unique(PAGE.matchAll(/\blethe_[a-z_]+/g)))("names a metric that is there: %s", (name) => {
    expect([...series]).toContain(name);
  });

  it.each(unique(PAGE.matchAll(/\blethe_[a-z_]+\{[^}]+\}/g)))(
    "asks a metric for a label that it has: %s",
    (selector) => {
      const [, name = "", label = "", value = ""] =
        /^(\w+)\{(\w+)="([^"]*)"\}$/.exec(selector) ?? [];
      expect([...(values.get(`${name} ${label}`) ?? [])]).toContain(value);
    },
  );

  it.each([...new Set(routes)])("names a route that is there: %s", (route) => {
    expect(isOperation(operationOf(route)), operationOf(route)).toBe(true);
  });

  it.each(alerts)("says what %s means and what to do", (alert) => {
    const [, section = ""] = PAGE.split(`### ${alert}\n`);
    const [text = ""] = section.split(/^##/m);
    expect(text.trim().length).toBeGreaterThan(100);
  });

  it("explains no alert that there is none of", () => {
    expect(unique(PAGE.matchAll(/^### (\w+)$/gm), 1)).toEqual(alerts);
  });

  it("says what to do about every metric of trouble", () => {
    const troubles = families.filter(({ name, type }) => type === "gauge" && !/_lakes$/.test(name));
    for (const { name } of troubles.filter((each) => !/_(events|open)$/.test(each.name))) {
      if (name !== "lethe_lake_reported_timestamp_seconds") expect(PAGE).toContain(name);
    }
  });
});
