/** A monthly report with something in every part of it, for the tests of how it is written. */
import type { CoveredLake, MonthlyReport } from "../../../src/reporting/monthlyReport.ts";

const DAYS = 30;

const numbered = <Item>(length: number, of: (index: number) => Item): readonly Item[] =>
  Array.from({ length }, (_, index) => of(index));

export const coveredLake = (lake_id: string, more: Partial<CoveredLake> = {}): CoveredLake => ({
  lake_id,
  name: `The lake ${lake_id}`,
  region: "eu-central-1",
  country: "DE",
  compliance_level: "gdpr",
  requested: 30,
  completed: 20,
  overdue: 1,
  events: 4321,
  last_recorded_at: "2026-11-30T22:10:00.000Z",
  accesses: 900,
  batches_appended: 40,
  batches_published: 35,
  rows_published: 1_234_567,
  batches_quarantined: 3,
  ...more,
});

export const monthlySample = (more: Partial<MonthlyReport> = {}): MonthlyReport => ({
  month: "2026-11",
  from: "2026-11-01T00:00:00.000Z",
  until: "2026-12-01T00:00:00.000Z",
  as_of: "2026-12-01T03:00:00.000Z",
  lake_count: 2,
  lakes: [coveredLake("north"), coveredLake("south", { country: null, last_recorded_at: null })],
  deletions: {
    requested: 60,
    completed: 40,
    overdue: 2,
    extended: 5,
    rejected: 4,
    average_completion_seconds: 1_234_567,
    p95_completion_seconds: 2_400_000,
    completed_in_time: 39,
    open: 12,
    open_overdue: 2,
  },
  deletions_by_day: numbered(DAYS, (index) => ({
    day: `2026-11-${String(index + 1).padStart(2, "0")}`,
    requested: index < 20 ? 3 : 0,
    completed: index < 20 ? 2 : 0,
    overdue: index === 9 ? 2 : 0,
  })),
  by_month: numbered(12, (index) => ({
    month: index === 0 ? "2025-12" : `2026-${String(index).padStart(2, "0")}`,
    requested: 50 + index,
    completed: 40 + index,
    overdue: index % 3,
    average_completion_seconds: index === 0 ? null : 1_000_000,
    batches_appended: 100,
    batches_published: 90,
    rows_published: 90_000,
    batches_quarantined: index,
  })),
  completions: [
    { days_left_from: 14, days_left_until: null, count: 9 },
    { days_left_from: 0, days_left_until: 14, count: 30 },
    { days_left_from: -7, days_left_until: 0, count: 1 },
    { days_left_from: null, days_left_until: -7, count: 0 },
  ],
  subject_accesses: { requested: 7, ready: 6, overdue: 0, extended: 1, rejected: 0 },
  accesses: 1800,
  access_by_action: [
    { action: "read", count: 1500 },
    { action: "query", count: 300 },
  ],
  access_by_dataset: numbered(70, (index) => ({
    lake_id: index % 2 === 0 ? "north" : "south",
    dataset_id: `dataset-${index}`,
    count: 100 - index,
  })),
  access_by_user: [
    { accessor_id: "alice", count: 1700 },
    { accessor_id: "bob", count: 100 },
  ],
  access_by_purpose: [
    { purpose: "billing", count: 1000 },
    { purpose: null, count: 800 },
  ],
  batches_by_state: [
    { status: "published", count: 80 },
    { status: "quarantined", count: 5 },
  ],
  contracts_by_status: [
    { status: "approved", count: 9 },
    { status: "defined", count: 1 },
  ],
  ...more,
});

/** As `monthlySample`, of lakes in which nothing has happened. */
export const quietSample = (): MonthlyReport => {
  const none = { requested: 0, completed: 0, overdue: 0 };
  const batches = {
    batches_appended: 0,
    batches_published: 0,
    rows_published: 0,
    batches_quarantined: 0,
  };
  const { deletions_by_day, by_month, completions, deletions } = monthlySample();
  return monthlySample({
    lake_count: 0,
    lakes: [],
    deletions: {
      ...deletions,
      ...none,
      extended: 0,
      rejected: 0,
      average_completion_seconds: null,
      p95_completion_seconds: null,
      completed_in_time: 0,
      open: 0,
      open_overdue: 0,
    },
    deletions_by_day: deletions_by_day.map(({ day }) => ({ day, ...none })),
    by_month: by_month.map(({ month }) => ({
      month,
      ...none,
      ...batches,
      average_completion_seconds: null,
    })),
    completions: completions.map((band) => ({ ...band, count: 0 })),
    subject_accesses: { requested: 0, ready: 0, overdue: 0, extended: 0, rejected: 0 },
    accesses: 0,
    access_by_action: [],
    access_by_dataset: [],
    access_by_user: [],
    access_by_purpose: [],
    batches_by_state: [],
    contracts_by_status: [],
  });
};
