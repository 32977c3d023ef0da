/** Opening the sealed fields of a person's requests: on record before anything is shown. */
import { ok, type Result } from "../domain/decider.ts";
import type { Deletion } from "../domain/deletion/deletion.ts";
import type { Sealed } from "../domain/deletion/events.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { reader } from "./commands.ts";
import { answerField, deletionPlace } from "./deletionSeals.ts";
import type { Keyring } from "./keyring.ts";
import type { EventLog } from "./ports.ts";
import { answerQuestion, type Reply } from "./questions.ts";
import { accessAnswerPlace, accessSubjectPlace } from "./subjectAccess.ts";

/** `audit` records the access to an object; nothing is shown when it is refused or throws. */
export const reveal = (
  log: EventLog,
  keyring: Keyring,
  audit: (object: string) => Result<unknown, Rejection>,
  deletion_id: string,
  now: string,
): Result<Reply, Rejection> => {
  const stream = `deletion/${deletion_id}` as const;
  const deletion = reader(log).deletion(deletion_id);
  if (deletion.status === "absent") {
    return reject("not_found", "deletion-not-found", "There is no such deletion request.");
  }
  // Opened before it is on record: where a key is not at hand yet, it is the turn that is run again.
  const opened = openedFields(deletion, keyring);
  const audited = audit(stream);
  if (!audited.ok) return audited;
  const asked = { kind: "one", aggregate: "deletion", id: deletion_id, when: null } as const;
  const shown = answerQuestion(log, asked, now);
  if (!shown.ok || shown.value.kind !== "one") return shown;
  return ok({ ...shown.value, view: { ...shown.value.view, ...opened } });
};

const openedFields = (deletion: Deletion, keyring: Keyring) => {
  const { deletion_id, subject_ref } = deletion;
  const open = (field: Parameters<typeof deletionPlace>[1], { sealed }: Sealed) =>
    keyring.open(subject_ref, deletionPlace(deletion_id, field), sealed) ?? { erased: true };
  return {
    subject_id: open("subject_id", deletion.subject_id),
    reason: open("reason", deletion.reason),
    answers: deletion.answers.map(({ version, reason, ...answer }) => ({
      ...answer,
      reason: open(answerField(version), reason),
    })),
  };
};

/** As `reveal`, for a request for access. */
export const revealAccess = (
  log: EventLog,
  keyring: Keyring,
  audit: (object: string) => Result<unknown, Rejection>,
  id: string,
  now: string,
): Result<Reply, Rejection> => {
  const access = reader(log).subjectAccess(id);
  const asked = { kind: "one", aggregate: "subject-access", id, when: null } as const;
  const shown = answerQuestion(log, asked, now);
  if (!shown.ok || shown.value.kind !== "one" || access.status === "absent") return shown;
  const place = accessSubjectPlace(access.subject_access_id);
  const { subject_ref } = access;
  const subject_id = keyring.open(subject_ref, place, access.subject_id.sealed);
  const answers = access.answers.map((answer) => {
    const at = accessAnswerPlace(access.subject_access_id, answer.decision);
    const reason = keyring.open(subject_ref, at, answer.reason.sealed) ?? { erased: true };
    return { ...answer, reason };
  });
  const audited = audit(`subject-access/${id}`);
  if (!audited.ok) return audited;
  const view = { ...shown.value.view, subject_id: subject_id ?? { erased: true }, answers };
  return ok({ ...shown.value, view });
};
