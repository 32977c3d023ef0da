/**
 * What a person decides about a request for access besides the answer itself: that it takes longer
 * (Art. 12(3) GDPR), or that it is refused (Art. 12(5): manifestly unfounded or excessive).
 */
import { ok, type Result } from "../decider.ts";
import type { Sealed } from "../deletion/events.ts";
import type { SubjectAccessId } from "../ids.ts";
import { type Rejection, reject } from "../rejection.ts";
import { isHeld, isOwed, type SubjectAccess, type SubjectAccessEvent } from "./subjectAccess.ts";

interface Answering {
  readonly subject_access_id: SubjectAccessId;
  readonly reason: Sealed;
  /** When the command was received (RFC 3339, UTC). */
  readonly now: string;
}

export interface ExtendSubjectAccess extends Answering {
  readonly type: "ExtendSubjectAccess";
  /** The end of the third month from receipt, by the lake's calendar. */
  readonly statutory_deadline: string;
}

export interface RejectSubjectAccess extends Answering {
  readonly type: "RejectSubjectAccess";
  /** The article of law it rests on, when one was named. */
  readonly ground: string | null;
}

/**
 * Rejects with `wrong_state` what was answered, and an extension after the first month: the person
 * is told within it. A file that is ready may still be refused, as long as it is there.
 */
export const answerAccess = (
  command: ExtendSubjectAccess | RejectSubjectAccess,
  state: SubjectAccess,
): Result<readonly SubjectAccessEvent[], Rejection> => {
  const { reason, now } = command;
  const answered = `is ${state.status}: it is answered`;
  if (command.type === "RejectSubjectAccess") {
    if (!isHeld(state)) return wrong(command, answered);
    const { ground } = command;
    return ok([{ type: "SubjectAccessRejected", data: { reason, ground } }]);
  }
  if (state.status !== "collecting") {
    return wrong(command, isOwed(state) ? "is ready: its file is there to be given out" : answered);
  }
  if (state.extended) return wrong(command, "was extended already");
  if (now > state.statutory_deadline) {
    return wrong(
      command,
      "is past its first month: an extension had to be notified within it (Art. 12(3) GDPR)",
    );
  }
  const { statutory_deadline } = command;
  const data = { reason, deadline: statutory_deadline, statutory_deadline };
  return ok([{ type: "SubjectAccessExtended", data }]);
};

const wrong = ({ subject_access_id }: Answering, why: string) =>
  reject(
    "wrong_state",
    "subject-access-wrong-state",
    `Request for access ${subject_access_id} ${why}.`,
  );
