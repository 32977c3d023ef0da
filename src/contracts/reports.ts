/** What the reports across lakes answer, row by row. All times are RFC 3339, UTC; days and months UTC. */
import { z } from "zod";
import { ACCESS_ACTIONS } from "../domain/access/access.ts";
import { COMPLIANCE_LEVELS } from "../domain/lake/lake.ts";

const at = z.string().meta({ example: "2026-11-23T12:00:00.000Z" });
const day = z.string().meta({ example: "2026-11-23" });
const seconds = z.number().nullable();
const count = z.int();
const rate = z
  .number()
  .nullable()
  .meta({ description: "0 to 1; null when there is nothing to part." });

const ofLake = { lake_id: z.string() };

const request = {
  status: z.string(),
  requested_by: z.string(),
  received_at: at,
  requested_at: at,
  deadline: at,
  statutory_deadline: at,
  extended_at: at.nullable(),
  overdue: z.boolean(),
};

export const openDeletion = z.object({ ...ofLake, deletion_id: z.string(), ...request });

export const overdueDeletion = z.object({
  ...ofLake,
  deletion_id: z.string(),
  status: z.string(),
  received_at: at,
  statutory_deadline: at,
  missed_deadline: at,
  overdue_at: at,
  completed_at: at.nullable(),
});

export const completedDeletion = z.object({
  ...ofLake,
  deletion_id: z.string(),
  received_at: at,
  requested_at: at,
  deadline: at,
  completed_at: at,
  completion_seconds: z.number(),
  in_time: z.boolean(),
});

const figures = {
  requested: count,
  completed: count,
  overdue: count.meta({ description: "Whose deadline passed unanswered in the month." }),
  rejected: count,
  extended: count,
  open: count.meta({ description: "Of those requested in the month: owed an answer now." }),
  average_completion_seconds: seconds.meta({ description: "From receipt to completion." }),
  p95_completion_seconds: seconds.meta({
    description: "The shortest time within which 95 of a hundred were completed (nearest rank).",
  }),
};

const month = z.string().meta({ example: "2026-11" });

export const deletionsOfLake = z.object({ month, ...ofLake, ...figures });
export const deletionsOfMonth = z.object({ month, ...figures });

export const openSubjectAccess = z.object({
  ...ofLake,
  subject_access_id: z.string(),
  ...request,
});

const accessed = {
  ...ofLake,
  dataset_id: z.string().nullable().meta({ description: "Null: of no dataset." }),
  accessor_id: z.string(),
};

export const accessCount = z.object({
  day,
  ...accessed,
  action: z.enum(ACCESS_ACTIONS),
  count,
});

export const purposeCount = z.object({
  day,
  ...accessed,
  purpose: z.string().nullable().meta({
    description: "Null: none was given. A long one is cut, and those that begin alike are one.",
  }),
  count,
});

export const firstAccess = z.object({
  ...accessed,
  dataset_id: z.string(),
  first_at: at,
  last_at: at,
  accesses: count,
});

export const unusualVolume = z.object({
  day,
  ...accessed,
  action: z.enum(ACCESS_ACTIONS),
  count,
  usual_mean: z.number().meta({ description: "Of the 28 days before, a day." }),
  usual_deviation: z.number(),
  threshold: z.number(),
});

const BATCH_STATES = [
  ...["appending", "append_failed", "append_cancelled", "appended", "checked", "anonymized"],
  ...["published", "quarantined", "expired"],
] as const;

const held = {
  batches: z
    .object(Object.fromEntries(BATCH_STATES.map((state) => [state, count.optional()])))
    .meta({ description: "By state; states that no batch is in are left out." }),
  rows_appended: count.meta({
    description: "Of the batches that are there, without rows that erasures have taken out.",
  }),
  rows_published: count.meta({ description: "Of what is published now, likewise." }),
  rows_quarantined: count.meta({ description: "That the latest checks have left out." }),
  quarantine_rate: rate,
  row_quarantine_rate: rate,
};

export const lakeData = z.object({
  ...ofLake,
  name: z.string(),
  region: z.string(),
  jurisdiction: z.string().nullable(),
  compliance_level: z.enum(COMPLIANCE_LEVELS),
  datasets: count,
  pii_datasets: count,
  contracts: count,
  unapproved_contracts: count,
  ...held,
});

export const datasetData = z.object({
  ...ofLake,
  dataset_id: z.string(),
  status: z.enum(["active", "deprecated"]),
  contains_pii: z.boolean().nullable(),
  encryption_enabled: z.boolean(),
  subject_column: z.string().nullable(),
  active_version: count,
  ingested_records: count,
  registered_at: at,
  ...held,
});

export const unapprovedContract = z.object({
  ...ofLake,
  contract_id: z.string(),
  dataset: z.string(),
  status: z.literal("defined"),
  version: count,
  retention_days: count,
  defined_at: at,
  updated_at: at,
});

export const retentionDue = z.object({
  ...ofLake,
  batch_id: z.string(),
  dataset: z.string(),
  contract_id: z.string(),
  status: z.string(),
  row_count: count.nullable(),
  appended_at: at,
  retention_due_at: at,
  retention_suspended_at: at.nullable().meta({
    description: "Since when it is kept all the same, for persons whose erasure is on hold.",
  }),
});

/** One page of a report. */
export const pageOf = (id: string, item: z.ZodType) =>
  z
    .object({
      items: z.array(item),
      next_cursor: z.string().nullable(),
      rebuilding: z.object({ lakes: z.number(), lake_ids: z.array(z.string()) }),
    })
    .meta({
      id,
      description:
        "One page; next_cursor is null on the last. While the reports of some lakes are derived anew, " +
        "rebuilding says of how many (and of which) the figures lack something.",
    });
