/**
 * A batch without the rows of a person who is forgotten. It is done whatever state the batch is in:
 * nothing that decides about a batch's use weighs more. Only long work is waited for.
 */
import { ok, type Result } from "../decider.ts";
import type { Rejection } from "../rejection.ts";
import type { ErasedRows } from "../subjects.ts";
import { violation } from "./anonymity.ts";
import { type Batch, progressOf } from "./batch.ts";
import type { RedactBatch } from "./commands.ts";
import { endOf } from "./decideWork.ts";
import type { BatchEvent, ErasureOfBatch } from "./events.ts";
import { latestCheck, rechecked } from "./rechecked.ts";
import { isRunning } from "./work.ts";

export const redact = (
  { deletion_id, result }: RedactBatch,
  batch: Batch,
): Result<readonly BatchEvent[], Rejection> => {
  if (result.kind === "destroyed") {
    const { reason, looked_for, objects } = result;
    return ok([{ type: "BatchDestroyed", data: { deletion_id, reason, looked_for, objects } }]);
  }
  const { kind: _, violated, ...redaction } = result;
  const { diverted_rows = 0 } = latestCheck(rechecked(progressOf(batch).quality, redaction)) ?? {};
  const redacted: BatchEvent = {
    type: "BatchRedacted",
    data: { deletion_id, ...redaction, diverted_rows },
  };
  if (violated === null || batch.progress.status === "quarantined") return ok([redacted]);
  const reason = violation(violated);
  return ok([redacted, { type: "BatchQuarantined", data: { cause: "k_anonymity", reason } }]);
};

/**
 * What an erasure had made of the batch before the lake was restored. Nothing when the batch holds
 * other bytes than the erasure found. Work that is under way reads what is deleted: it is over.
 */
export const rebind = (event: ErasureOfBatch, batch: Batch): readonly BatchEvent[] => {
  const [raw] = event.data.objects;
  if (raw?.from.key !== batch.raw.key) return [];
  const { work } = batch;
  if (!isRunning(work)) return [event];
  const reason = "The lake was restored, and an erasure since then has replaced what it read.";
  return [{ type: "BatchWorkFailed", data: { ...endOf(work), reason } }, event];
};

/**
 * What an append says of rows of people who were erased before: at level strict a person decides
 * whether they stay. How many they are is answered, which they are is on record only. `aside`: the
 * file is in quarantine already.
 */
export const reappearance = (
  erased_rows: ErasedRows | null,
  { strict, aside }: { readonly strict: boolean; readonly aside: boolean },
): readonly BatchEvent[] => {
  if (erased_rows === null || erased_rows.count === 0) return [];
  const { count, sample_rows } = erased_rows;
  const found = `${count} rows are of people who were erased at their request`;
  // Which rows says who they were: whoever brings files in could ask for one person after the other.
  const warnings = [
    `${found}: where they came from has not been told, or they have come back. The row numbers ` +
      "stand in the log (ErasedSubjectReappeared), for an owner or a privacy officer.",
  ];
  const data = { rows: count, sample_rows, warnings };
  const reappeared: BatchEvent = { type: "ErasedSubjectReappeared", data };
  if (!strict || aside) return [reappeared];
  const reason = `${found}: release the batch, or append the file without them.`;
  return [reappeared, { type: "BatchQuarantined", data: { cause: "erased_subject", reason } }];
};
