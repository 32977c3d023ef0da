/**
 * What is left of a closed request of somebody who was erased since: it was sealed under the key
 * that went with the erasure, so nobody will open it again.
 */
import type { AggregateKind, StateOf } from "./aggregates.ts";
import type { EventLog } from "./ports.ts";
import type { Reader } from "./reader.ts";
import { ERASED } from "./requestViews.ts";
import type { View } from "./views.ts";

/** More erasures of one person are not looked at. */
const MAX_ERASURES = 1_000;

type Request = StateOf<"deletion"> | StateOf<"subject-access">;

/** Closed without an erasure of its own; of one that is open, no other erasure can have come. */
const CLOSED: ReadonlySet<string> = new Set(["rejected", "expired"]);

/** Fields that a view of that request does not show as sealed, but as erased. */
export const erasedSince = (
  log: EventLog,
  read: Reader,
  kind: AggregateKind,
  state: unknown,
): View => {
  if (kind !== "deletion" && kind !== "subject-access") return {};
  const request = state as Request;
  if (request.status === "absent" || !CLOSED.has(request.status)) return {};
  const { subject_ref, requested_at, answers } = request;
  const of = { kind: "deletion", subject_ref, limit: MAX_ERASURES } as const;
  const erased = log.directory.list(of).some(({ id }) => {
    const deletion = read.deletion(id);
    return deletion.status !== "absent" && (deletion.completed_at ?? "") > requested_at;
  });
  if (!erased) return {};
  return {
    subject_id: ERASED,
    ...("reason" in request ? { reason: ERASED } : {}),
    answers: answers.map(({ decision, ground, decided_at }) => ({
      decision,
      ground,
      decided_at,
      reason: ERASED,
    })),
  };
};
