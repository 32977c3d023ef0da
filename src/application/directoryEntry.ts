/** How an aggregate's state appears in the directory, and which aggregates appear at all. */

import { assertNever } from "../domain/decider.ts";
import type { StreamName } from "../domain/ids.ts";
import { idOf, kindOf, type StateOf } from "./aggregates.ts";
import type { DirectoryEntry } from "./ports.ts";

type Entry = Omit<DirectoryEntry, "created_seq">;

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
      if (!("batch" in batch)) return null;
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
    case "lake":
    case "access":
      return null;
    default:
      return assertNever(kind);
  }
};
