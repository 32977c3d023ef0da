import { describe, expect, test } from "vitest";
import type { DatabaseReading, LakeHealth, MetricsReading } from "../../src/application/metrics.ts";
import { exposition } from "../../src/http/exposition.ts";
import { MAX_LAKE_SERIES, metricFamilies } from "../../src/http/metricFamilies.ts";
import { readExposition } from "../support/promText.ts";

const NOW = new Date("2026-11-29T12:00:00.000Z");
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

const lake = (lake_id: string, more: Partial<LakeHealth> = {}): LakeHealth => ({
  lake_id,
  reported_at: ago(5),
  events: 10,
  behind: 0,
  behind_since: null,
  webhooks_pending: 0,
  webhooks_pending_since: null,
  webhooks_parked: 0,
  duties_parked: 0,
  next_due_at: null,
  locked: false,
  ...more,
});

const reading = (more: Partial<MetricsReading> = {}): MetricsReading => ({
  totals: [],
  lakes: [],
  open: [],
  cut: false,
  ...more,
});

const shown = (databases: readonly DatabaseReading[], one = false) => {
  const families = readExposition(exposition(metricFamilies(databases, { now: NOW, one })));
  const samples = families.flatMap((family) => family.samples);
  return {
    names: families.map(({ name }) => name),
    value: (name: string, labels: Readonly<Record<string, string>> = {}) =>
      samples.find(
        (each) => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels),
      )?.value,
    series: (name: string) => samples.filter((each) => each.name === name),
  };
};

const of = (value: MetricsReading | null, database = ""): DatabaseReading => ({
  database,
  reading: value,
});

describe("metrics of all lakes", () => {
  test("add up what the databases of all jurisdictions count", () => {
    const totals = [
      { command: "", measure: "events", value: 7 },
      { command: "", measure: "lakes", value: 2 },
      { command: "AuditAccess", measure: "ok", value: 3 },
      { command: "AuditAccess", measure: "refused", value: 1 },
      { command: "AuditAccess", measure: "le_2", value: 3 },
      { command: "AuditAccess", measure: "le_inf", value: 1 },
      { command: "AuditAccess", measure: "sum_ms", value: 20_500 },
    ];
    const { value } = shown([of(reading({ totals })), of(reading({ totals }), "eu")]);
    const command = "AuditAccess";
    expect(value("lethe_commands_total", { command, outcome: "ok" })).toBe(6);
    expect(value("lethe_commands_total", { command, outcome: "refused" })).toBe(2);
    expect(value("lethe_commands_total", { command, outcome: "failed" })).toBeUndefined();
    expect(value("lethe_events_total")).toBe(14);
    expect(value("lethe_lakes")).toBe(4);
    const bucket = (le: string) => value("lethe_command_duration_seconds_bucket", { command, le });
    expect([bucket("0.001"), bucket("0.002"), bucket("10"), bucket("+Inf")]).toEqual([0, 6, 6, 8]);
    expect(value("lethe_command_duration_seconds_sum", { command })).toBe(41);
    expect(value("lethe_command_duration_seconds_count", { command })).toBe(8);
    expect(value("lethe_reports_database_up", { database: "eu" })).toBe(1);
  });

  test("say how far what is owed has got, in sum and by the lake that is worst", () => {
    const lakes = [
      lake("north", { behind: 5, behind_since: ago(60), next_due_at: ago(600) }),
      lake("south", {
        behind: 2,
        behind_since: ago(90),
        webhooks_pending: 3,
        webhooks_pending_since: ago(30),
        webhooks_parked: 4,
        duties_parked: 1,
        locked: true,
      }),
      lake("west", { next_due_at: new Date(NOW.getTime() + 1).toISOString() }),
    ];
    const open = [
      { lake_id: "north", open: 3, overdue: 1 },
      { lake_id: "south", open: 2, overdue: 0 },
    ];
    const { value, series } = shown([of(reading({ lakes, open }))]);
    expect(value("lethe_outbox_lag_events", { sink: "reports" })).toBe(7);
    expect(value("lethe_outbox_lag_seconds", { sink: "reports" })).toBe(90);
    expect(value("lethe_outbox_lag_events", { sink: "webhooks" })).toBe(3);
    expect(value("lethe_outbox_lag_seconds", { sink: "webhooks" })).toBe(30);
    expect(value("lethe_parked", { kind: "delivery" })).toBe(4);
    expect(value("lethe_parked", { kind: "duty" })).toBe(1);
    expect(value("lethe_alarm_delay_seconds")).toBe(600);
    expect(value("lethe_locked_lakes")).toBe(1);
    expect(value("lethe_deletions_open")).toBe(5);
    expect(value("lethe_deletions_overdue")).toBe(1);
    expect(value("lethe_lake_outbox_lag_events", { lake_id: "north" })).toBe(5);
    expect(value("lethe_lake_alarm_delay_seconds", { lake_id: "north" })).toBe(600);
    expect(value("lethe_lake_locked", { lake_id: "south" })).toBe(1);
    expect(series("lethe_lake_deletions_overdue")).toHaveLength(1);
    expect(JSON.stringify(series("lethe_lake_outbox_lag_events"))).not.toContain("west");
  });

  test("name only so many lakes, the worst, and say how many they leave out", () => {
    const lakes = Array.from({ length: MAX_LAKE_SERIES + 7 }, (_, n) =>
      lake(`lake-${n}`, { duties_parked: n + 1 }),
    );
    const { value, series } = shown([of(reading({ lakes, cut: true }))]);
    const named = series("lethe_lake_parked_duties");
    expect(named).toHaveLength(MAX_LAKE_SERIES);
    expect(named[0]).toMatchObject({ labels: { lake_id: `lake-${MAX_LAKE_SERIES + 6}` } });
    expect(value("lethe_lake_series_left_out")).toBe(7);
    expect(value("lethe_scrape_cut")).toBe(1);
    const sum = lakes.reduce((total, { duties_parked }) => total + duties_parked, 0);
    expect(value("lethe_parked", { kind: "duty" })).toBe(sum);
  });

  test("make up no zero for what could not be read", () => {
    const { names, value } = shown([of(null), of(null, "eu")]);
    expect(names).toEqual(["lethe_reports_database_up"]);
    expect(value("lethe_reports_database_up", { database: "REPORTS" })).toBe(0);
    const half = shown([of(null), of(reading(), "eu")]);
    expect(half.value("lethe_reports_database_up", { database: "REPORTS" })).toBe(0);
    expect(half.value("lethe_deletions_overdue")).toBe(0);
  });
});

describe("metrics of one lake", () => {
  test("tell everything of it, zeros too, and nothing of the others", () => {
    const one = reading({
      lakes: [lake("north", { behind: 1, behind_since: ago(2) })],
      open: [{ lake_id: "north", open: 0, overdue: 0 }],
      totals: [{ command: "AuditAccess", measure: "ok", value: 1 }],
    });
    const { names, value } = shown([of(one)], true);
    const labels = { lake_id: "north" };
    expect(value("lethe_lake_events", labels)).toBe(10);
    expect(value("lethe_lake_parked_duties", labels)).toBe(0);
    expect(value("lethe_lake_outbox_lag_seconds", labels)).toBe(2);
    expect(value("lethe_lake_deletions_overdue", labels)).toBe(0);
    expect(value("lethe_lake_reported_timestamp_seconds", labels)).toBe(Date.parse(ago(5)) / 1000);
    expect(names.filter((name) => !name.startsWith("lethe_lake_"))).toEqual([
      "lethe_reports_database_up",
    ]);
  });
});
