/**
 * The monthly report of one or several databases: each jurisdiction's lakes report to one that lies
 * in it. What the databases counted is added up; nothing is asked of any log.
 */
import { boundsOf, dayOf, monthsUntil } from "../application/months.ts";
import { ACCESS_ACTIONS, type AccessAction } from "../domain/access/access.ts";
import { byKey } from "./merge.ts";
import type { MonthlyPart } from "./monthlyPart.ts";
import {
  type BatchCounts,
  type CompletionBand,
  type CoveredLake,
  MAX_MONTHLY_ROWS,
  type MonthFigures,
  type MonthlyReport,
  TREND_MONTHS,
} from "./monthlyReport.ts";
import { BAND_EDGES } from "./monthlyStatements.ts";
import type { Measure } from "./tables.ts";

/**
 * The report of `month` (YYYY-MM, UTC) made of what each database has of it, one at least, at
 * `as_of` (RFC 3339, UTC). The 95th percentile over several databases is in none of their parts.
 */
export const monthlyReport = (
  parts: readonly MonthlyPart[],
  month: string,
  p95_completion_seconds: number | null,
  as_of: string,
): MonthlyReport => ({ ...finished(together(parts), month, p95_completion_seconds), as_of });

/** All rows of all parts; whoever counts them adds up what has the same key. */
const together = (parts: readonly MonthlyPart[]): MonthlyPart => {
  const names = Object.keys(parts[0] ?? {}) as readonly (keyof MonthlyPart)[];
  const rows = names.map((name) => [name, parts.flatMap<unknown>((part) => part[name])]);
  return Object.fromEntries(rows) as unknown as MonthlyPart;
};

type Counted = { readonly count: number };

const total = (rows: readonly Counted[]): number => rows.reduce((sum, row) => sum + row.count, 0);

const finished = (
  part: MonthlyPart,
  month: string,
  p95_completion_seconds: number | null,
): Omit<MonthlyReport, "as_of"> => {
  const { from, until } = boundsOf(month);
  const by_month = monthsUntil(month, TREND_MONTHS).map((each) => monthFigures(part, each));
  const completions = bandsOf(part);
  const of = (measure: Measure) =>
    total(part.counts.filter((row) => row.month === month && row.measure === measure));
  const { requested, completed, overdue, average_completion_seconds } = monthFigures(part, month);
  return {
    month,
    from,
    until,
    lake_count: total(part.lakeCount),
    lakes: lakesOf(part),
    deletions: {
      requested,
      completed,
      overdue,
      extended: of("deletions_extended"),
      rejected: of("deletions_rejected"),
      average_completion_seconds,
      p95_completion_seconds,
      completed_in_time: total(
        completions.filter(({ days_left_from: days }) => days !== null && days >= 0),
      ),
      open: total(part.open),
      open_overdue: part.open.reduce((sum, row) => sum + row.overdue, 0),
    },
    deletions_by_day: daysOf(from, until).map((day) => ({
      day,
      requested: total(part.requestedByDay.filter((row) => row.day === day)),
      completed: total(part.completedByDay.filter((row) => row.day === day)),
      overdue: total(part.overdueByDay.filter((row) => row.day === day)),
    })),
    by_month,
    completions,
    subject_accesses: {
      requested: of("subject_accesses_requested"),
      ready: of("subject_accesses_ready"),
      overdue: of("subject_accesses_overdue"),
      extended: of("subject_accesses_extended"),
      rejected: of("subject_accesses_rejected"),
    },
    accesses: total(part.accessByAction),
    access_by_action: summed(part.accessByAction, ({ action }) => action).sort(
      (a, b) => rank(a.action) - rank(b.action),
    ),
    access_by_dataset: most(part.accessByDataset, (row) => [row.lake_id, row.dataset_id]),
    access_by_user: most(part.accessByUser, (row) => [row.accessor_id]),
    access_by_purpose: most(part.accessByPurpose, (row) => [row.purpose ?? ""]),
    batches_by_state: most(part.batchesByState, (row) => [row.status]),
    contracts_by_status: most(part.contractsByStatus, (row) => [row.status]),
  };
};

const rank = (action: AccessAction): number => ACCESS_ACTIONS.indexOf(action);

const monthFigures = (part: MonthlyPart, month: string): MonthFigures => {
  const here = (row: { readonly month: string }) => row.month === month;
  const counts = part.counts.filter(here);
  const done = part.completed.filter(here);
  const completed = total(done);
  const seconds = done.reduce((sum, row) => sum + row.seconds, 0);
  return {
    month,
    requested: total(part.requested.filter(here)),
    completed,
    overdue: total(part.overdue.filter(here)),
    average_completion_seconds: completed === 0 ? null : seconds / completed,
    ...batchCounts(counts),
  };
};

const batchCounts = (counts: readonly (Counted & { readonly measure: Measure })[]): BatchCounts => {
  const of = (measure: Measure) => total(counts.filter((row) => row.measure === measure));
  return {
    batches_appended: of("batches_appended"),
    batches_published: of("batches_published"),
    rows_published: of("rows_published"),
    batches_quarantined: of("batches_quarantined"),
  };
};

const bandsOf = ({ completions }: MonthlyPart): readonly CompletionBand[] =>
  [...BAND_EDGES, null].map((edge, band) => ({
    days_left_from: edge,
    days_left_until: BAND_EDGES[band - 1] ?? null,
    count: total(completions.filter((row) => row.band === band)),
  }));

const lakesOf = (part: MonthlyPart): readonly CoveredLake[] => {
  const requested = byLake(part.requestedByLake);
  const completed = byLake(part.completedByLake);
  const overdue = byLake(part.overdueByLake);
  const accesses = byLake(part.accessByLake);
  const counts = Map.groupBy(part.countsByLake, ({ lake_id }) => lake_id);
  return [...part.lakes]
    .sort((a, b) => byKey([a.lake_id], [b.lake_id]))
    .slice(0, MAX_MONTHLY_ROWS)
    .map((lake) => ({
      ...lake,
      requested: requested.get(lake.lake_id) ?? 0,
      completed: completed.get(lake.lake_id) ?? 0,
      overdue: overdue.get(lake.lake_id) ?? 0,
      accesses: accesses.get(lake.lake_id) ?? 0,
      ...batchCounts(counts.get(lake.lake_id) ?? []),
    }));
};

const byLake = (
  rows: readonly (Counted & { readonly lake_id: string })[],
): ReadonlyMap<string, number> => new Map(rows.map(({ lake_id, count }) => [lake_id, count]));

/** One row a key, in the order in which keys first come. */
const summed = <Row extends Counted>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] =>
  [...Map.groupBy(rows, keyOf).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, count: total(same) }];
  });

/** The largest first, then by key; as many as a report lists. */
const most = <Row extends Counted>(
  rows: readonly Row[],
  keyOf: (row: Row) => readonly string[],
): readonly Row[] => {
  const key = (row: Row) => JSON.stringify(keyOf(row));
  return summed(rows, key)
    .sort((a, b) => b.count - a.count || byKey(keyOf(a), keyOf(b)))
    .slice(0, MAX_MONTHLY_ROWS);
};

const daysOf = (from: string, until: string): readonly string[] => {
  const days: string[] = [];
  for (
    const day = new Date(from);
    day.toISOString() < until;
    day.setUTCDate(day.getUTCDate() + 1)
  ) {
    days.push(dayOf(day.toISOString()));
  }
  return days;
};
