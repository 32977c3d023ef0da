/** How an aggregate's state appears in the directory, and which aggregates appear at all. */

import type { BatchWork } from "../domain/batch/work.ts";
import { assertNever } from "../domain/decider.ts";
import { nextStale } from "../domain/freshness/freshness.ts";
import type { StreamName } from "../domain/ids.ts";
import { idOf, kindOf, type StateOf } from "./aggregates.ts";
import type { DirectoryEntry } from "./ports.ts";

type Entry = Omit<DirectoryEntry, "created_seq">;

/** The state of a batch whose file is not there yet; null when it comes within the same turn. */
export const arrival = (
  work: BatchWork | null,
): "appending" | "append_failed" | "append_cancelled" | null => {
  if (work === null) return null;
  if (work.status === "cancelled") return "append_cancelled";
  return work.status === "failed" ? "append_failed" : "appending";
};

/** Null for what is not listed: the lake itself and the access stream. */
export const directoryEntry = (stream: StreamName, state: unknown): Entry | null => {
  const kind = kindOf(stream);
  const entry = (status: string, more: Partial<Entry>): Entry => ({
    kind,
    id: idOf(stream),
    dataset: null,
    status,
    due_at: null,
    flagged: false,
    subject_ref: null,
    ...more,
  });
  switch (kind) {
    case "dataset": {
      const dataset = state as StateOf<"dataset">;
      if (dataset.status === "absent") return null;
      return entry(dataset.status, { flagged: dataset.contains_pii === true });
    }
    case "contract": {
      const contract = state as StateOf<"contract">;
      if (contract.status === "absent") return null;
      return entry(contract.status, { dataset: contract.dataset });
    }
    case "batch": {
      const batch = state as StateOf<"batch">;
      if (batch.status === "absent") return null;
      if (batch.status === "requested") {
        const status = arrival(batch.work);
        return status && entry(status, { dataset: batch.dataset });
      }
      const { dataset } = batch.batch;
      const status = batch.status === "held" ? batch.batch.progress.status : "expired";
      return entry(status, { dataset });
    }
    case "deletion": {
      const deletion = state as StateOf<"deletion">;
      if (deletion.status === "absent") return null;
      return entry(deletion.status, {
        due_at: deletion.deadline,
        flagged: deletion.overdue,
        subject_ref: deletion.subject_ref,
      });
    }
    case "replay": {
      const replay = state as StateOf<"replay">;
      if (replay.status === "absent") return null;
      return entry(replay.status, { dataset: replay.dataset });
    }
    case "freshness": {
      const freshness = state as StateOf<"freshness">;
      if (freshness.status === "absent") return null;
      const { dataset, columns } = freshness;
      const stale = columns.some(({ stale_since }) => stale_since !== null);
      const status = freshness.status === "ended" ? "ended" : stale ? "stale" : "fresh";
      return entry(status, { dataset, due_at: nextStale(freshness) });
    }
    case "webhook": {
      const webhook = state as StateOf<"webhook">;
      return webhook.status === "absent" ? null : entry(webhook.status, {});
    }
    case "subject-access": {
      const access = state as StateOf<"subject-access">;
      if (access.status === "absent") return null;
      const { status, deadline: due_at, overdue: flagged, subject_ref } = access;
      return entry(status, { due_at, flagged, subject_ref });
    }
    case "member": {
      const member = state as StateOf<"member">;
      if (member.status === "absent") return null;
      return entry(member.status, { flagged: member.roles.includes("owner") });
    }
    case "token": {
      const token = state as StateOf<"token">;
      return token.status === "absent"
        ? null
        : entry(token.status, { subject_ref: token.issued_by });
    }
    case "lake":
    case "access":
      return null;
    default:
      return assertNever(kind);
  }
};
