/** What one database knows for the monthly report: counts, before they are added up. */
import { boundsOf, dayOf, monthsUntil } from "../application/months.ts";
import type { AccessAction } from "../domain/access/access.ts";
import type { BatchStatus, ContractStatus, CoveredLake } from "./monthlyReport.ts";
import { standsAt, TREND_MONTHS } from "./monthlyReport.ts";
import { MONTHLY, type MonthlyStatement } from "./monthlyStatements.ts";
import { inScope, type Scope, scopeValues } from "./scope.ts";
import { bound, type Values } from "./statement.ts";
import type { Measure } from "./tables.ts";

type Counted<Key> = Key & { readonly count: number };
type OfMonth = Counted<{ readonly month: string }>;
type OfDay = Counted<{ readonly day: string }>;
type OfLake = Counted<{ readonly lake_id: string }>;

/** Rows of the statements of the same name. */
export interface MonthlyPart {
  readonly lakes: readonly Pick<
    CoveredLake,
    "lake_id" | "name" | "region" | "country" | "compliance_level" | "events" | "last_recorded_at"
  >[];
  readonly lakeCount: readonly { readonly count: number }[];
  readonly requested: readonly OfMonth[];
  readonly completed: readonly (OfMonth & { readonly seconds: number })[];
  readonly overdue: readonly OfMonth[];
  readonly requestedByDay: readonly OfDay[];
  readonly completedByDay: readonly OfDay[];
  readonly overdueByDay: readonly OfDay[];
  readonly requestedByLake: readonly OfLake[];
  readonly completedByLake: readonly OfLake[];
  readonly overdueByLake: readonly OfLake[];
  readonly open: readonly Counted<{ readonly overdue: number }>[];
  readonly completions: readonly Counted<{ readonly band: number }>[];
  readonly counts: readonly (OfMonth & { readonly measure: Measure })[];
  readonly countsByLake: readonly (OfLake & { readonly measure: Measure })[];
  readonly accessByAction: readonly Counted<{ readonly action: AccessAction }>[];
  readonly accessByLake: readonly OfLake[];
  readonly accessByDataset: readonly (OfLake & { readonly dataset_id: string })[];
  readonly accessByUser: readonly Counted<{ readonly accessor_id: string }>[];
  readonly accessByPurpose: readonly Counted<{ readonly purpose: string | null }>[];
  readonly batchesByState: readonly Counted<{ readonly status: BatchStatus }>[];
  readonly contractsByStatus: readonly Counted<{ readonly status: ContractStatus }>[];
}

const NAMES = Object.keys(MONTHLY) as readonly MonthlyStatement[];

export interface MonthlyQueries {
  /** Everything of the month (YYYY-MM, UTC), as of one moment, `now` (RFC 3339, UTC). */
  monthlyPart(month: string, now: string, scope: Scope): Promise<MonthlyPart>;
}

export const monthlyQueries = (db: D1Database): MonthlyQueries => ({
  async monthlyPart(month, now, scope) {
    const { from, until } = boundsOf(month);
    const values: Values = {
      ...scopeValues(scope),
      month,
      stands_at: standsAt({ until, as_of: now }),
      first_month: monthsUntil(month, TREND_MONTHS)[0] ?? month,
      until,
      first_day: dayOf(from),
      next_day: dayOf(until),
    };
    const results = await db.batch(
      NAMES.map((name) => bound(db, inScope(MONTHLY[name], scope), values)),
    );
    const rows = NAMES.map((name, at) => [name, results[at]?.results ?? []] as const);
    // Each statement says what its rows are.
    return Object.fromEntries(rows) as unknown as MonthlyPart;
  },
});
