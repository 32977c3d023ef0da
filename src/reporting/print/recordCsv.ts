/**
 * The record of processing activities as CSV: one activity a line, a column for each letter of GDPR
 * Art. 30(1), and behind them what is not on record, with how to record it.
 */
import { dayOf } from "../../application/months.ts";
import { CSV_TYPE, csvFile } from "../../contracts/csv.ts";
import type { ProcessingRecord } from "../processingRecord.ts";
import type { ReportDocument } from "./printable.ts";
import { LETTERS, type Letter } from "./recordEntries.ts";

const NAMES: Readonly<Record<Letter, string>> = {
  a: "controller",
  b: "purposes",
  c: "data_subjects_and_data",
  d: "recipients",
  e: "transfers",
  f: "time_limits",
  g: "security",
};

export const RECORD_COLUMNS = [
  "lake_id",
  "lake_name",
  "dataset_id",
  "status",
  "registered_at",
  ...LETTERS.map((letter) => `art_30_1_${letter}_${NAMES[letter]}`),
  "not_recorded",
] as const;

export const recordCsv = ({ items, as_of }: ProcessingRecord): ReportDocument => ({
  filename: `lethe-processing-record-${dayOf(as_of)}.csv`,
  media_type: CSV_TYPE,
  text: csvFile(
    RECORD_COLUMNS,
    items.map((activity) => [
      activity.lake_id,
      activity.lake_name,
      activity.dataset_id,
      activity.status,
      activity.registered_at,
      ...activity.art_30_1.map(({ recorded }) => recorded.join("; ")),
      activity.art_30_1
        .flatMap(({ letter, not_recorded }) =>
          not_recorded.map(({ what, how }) => `(${letter}) ${what}: ${how}`),
        )
        .join("; "),
    ]),
  ),
});
