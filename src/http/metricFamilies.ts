/**
 * The metrics of Lethe. Counts are sums over all lakes, kept in D1: they never fall but when D1 is
 * restored, which Prometheus takes for a counter's reset. Series with `lake_id` are few, however many
 * lakes there are: only lakes with something to see to have them, the worst first, at most
 * `MAX_LAKE_SERIES` of each; how many more there are is told. `?lake_id=` gives all of one lake's.
 */
import { LATENCY_BUCKETS_MS, SLOWEST } from "../application/commandTally.ts";
import type { DatabaseReading, LakeHealth, MetricsReading } from "../application/metrics.ts";
import { COMMAND_OUTCOMES } from "../application/seenCommands.ts";
import type { Family, Sample } from "./exposition.ts";

/** Lakes that one metric names in one scrape. */
export const MAX_LAKE_SERIES = 200;

export interface Asked {
  readonly now: Date;
  /** Whether one lake was asked for: then all of it is told, zeros too. */
  readonly one: boolean;
}

export const metricFamilies = (
  databases: readonly DatabaseReading[],
  asked: Asked,
): readonly Family[] => {
  const readings = databases.flatMap(({ reading }) => (reading ? [reading] : []));
  const up = databases.map(({ database, reading }) => ({
    labels: { database: database === "" ? "REPORTS" : database },
    value: reading ? 1 : 0,
  }));
  const reachable: Family = {
    name: "lethe_reports_database_up",
    type: "gauge",
    help: "Whether that D1 database of reports answered this scrape.",
    samples: up,
  };
  // Of none nothing is known: no zero is made up.
  if (readings.length === 0) return [reachable];
  const platform = asked.one ? [] : [...ofCommands(readings), ...ofPlatform(readings, asked.now)];
  return [reachable, ...platform, ...ofLakes(readings, asked)];
};

const ofCommands = (readings: readonly MetricsReading[]): readonly Family[] => {
  const sums = new Map<string, Map<string, number>>();
  for (const { command, measure, value } of readings.flatMap(({ totals }) => totals)) {
    const of = sums.get(command) ?? new Map<string, number>();
    sums.set(command, of.set(measure, (of.get(measure) ?? 0) + value));
  }
  const commands = [...sums].filter(([command]) => command !== "").sort(byName);
  const total = (measure: string): Sample => ({ value: sums.get("")?.get(measure) ?? 0 });
  return [
    {
      name: "lethe_commands_total",
      type: "counter",
      help: "Commands that lakes have answered, by type and outcome.",
      samples: commands.flatMap(([command, of]) =>
        COMMAND_OUTCOMES.flatMap((outcome) => {
          const value = of.get(outcome);
          return value === undefined ? [] : [{ labels: { command, outcome }, value }];
        }),
      ),
    },
    {
      name: "lethe_command_duration_seconds",
      type: "histogram",
      help: "From a command's arrival at its lake until what it wrote was durable.",
      samples: commands.flatMap(([command, of]) => histogramOf(command, of)),
    },
    {
      name: "lethe_events_total",
      type: "counter",
      help: "Events that lakes have recorded.",
      samples: [total("events")],
    },
    {
      name: "lethe_lakes",
      type: "gauge",
      help: "Lakes that have reported.",
      samples: [total("lakes")],
    },
  ];
};

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;

/** Buckets are cumulative: each counts what the smaller ones do too. */
const histogramOf = (command: string, of: ReadonlyMap<string, number>): readonly Sample[] => {
  let count = 0;
  const buckets = [...LATENCY_BUCKETS_MS.map((ms) => [`le_${ms}`, String(ms / 1000)] as const)];
  const samples = [...buckets, [SLOWEST, "+Inf"] as const].map(([measure, le]): Sample => {
    count += of.get(measure) ?? 0;
    return { suffix: "_bucket", labels: { command, le }, value: count };
  });
  const sum = (of.get("sum_ms") ?? 0) / 1000;
  return [
    ...samples,
    { suffix: "_sum", labels: { command }, value: sum },
    { suffix: "_count", labels: { command }, value: count },
  ];
};

/** Seconds that have passed since a time; 0 when there is none. */
const secondsSince = (time: string | null, now: Date): number =>
  time === null ? 0 : Math.max(0, (now.getTime() - Date.parse(time)) / 1000);

const sumOf = <Row>(rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0);

const mostOf = <Row>(rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((most, row) => Math.max(most, of(row)), 0);

const ofPlatform = (readings: readonly MetricsReading[], now: Date): readonly Family[] => {
  const lakes = readings.flatMap((reading) => reading.lakes);
  const open = readings.flatMap((reading) => reading.open);
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
    name,
    type: "gauge",
    help,
    samples,
  });
  const reports = { sink: "reports" };
  const webhooks = { sink: "webhooks" };
  return [
    gauge("lethe_outbox_lag_events", "What sinks lack, of all lakes: events, notifications.", [
      { labels: reports, value: sumOf(lakes, ({ behind }) => behind) },
      { labels: webhooks, value: sumOf(lakes, (each) => each.webhooks_pending) },
    ]),
    gauge("lethe_outbox_lag_seconds", "Age of the oldest event or notification a sink lacks.", [
      { labels: reports, value: mostOf(lakes, (each) => secondsSince(each.behind_since, now)) },
      {
        labels: webhooks,
        value: mostOf(lakes, (each) => secondsSince(each.webhooks_pending_since, now)),
      },
    ]),
    gauge(
      "lethe_parked",
      "What was given up after its last try, or has failed as often and is tried on.",
      [
        { labels: { kind: "delivery" }, value: sumOf(lakes, (each) => each.webhooks_parked) },
        { labels: { kind: "duty" }, value: sumOf(lakes, (each) => each.duties_parked) },
      ],
    ),
    gauge("lethe_alarm_delay_seconds", "For how long the latest lake should have woken.", [
      { value: mostOf(lakes, (each) => secondsSince(each.next_due_at, now)) },
    ]),
    gauge("lethe_locked_lakes", "Lakes whose keys do not open under the root secrets.", [
      { value: lakes.filter(({ locked }) => locked).length },
    ]),
    gauge("lethe_deletions_open", "Requests for erasure that are still owed an answer.", [
      { value: sumOf(open, (each) => each.open) },
    ]),
    gauge("lethe_deletions_overdue", "Those of them past their deadline.", [
      { value: sumOf(open, (each) => each.overdue) },
    ]),
    gauge("lethe_scrape_cut", "1 when there is more to sum up than one scrape reads.", [
      { value: readings.some(({ cut }) => cut) ? 1 : 0 },
    ]),
  ];
};

type Valued = readonly (readonly [lake_id: string, value: number])[];

const ofLakes = (readings: readonly MetricsReading[], asked: Asked): readonly Family[] => {
  const { now, one } = asked;
  const lakes = readings.flatMap((reading) => reading.lakes);
  const open = readings.flatMap((reading) => reading.open);
  let unlisted = 0;
  const family = (name: string, help: string, values: Valued, labels = {}): Family => {
    const telling = values.filter(([, value]) => one || value > 0);
    const worst = [...telling].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    unlisted += Math.max(0, worst.length - MAX_LAKE_SERIES);
    return {
      name: `lethe_lake_${name}`,
      type: "gauge",
      help,
      samples: worst
        .slice(0, MAX_LAKE_SERIES)
        .map(([lake_id, value]) => ({ labels: { lake_id, ...labels }, value })),
    };
  };
  const of = (value: (lake: LakeHealth) => number): Valued =>
    lakes.map((lake) => [lake.lake_id, value(lake)]);
  const families = [
    family(
      "outbox_lag_events",
      "Events of the lake that the reports lack.",
      of((l) => l.behind),
    ),
    family(
      "outbox_lag_seconds",
      "Age of the oldest event of the lake that the reports lack.",
      of((lake) => secondsSince(lake.behind_since, now)),
    ),
    family(
      "notifications_pending",
      "Notifications of the lake that are still tried.",
      of((lake) => lake.webhooks_pending),
    ),
    family(
      "parked_deliveries",
      "Notifications of the lake that were given up.",
      of((lake) => lake.webhooks_parked),
    ),
    family(
      "parked_duties",
      "Duties of the lake given up, or tried ten times in vain and still tried.",
      of((lake) => lake.duties_parked),
    ),
    family(
      "alarm_delay_seconds",
      "For how long the lake should have woken.",
      of((lake) => secondsSince(lake.next_due_at, now)),
    ),
    family(
      "locked",
      "1 while the lake's keys do not open.",
      of((lake) => (lake.locked ? 1 : 0)),
    ),
    family(
      "deletions_open",
      "Requests of the lake that are still owed an answer.",
      open.map((each) => [each.lake_id, each.open]),
    ),
    family(
      "deletions_overdue",
      "Those of them past their deadline.",
      open.map((each) => [each.lake_id, each.overdue]),
    ),
  ];
  if (one) {
    const alone = of(({ events }) => events);
    const seen = of((lake) => Date.parse(lake.reported_at) / 1000);
    return [
      ...families,
      family("events", "Events in the lake's log.", alone),
      family("reported_timestamp_seconds", "When the lake last reported.", seen),
    ];
  }
  return [
    ...families,
    {
      name: "lethe_lake_series_left_out",
      type: "gauge",
      help: "Series of lakes that were left out, the least bad: ask for a lake by name.",
      samples: [{ value: unlisted }],
    },
  ];
};
