/** What the simulation prints. */
import { MAX_REPORT_DATABASES } from "../../../src/env.ts";
import { BUSY_AT, D1, FULL_AT } from "./limits.ts";
import type { Measured } from "./measure.ts";
import {
  type Cost,
  DAYS_A_YEAR,
  dollarsAMonth,
  lakesOf,
  MAX_DATABASES,
  type Need,
  type World,
} from "./model.ts";

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1)} GB`;
const rows = (value: number): string => value.toFixed(1);

const span = (days: number | null, years: number): string => {
  if (days === null) return `not within ${years} years`;
  if (days === 0) return "from the first day on";
  return days < 2 * DAYS_A_YEAR
    ? `after ${whole(days)} days`
    : `after ${(days / DAYS_A_YEAR).toFixed(1)} years`;
};

const costText = ({ bytes, rows: written }: Cost): string =>
  `${whole(bytes)} bytes and ${rows(written)} rows written`;

/** What an event was measured to cost, and what time is assumed. */
export const measuredText = (measured: Measured, world: World): string => {
  const { costs, batch_ms, statements, events } = measured;
  const { access, counted, other } = costs;
  return [
    `Measured from ${whole(events)} events, delivered by the bundle to the simulated D1:`,
    `  an access ${costText(access)}; a new row of the counts by day ${costText(counted)};`,
    `  any other event ${costText(other)}.`,
    `  A batch of one event took ${batch_ms.toFixed(1)} ms here; ${world.batch_ms} ms are assumed ` +
      "(--batch-ms).",
    `  The largest batch had ${statements} statements, of ${whole(D1.queries)} that an invocation may have.`,
  ].join("\n");
};

export const worldText = (world: World): string => {
  const [largest, second] = lakesOf(world);
  const { arrival_days: days } = world;
  const share = (largest?.events_per_day ?? 0) / world.events_per_day;
  return [
    `${whole(world.lakes)} lakes, ${whole(world.events_per_day)} events a day in all ` +
      `(${percent(world.accesses)} of them accesses), ${percent(world.growth)} more each year, ` +
      `${world.peak} times as many in the busiest hour; seed ${world.seed}.`,
    `  They come into being ${days === 0 ? "on the first day" : `in ${whole(days)} days`}. ` +
      `Zipf ${world.skew}: the largest has ${percent(share)} of them` +
      `${second ? `, the second ${percent(second.events_per_day / world.events_per_day)}` : ""}.`,
  ].join("\n");
};

const years = (value: number): string => `${Number(value.toFixed(1))} years`;

export const needText = (needed: Need, world: World): string => {
  const { one, databases, with_them, for_years, largest } = needed;
  const lines = [
    "With one database:",
    `  a second is needed by size (${percent(FULL_AT)} of ${gigabytes(D1.database_bytes)}) ` +
      `${span(one.full_on, world.years)}; in the end it would have ${gigabytes(one.bytes)};`,
    `  by write rate (busy for ${percent(BUSY_AT)} of the busiest hour) ` +
      `${span(one.busy_on, world.years)}; in the end it would be busy for ${percent(one.busy)}.`,
    `  Rows written in the last month ${whole(one.rows_a_month)}, about ` +
      `$${whole(dollarsAMonth(one))} beyond what is included.`,
  ];
  if (databases === null || with_them === null) {
    lines.push(`More than ${MAX_DATABASES} are needed for ${years(for_years)}.`);
  } else {
    lines.push(
      databases === 1
        ? `One is enough for ${years(for_years)}.`
        : `For ${years(for_years)} ${databases} are enough: the fullest has ` +
            `${gigabytes(with_them.bytes)}, the busiest is busy for ${percent(with_them.busy)}.`,
    );
    if (databases > MAX_REPORT_DATABASES) {
      lines.push(
        `  Lethe takes ${MAX_REPORT_DATABASES} for the lakes of one jurisdiction, or of none: part them.`,
      );
    }
  }
  if (largest.full_on !== null) {
    lines.push(
      `Longer is no matter of their number: the largest lake alone fills one ` +
        `${span(largest.full_on, world.years)}. A lake reports to one database: part the lake.`,
    );
  }
  if (one.total_bytes > D1.account_bytes) {
    lines.push(
      `All in all more than the ${gigabytes(D1.account_bytes)} of an account: ask for it.`,
    );
  }
  return lines.join("\n");
};

/** One line for each number of lakes, as many events to each as in the world that was asked about. */
export const tableText = (needs: readonly (readonly [World, Need])[]): string => {
  const head = ["lakes", "events a day", "in the end", "second by size", "second by write rate"];
  const lines = needs.map(([world, { one, databases, for_years }]) => [
    whole(world.lakes),
    whole(world.events_per_day),
    gigabytes(one.total_bytes),
    span(one.full_on, world.years),
    span(one.busy_on, world.years),
    `${databases === null ? `more than ${MAX_DATABASES}` : whole(databases)} for ${years(for_years)}`,
    whole(one.rows_a_month),
    `$${whole(dollarsAMonth(one))}`,
  ]);
  const title = [...head, "databases", "rows a month", "a month"];
  return [title, title.map(() => "---"), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
};
