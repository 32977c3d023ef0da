/**
 * Reports on requests of persons, to be forgotten and to be told: what is owed an answer, what was
 * late, what was done. They are as fresh as the last delivery; only `overdue` does not wait for one:
 * it is also told by the clock.
 */
import { EVER } from "../application/timers.ts";
import { type Key, type Page, type PageRequest, pageOf, startOf } from "./page.ts";
import { inScope, listValues, type Scope, scopedList } from "./scope.ts";
import { select } from "./statement.ts";
import type { DeletionRow, SubjectAccessRow } from "./tables.ts";

export interface DueRequest extends PageRequest, Scope {
  /** RFC 3339, UTC, milliseconds; so are all times below. */
  readonly now: string;
  /** Only what is due before this. */
  readonly due_before?: string | undefined;
}

/** From the first moment, up to but not including the last. */
export interface SpanRequest extends PageRequest, Scope {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What is told of every request. */
const REQUEST = [
  "status",
  "requested_by",
  "received_at",
  "requested_at",
  "deadline",
  "statutory_deadline",
  "extended_at",
] as const;

export interface DeletionItem extends Pick<DeletionRow, (typeof REQUEST)[number]> {
  readonly lake_id: string;
  readonly deletion_id: string;
  readonly overdue: boolean;
}

export interface OverdueDeletionItem
  extends Pick<DeletionRow, "status" | "received_at" | "statutory_deadline" | "completed_at"> {
  readonly lake_id: string;
  readonly deletion_id: string;
  /** The deadline that passed. */
  readonly missed_deadline: string;
  /** When it passed, or when the request was recorded, if that was later. */
  readonly overdue_at: string;
}

export interface CompletedDeletionItem
  extends Pick<DeletionRow, "received_at" | "requested_at" | "deadline"> {
  readonly lake_id: string;
  readonly deletion_id: string;
  readonly completed_at: string;
  /** From receipt to completion. */
  readonly completion_seconds: number;
  /** Whether no deadline of it had passed. */
  readonly in_time: boolean;
}

export interface SubjectAccessItem extends Pick<SubjectAccessRow, (typeof REQUEST)[number]> {
  readonly lake_id: string;
  readonly subject_access_id: string;
  readonly overdue: boolean;
}

const BY_DEADLINE = ["deadline", "lake_id", "deletion_id"] as const;
const BY_OVERDUE = ["overdue_at", "lake_id", "deletion_id"] as const;
const BY_COMPLETION = ["completed_at", "lake_id", "deletion_id"] as const;
const ACCESS_BY_DEADLINE = ["deadline", "lake_id", "subject_access_id"] as const;

/** The conditions are those of the indexes, word for word. */
const SQL = {
  open: scopedList("deletions.open", {
    table: "deletions",
    columns: [
      "lake_id",
      "deletion_id",
      ...REQUEST,
      "overdue = 1 OR deletions.deadline <= :now AS overdue",
    ],
    where: "deletions.status NOT IN ('completed', 'rejected') AND deletions.deadline < :due_before",
    key: BY_DEADLINE,
  }),
  overdue: scopedList("deletions.overdue", {
    table: "deletions",
    columns: [
      ...["lake_id", "deletion_id", "status", "received_at", "statutory_deadline"],
      ...["completed_at", "missed_deadline", "overdue_at"],
    ],
    where: "deletions.overdue_at IS NOT NULL AND deletions.overdue_at < :to",
    key: BY_OVERDUE,
  }),
  completed: scopedList("deletions.completed", {
    table: "deletions",
    columns: [
      ...["lake_id", "deletion_id", "received_at", "requested_at", "deadline", "completed_at"],
      ...["completion_seconds", "missed_deadline IS NULL AS in_time"],
    ],
    where: "deletions.completed_at IS NOT NULL AND deletions.completed_at < :to",
    key: BY_COMPLETION,
  }),
  accesses: scopedList("subject_accesses.open", {
    table: "subject_accesses",
    columns: [
      ...["lake_id", "subject_access_id", ...REQUEST.filter((column) => column !== "status")],
      // In the table it is being collected until it is handed out: so long it is owed.
      "iif(subject_accesses.status = 'collecting' AND ready_at IS NOT NULL, 'ready', " +
        "subject_accesses.status) AS status",
      "missed_deadline IS NOT NULL OR subject_accesses.deadline <= :now AS overdue",
    ],
    where: `subject_accesses.status IN ('collecting', 'lost')
        AND subject_accesses.deadline < :due_before`,
    key: ACCESS_BY_DEADLINE,
  }),
};

/** Not before `from`, whatever the cursor says. */
export const startFrom = (cursor: string | null, length: number, from = ""): Key => {
  const start = startOf(cursor, length);
  return (start[0] ?? "") < from ? [from, ...Array.from({ length: length - 1 }, () => "")] : start;
};

type Flagged<Item, Flag extends keyof Item> = Omit<Item, Flag> & { readonly [F in Flag]: number };

export const deletionKey = (item: DeletionItem): Key => [
  item.deadline,
  item.lake_id,
  item.deletion_id,
];
export const overdueKey = (item: OverdueDeletionItem): Key => [
  item.overdue_at,
  item.lake_id,
  item.deletion_id,
];
export const completedKey = (item: CompletedDeletionItem): Key => [
  item.completed_at,
  item.lake_id,
  item.deletion_id,
];
export const subjectAccessKey = (item: SubjectAccessItem): Key => [
  item.deadline,
  item.lake_id,
  item.subject_access_id,
];

export const requestReports = (db: D1Database) => ({
  /** Requests to be forgotten that are still owed an answer, by deadline. */
  async deletions(asked: DueRequest): Promise<Page<DeletionItem>> {
    const rows = await select<Flagged<DeletionItem, "overdue">>(db, inScope(SQL.open, asked), {
      ...listValues(BY_DEADLINE, startOf(asked.cursor, 3), asked, asked),
      now: asked.now,
      due_before: asked.due_before ?? EVER,
    });
    const items = rows.map((row) => ({ ...row, overdue: row.overdue === 1 }));
    return pageOf(items, asked.limit, deletionKey);
  },

  /** Those whose deadline passed unanswered in the span, whatever became of them since. */
  async overdueDeletions(asked: SpanRequest): Promise<Page<OverdueDeletionItem>> {
    const rows = await select<OverdueDeletionItem>(db, inScope(SQL.overdue, asked), {
      ...listValues(BY_OVERDUE, startFrom(asked.cursor, 3, asked.from), asked, asked),
      to: asked.to ?? EVER,
    });
    return pageOf(rows, asked.limit, overdueKey);
  },

  /** Those completed in the span, by the time they were. */
  async completedDeletions(asked: SpanRequest): Promise<Page<CompletedDeletionItem>> {
    const rows = await select<Flagged<CompletedDeletionItem, "in_time">>(
      db,
      inScope(SQL.completed, asked),
      {
        ...listValues(BY_COMPLETION, startFrom(asked.cursor, 3, asked.from), asked, asked),
        to: asked.to ?? EVER,
      },
    );
    const items = rows.map((row) => ({ ...row, in_time: row.in_time === 1 }));
    return pageOf(items, asked.limit, completedKey);
  },

  /** Requests to be told what is held about a person (Art. 15) that are still owed an answer. */
  async subjectAccesses(asked: DueRequest): Promise<Page<SubjectAccessItem>> {
    const rows = await select<Flagged<SubjectAccessItem, "overdue">>(
      db,
      inScope(SQL.accesses, asked),
      {
        ...listValues(ACCESS_BY_DEADLINE, startOf(asked.cursor, 3), asked, asked),
        now: asked.now,
        due_before: asked.due_before ?? EVER,
      },
    );
    const items = rows.map((row) => ({ ...row, overdue: row.overdue === 1 }));
    return pageOf(items, asked.limit, subjectAccessKey);
  },
});
