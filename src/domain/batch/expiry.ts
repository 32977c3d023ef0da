/**
 * The end of a batch: its contract's retention has passed, and every object of it goes (storage
 * limitation, Art. 5(1)(e) GDPR). In quarantine or not, published or not, nothing is kept longer,
 * but for persons whose erasure is on hold, or withheld from this dataset: what must not be erased
 * (Art. 18, 17(3)) is kept.
 */
import type { ContractState } from "../contract/contract.ts";
import { ok, type Result } from "../decider.ts";
import { type Rejection, reject } from "../rejection.ts";
import { type Batch, objectsOf } from "./batch.ts";
import type { BatchCommand, ExpireBatch, ExpireNow, FreezeRetention } from "./commands.ts";
import type { BatchEvent } from "./events.ts";

const DAY_MS = 86_400_000;

/** Commands that find nothing left to be done of a batch that is gone already. */
export const ENDINGS: ReadonlySet<BatchCommand["type"]> = new Set([
  "ExpireBatch",
  "ExpireNow",
  "FreezeRetention",
]);

/** When a retention of so many days, counted in days of 24 hours, ends (RFC 3339, UTC). */
export const retentionEnd = (appended_at: string, retention_days: number): string =>
  new Date(Date.parse(appended_at) + retention_days * DAY_MS).toISOString();

/** Nothing before its time: the contract's retention may have been prolonged. */
export const expire = (
  { now }: ExpireBatch,
  batch: Batch,
  contract: ContractState,
): Result<readonly BatchEvent[], Rejection> => {
  if (contract.status === "absent") return ok([]);
  const { retention_days } = contract;
  const due_at = retentionEnd(batch.appended_at, retention_days);
  if (now < due_at) return ok([]);
  const objects = objectsOf(batch).length;
  return ok([{ type: "BatchExpired", data: { retention_days, due_at, objects } }]);
};

/**
 * The same before its time, because somebody wants it so. Whom it has to be kept for is the caller's to
 * know, as with `expire`.
 */
export const expireNow = (
  { reason }: ExpireNow,
  batch: Batch,
  contract: ContractState,
): Result<readonly BatchEvent[], Rejection> => {
  if (contract.status === "absent") return ok([]);
  const { retention_days } = contract;
  const due_at = retentionEnd(batch.appended_at, retention_days);
  const objects = objectsOf(batch).length;
  return ok([{ type: "BatchExpired", data: { retention_days, due_at, objects, reason } }]);
};

/** Recorded when it comes to be so, and again when it is for others. */
export const freeze = (
  { deletion_ids, now }: FreezeRetention,
  batch: Batch,
  contract: ContractState,
): Result<readonly BatchEvent[], Rejection> => {
  if (contract.status === "absent") return ok([]);
  const due_at = retentionEnd(batch.appended_at, contract.retention_days);
  const known = JSON.stringify(batch.frozen?.deletion_ids) === JSON.stringify(deletion_ids);
  if (now < due_at || known || deletion_ids.length === 0) return ok([]);
  return ok([{ type: "BatchRetentionSuspended", data: { deletion_ids, due_at } }]);
};

export const expired = (id: string) =>
  reject(
    "wrong_state",
    "batch-expired",
    `Batch ${id} has expired: its retention has ended, or somebody has ended it, and its objects are ` +
      "deleted.",
  );
