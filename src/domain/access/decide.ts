/** Recording who accessed what, and that a signed URL was handed out. */

import type { DatasetState } from "../dataset/dataset.ts";
import { deprecated } from "../dataset/decide.ts";
import { assertNever, ok, type Result } from "../decider.ts";
import type { BatchId, DatasetName, SubjectAccessId } from "../ids.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { AccessAction, AccessEvent } from "./access.ts";

export interface AuditAccess {
  readonly type: "AuditAccess";
  readonly accessor_id: string;
  readonly dataset_id: DatasetName;
  readonly action: AccessAction;
  readonly purpose: string | null;
}

export interface GenerateSignedUrl {
  readonly type: "GenerateSignedUrl";
  readonly dataset: DatasetName | null;
  readonly filename: string;
  /** The object of a batch that the URL opens; left out, the upload of that name. Not recorded. */
  readonly batch_object?: { readonly batch_id: BatchId; readonly key: string };
  /** The file of a request for access, instead. Not recorded either. */
  readonly access_object?: { readonly subject_access_id: SubjectAccessId; readonly key: string };
  readonly method: "GET" | "PUT";
  readonly signed_at: string;
  readonly expires_at: string;
  readonly accessor_id: string;
  readonly purpose: string | null;
}

/** A sealed field is opened for a person who asked: recorded before it is shown. */
export interface RevealSealed {
  readonly type: "RevealSealed";
  readonly accessor_id: string;
  readonly object: string;
}

/** Many accesses at once, all recorded or none. */
export interface AuditAccesses {
  readonly type: "AuditAccesses";
  readonly entries: readonly Omit<AuditAccess, "type">[];
}

export type AccessCommand = AuditAccess | GenerateSignedUrl | RevealSealed;

export interface AccessContext {
  /** The dataset the command names, null when it names none. */
  readonly dataset: DatasetState | null;
}

/** One event an entry, in order. Rejects with `not_found` when one dataset is not registered. */
export const decideAccesses = (
  { entries }: AuditAccesses,
  dataset: (name: DatasetName) => DatasetState,
): Result<readonly AccessEvent[], Rejection> => {
  const events: AccessEvent[] = [];
  for (const [index, entry] of entries.entries()) {
    const context = { dataset: dataset(entry.dataset_id) };
    const decided = decideAccess({ type: "AuditAccess", ...entry }, context);
    if (!decided.ok) {
      const detail = `Entry ${index}: there is no dataset ${entry.dataset_id}. Nothing was recorded.`;
      return reject(decided.error.reason, decided.error.code, detail);
    }
    events.push(...decided.value);
  }
  return ok(events);
};

/**
 * Rejects with `not_found` an access to a dataset that was never registered, with `wrong_state` an
 * upload for one that is deprecated.
 */
export const decideAccess = (
  command: AccessCommand,
  context: AccessContext,
): Result<readonly AccessEvent[], Rejection> => {
  if (context.dataset?.status === "absent") {
    return reject("not_found", "dataset-not-found", "There is no such dataset in this lake.");
  }
  if (
    command.type === "GenerateSignedUrl" &&
    command.method === "PUT" &&
    context.dataset?.status === "deprecated"
  ) {
    return deprecated(context.dataset.name);
  }
  switch (command.type) {
    case "AuditAccess": {
      const { accessor_id, dataset_id, action, purpose } = command;
      return ok([
        { type: "AccessAudited", data: { accessor_id, dataset_id, action, purpose, object: null } },
      ]);
    }
    case "GenerateSignedUrl": {
      const { dataset, filename, method, signed_at, expires_at } = command;
      const created: AccessEvent = {
        type: "SignedUrlCreated",
        data: { dataset, filename, method, signed_at, expires_at },
      };
      if (method === "PUT") return ok([created]);
      return ok([
        created,
        {
          type: "AccessAudited",
          data: {
            accessor_id: command.accessor_id,
            dataset_id: dataset,
            action: "read",
            purpose: command.purpose,
            object: filename,
          },
        },
      ]);
    }
    case "RevealSealed":
      return ok([
        {
          type: "AccessAudited",
          data: {
            accessor_id: command.accessor_id,
            dataset_id: null,
            action: "read",
            purpose: "sealed fields revealed",
            object: command.object,
          },
        },
      ]);
    default:
      return assertNever(command);
  }
};
