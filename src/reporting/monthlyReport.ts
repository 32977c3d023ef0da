/**
 * What the compliance report of one month says, as a value: of one database, of several together,
 * and what the JSON, the CSV and the printed page are made of. Months and days are UTC.
 */
import type { AccessAction } from "../domain/access/access.ts";
import type { ComplianceLevel } from "../domain/lake/lake.ts";
import type { BatchRow } from "./tables.ts";

/** Of a monthly list: those that count most. */
export const MAX_MONTHLY_ROWS = 1_000;

/** So many months end with the one reported on. */
export const TREND_MONTHS = 12;

export interface DeletionCounts {
  /** Requests recorded. */
  readonly requested: number;
  /** Requests whose erasure was completed, whenever they were recorded. */
  readonly completed: number;
  /** Requests that became overdue. */
  readonly overdue: number;
}

export interface DeletionFigures extends DeletionCounts {
  readonly extended: number;
  readonly rejected: number;
  /** From receipt to completion, of those completed; null when none was. */
  readonly average_completion_seconds: number | null;
  /** The nearest rank: 95 of a hundred took so long or less. Null when none was completed. */
  readonly p95_completion_seconds: number | null;
  /** Of those completed: at or before their deadline, which had not been missed before. */
  readonly completed_in_time: number;
  /** Whenever they were recorded: owed an answer when the month ended; until then, now. */
  readonly open: number;
  /** Of those open: past a deadline then, by the clock too. */
  readonly open_overdue: number;
}

/** Events of the month: a batch that is published twice counts twice. */
export interface BatchCounts {
  readonly batches_appended: number;
  readonly batches_published: number;
  readonly rows_published: number;
  readonly batches_quarantined: number;
}

/** Requests of persons to be told what is held about them (GDPR Art. 15). */
export interface SubjectAccessCounts {
  readonly requested: number;
  readonly ready: number;
  readonly overdue: number;
  readonly extended: number;
  readonly rejected: number;
}

export interface CoveredLake extends DeletionCounts, BatchCounts {
  readonly lake_id: string;
  readonly name: string;
  readonly region: string;
  /** ISO 3166-1 alpha-2 of the controller. */
  readonly country: string | null;
  readonly compliance_level: ComplianceLevel;
  /** How many of its events the reports have, and when the last of them was recorded. */
  readonly events: number;
  readonly last_recorded_at: string | null;
  readonly accesses: number;
}

/** Completed erasures by days between completion and deadline. */
export interface CompletionBand {
  /** At least so many days before the deadline; negative: behind it; null: whatever is less. */
  readonly days_left_from: number | null;
  /** And less than so many; null: whatever is more. */
  readonly days_left_until: number | null;
  readonly count: number;
}

export interface MonthFigures extends DeletionCounts, BatchCounts {
  readonly month: string;
  readonly average_completion_seconds: number | null;
}

export type BatchStatus = BatchRow["stage"] | "checked" | "quarantined";

export interface MonthlyReport {
  /** YYYY-MM. */
  readonly month: string;
  /** First moment of the month, and of the next one (RFC 3339, UTC). */
  readonly from: string;
  readonly until: string;
  /** When it was made: the month may go on, and deliveries may follow. */
  readonly as_of: string;
  /** Lakes that are told anew just then, and lack something; left out: nobody has asked. */
  readonly rebuilding?: { readonly lakes: number };
  /** How many lakes it covers, and the first of them by id. */
  readonly lake_count: number;
  readonly lakes: readonly CoveredLake[];
  readonly deletions: DeletionFigures;
  /** Every day of the month, in order. */
  readonly deletions_by_day: readonly (DeletionCounts & { readonly day: string })[];
  /** Every one of the `TREND_MONTHS`, in order. */
  readonly by_month: readonly MonthFigures[];
  /** From those completed longest before their deadline to those longest behind it. */
  readonly completions: readonly CompletionBand[];
  readonly subject_accesses: SubjectAccessCounts;
  readonly accesses: number;
  readonly access_by_action: readonly { readonly action: AccessAction; readonly count: number }[];
  /** Accesses to no dataset count for their user only. */
  readonly access_by_dataset: readonly {
    readonly lake_id: string;
    readonly dataset_id: string;
    readonly count: number;
  }[];
  readonly access_by_user: readonly { readonly accessor_id: string; readonly count: number }[];
  /** Null: no purpose was given. */
  readonly access_by_purpose: readonly {
    readonly purpose: string | null;
    readonly count: number;
  }[];
  /** All there are, by the state they are in as of `as_of`. */
  readonly batches_by_state: readonly { readonly status: BatchStatus; readonly count: number }[];
  /** All there are, by their status as of `as_of`. */
  readonly contracts_by_status: readonly {
    readonly status: ContractStatus;
    readonly count: number;
  }[];
}

/** What is open is told as of the last moment of the month, or of now while the month goes on. */
export const standsAt = ({ until, as_of }: Pick<MonthlyReport, "until" | "as_of">): string =>
  as_of < until ? as_of : new Date(Date.parse(until) - 1).toISOString();

export type ContractStatus = "defined" | "approved" | "declined" | "deprecated";
