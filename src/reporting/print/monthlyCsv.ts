/**
 * The monthly report as CSV, one figure a line, so that a spreadsheet can filter and pivot it:
 * `month` of the report; `section`; `period`, the month or day the figure is of; `lake_id`; `item`,
 * what it is of (a dataset, an accessor, a state); `measure`; `value`, a number or empty where
 * there is none; `unit`. A line of `report` says what the whole is made of.
 */

import { type Cell, CSV_TYPE, csvFile } from "../../contracts/csv.ts";
import type { MonthlyReport } from "../monthlyReport.ts";
import { bandName } from "./bands.ts";
import type { ReportDocument } from "./printable.ts";

export const MONTHLY_COLUMNS = [
  "month",
  "section",
  "period",
  "lake_id",
  "item",
  "measure",
  "value",
  "unit",
] as const;

interface Figure {
  readonly section: string;
  readonly period?: string;
  readonly lake_id?: string;
  readonly item?: string;
  readonly measure: string;
  readonly value: Cell;
  readonly unit: string;
}

export const monthlyCsv = (report: MonthlyReport): ReportDocument => ({
  filename: `lethe-monthly-${report.month}.csv`,
  media_type: CSV_TYPE,
  text: csvFile(
    MONTHLY_COLUMNS,
    figuresOf(report).map((figure) => [
      report.month,
      figure.section,
      figure.period ?? report.month,
      figure.lake_id ?? null,
      figure.item ?? null,
      figure.measure,
      figure.value,
      figure.unit,
    ]),
  ),
});

const figuresOf = (report: MonthlyReport): readonly Figure[] => [
  { section: "report", measure: "as_of", value: report.as_of, unit: "RFC 3339" },
  { section: "report", measure: "lakes", value: report.lake_count, unit: "lakes" },
  {
    section: "report",
    measure: "rebuilding_lakes",
    value: report.rebuilding?.lakes ?? null,
    unit: "lakes",
  },
  ...figures({ section: "deletions" }, report.deletions, [...DELETIONS, ...OF_THE_MONTH]),
  ...report.deletions_by_day.flatMap((each) =>
    figures({ section: "deletions_by_day", period: each.day }, each, DELETIONS),
  ),
  ...report.by_month.flatMap((each) =>
    figures({ section: "by_month", period: each.month }, each, [
      ...DELETIONS,
      ["average_completion_seconds", "s"],
      ...BATCHES,
    ]),
  ),
  ...report.completions.flatMap((band) =>
    figures({ section: "completions", item: bandName(band) }, band, [["count", "requests"]]),
  ),
  ...figures({ section: "subject_accesses" }, report.subject_accesses, SUBJECT_ACCESSES),
  ...figures({ section: "access" }, report, [["accesses", "accesses"]]),
  ...report.access_by_action.flatMap((each) =>
    figures({ section: "access_by_action", item: each.action }, each, ACCESSES),
  ),
  ...report.access_by_dataset.flatMap((each) =>
    figures(
      { section: "access_by_dataset", lake_id: each.lake_id, item: each.dataset_id },
      each,
      ACCESSES,
    ),
  ),
  ...report.access_by_user.flatMap((each) =>
    figures({ section: "access_by_user", item: each.accessor_id }, each, ACCESSES),
  ),
  ...report.access_by_purpose.flatMap((each) =>
    figures({ section: "access_by_purpose", item: each.purpose ?? "" }, each, ACCESSES),
  ),
  ...report.batches_by_state.flatMap((each) =>
    figures({ section: "batches_by_state", item: each.status }, each, [["count", "batches"]]),
  ),
  ...report.contracts_by_status.flatMap((each) =>
    figures({ section: "contracts_by_status", item: each.status }, each, [["count", "contracts"]]),
  ),
  ...report.lakes.flatMap((lake) =>
    figures({ section: "lakes", lake_id: lake.lake_id, item: lake.name }, lake, [
      ...DELETIONS,
      ["accesses", "accesses"],
      ...BATCHES,
      ["events", "events"],
      ["last_recorded_at", "RFC 3339"],
    ]),
  ),
];

/** A member of the report, and what it counts. */
type Measure<Name> = readonly [measure: Name, unit: string];

const DELETIONS = [
  ["requested", "requests"],
  ["completed", "requests"],
  ["overdue", "requests"],
] as const;

const OF_THE_MONTH = [
  ["completed_in_time", "requests"],
  ["extended", "requests"],
  ["rejected", "requests"],
  ["open", "requests"],
  ["open_overdue", "requests"],
  ["average_completion_seconds", "s"],
  ["p95_completion_seconds", "s"],
] as const;

const SUBJECT_ACCESSES = [
  ["requested", "requests"],
  ["ready", "requests"],
  ["overdue", "requests"],
  ["extended", "requests"],
  ["rejected", "requests"],
] as const;

const BATCHES = [
  ["batches_appended", "batches"],
  ["batches_published", "batches"],
  ["rows_published", "rows"],
  ["batches_quarantined", "batches"],
] as const;

const ACCESSES = [["count", "accesses"]] as const;

const figures = <Name extends string>(
  of: Pick<Figure, "section" | "period" | "lake_id" | "item">,
  values: { readonly [Each in Name]: Cell },
  measures: readonly Measure<Name>[],
): readonly Figure[] =>
  measures.map(([measure, unit]) => ({ ...of, measure, value: values[measure], unit }));
