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
import { type Unsealing, unsealing } from "./unsealing.ts";

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
  const seals = unsealing(log, keyring, deletion.subject_ref, deletion.completed_at !== null);
  const opened = openedFields(deletion, seals);
  const refusal = seals.refusal();
  if (refusal) return refusal;
  const audited = audit(stream);
  if (!audited.ok) return audited;
  const asked = { kind: "one", aggregate: "deletion", id: deletion_id, when: null } as const;
  const shown = answerQuestion(log, asked, now);
  if (!shown.ok || shown.value.kind !== "one") return shown;
  return ok({ ...shown.value, view: { ...shown.value.view, ...opened } });
};

const openedFields = ({ deletion_id, requested_at, ...deletion }: Deletion, seals: Unsealing) => {
  const open = (
    field: Parameters<typeof deletionPlace>[1],
    { sealed }: Sealed,
    sealed_at = requested_at,
  ) => seals.open({ place: deletionPlace(deletion_id, field), sealed, sealed_at });
  return {
    subject_id: open("subject_id", deletion.subject_id),
    reason: open("reason", deletion.reason),
    answers: deletion.answers.map(({ version, reason, ...answer }) => ({
      ...answer,
      reason: open(answerField(version), reason, answer.decided_at),
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
  const { subject_access_id, subject_ref, requested_at } = access;
  const seals = unsealing(log, keyring, subject_ref, access.status === "erased");
  const subject_id = seals.open({
    place: accessSubjectPlace(subject_access_id),
    sealed: access.subject_id.sealed,
    sealed_at: requested_at,
  });
  const answers = access.answers.map((answer) => {
    const place = accessAnswerPlace(subject_access_id, answer.decision);
    const { sealed } = answer.reason;
    return { ...answer, reason: seals.open({ place, sealed, sealed_at: answer.decided_at }) };
  });
  const refusal = seals.refusal();
  if (refusal) return refusal;
  const audited = audit(`subject-access/${id}`);
  if (!audited.ok) return audited;
  return ok({ ...shown.value, view: { ...shown.value.view, subject_id, answers } });
};
