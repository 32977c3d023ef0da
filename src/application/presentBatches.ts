/** Batches that there is something of: those that are gone, or never came to be, stay listed as well. */
import type { EventLog } from "./ports.ts";

/** Statuses of batches that have bytes, or are about to. */
export const WITH_BYTES: readonly string[] = [
  "appending",
  "appended",
  "checked",
  "anonymized",
  "published",
  "quarantined",
];

/** Whether the dataset holds a batch, or one is on its way. */
export const hasBatches = ({ directory }: Pick<EventLog, "directory">, dataset: string): boolean =>
  WITH_BYTES.some(
    (status) => directory.list({ kind: "batch", dataset, status, limit: 1 }).length > 0,
  );
