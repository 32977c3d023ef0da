/**
 * What is left of a closed request of somebody who was erased since: it was sealed under the key
 * that went with the erasure, so nobody will open it again.
 */
import type { AggregateKind, StateOf } from "./aggregates.ts";
import { erasedSince } from "./erasedPersons.ts";
import type { EventLog } from "./ports.ts";
import { ERASED, hiddenFields } from "./requestViews.ts";
import type { View } from "./views.ts";

type Request = StateOf<"deletion"> | StateOf<"subject-access">;

/** Closed without an erasure of its own; of one that is open, no other erasure can have come. */
const CLOSED: ReadonlySet<string> = new Set(["rejected", "expired"]);

/** Fields that a view of that request does not show as sealed, but as erased. */
export const erasedFields = (log: EventLog, kind: AggregateKind, state: unknown): View => {
  if (kind !== "deletion" && kind !== "subject-access") return {};
  const request = state as Request;
  if (request.status === "absent" || !CLOSED.has(request.status)) return {};
  const erased = erasedSince(log, request.subject_ref, request.requested_at);
  return erased ? hiddenFields(request, ERASED) : {};
};
