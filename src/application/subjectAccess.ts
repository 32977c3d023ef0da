/**
 * Requests for access made into commands: the person's id is sealed under their own key, the
 * pseudonyms by which rows are found are kept, and the deadlines are those of any request a person
 * makes (Art. 12(3) GDPR).
 */
import type { GenerateSignedUrl } from "../domain/access/decide.ts";
import { deadlinesOf, extendedDeadline } from "../domain/deadlines.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { SubjectAccessId } from "../domain/ids.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type {
  ExtendSubjectAccess,
  RejectSubjectAccess,
} from "../domain/subjectAccess/answering.ts";
import { type RequestSubjectAccess, unknownAccess } from "../domain/subjectAccess/decide.ts";
import { type AccessAnswer, isHeld } from "../domain/subjectAccess/subjectAccess.ts";
import { reader } from "./commands.ts";
import { calendarOf, receiptOf } from "./deletionRequests.ts";
import { requesterOf } from "./requester.ts";
import { subjectRefsOf } from "./subjectRefs.ts";
import type { Means } from "./toCommand.ts";

interface RequestAccess {
  readonly type: "RequestAccess";
  /** In clear: sealed before it is decided on. */
  readonly subject_id: string;
  readonly requested_by: string;
  readonly received_at: string | null;
}

interface SignAccessUrl {
  readonly type: "SignAccessUrl";
  readonly subject_access_id: SubjectAccessId;
  /** Seconds. */
  readonly expires_in: number;
}

interface ExtendAccess {
  readonly type: "ExtendAccess";
  readonly subject_access_id: SubjectAccessId;
  /** In clear: sealed before it is decided on. */
  readonly reason: string;
}

interface RejectAccess extends Omit<ExtendAccess, "type"> {
  readonly type: "RejectAccess";
  /** The article of law it rests on, when one was named. */
  readonly ground: string | null;
}

export type AccessRequest = RequestAccess | SignAccessUrl | ExtendAccess | RejectAccess;

/** Where the person's id is sealed. */
export const accessSubjectPlace = (id: SubjectAccessId): string =>
  `subject-access/${id}/subject_id`;

/** Where the reason of a decision is sealed: each is decided once. */
export const accessAnswerPlace = (
  id: SubjectAccessId,
  decision: AccessAnswer["decision"],
): string => `subject-access/${id}/${decision}`;

/** Nothing is sealed for what is answered: that might make a key anew for somebody forgotten. */
export const answerAccessRequest = (
  request: ExtendAccess | RejectAccess,
  { log, keyring, now, calendars }: Means,
): Result<ExtendSubjectAccess | RejectSubjectAccess, Rejection> => {
  const { subject_access_id } = request;
  const lake = reader(log).lake();
  if (lake.status === "absent") return lakeNotFound();
  const access = reader(log).subjectAccess(subject_access_id);
  if (access.status === "absent") return unknownAccess(subject_access_id);
  const decision = request.type === "ExtendAccess" ? "extended" : "rejected";
  const takes = isHeld(access) && !access.answers.some((known) => known.decision === decision);
  const place = accessAnswerPlace(subject_access_id, decision);
  const reason = takes ? keyring().seal(access.subject_ref, place, request.reason) : { sealed: "" };
  const about = { subject_access_id, reason, now };
  if (request.type === "RejectAccess") {
    return ok({ type: "RejectSubjectAccess", ...about, ground: request.ground });
  }
  const received = new Date(access.received_at);
  const statutory_deadline = extendedDeadline(received, calendarOf(lake, calendars)).toISOString();
  return ok({ type: "ExtendSubjectAccess", ...about, statutory_deadline });
};

/** While one is being answered for a person, asking again means that one. */
export const requestSubjectAccess = (
  request: RequestAccess,
  { log, keyring, now, newId, calendars, texts }: Means,
): Result<RequestSubjectAccess, Rejection> => {
  const lake = reader(log).lake();
  if (lake.status === "absent") return lakeNotFound();
  const calendar = calendarOf(lake, calendars);
  const received = receiptOf(request.received_at, now, calendar);
  if (!received.ok) return received;
  const { subject_id, requested_by } = request;
  const received_at = received.value;
  const keys = keyring();
  const subject_ref = keys.subjectRef(subject_id);
  const known = { kind: "subject-access", subject_ref, status: "collecting", limit: 1 } as const;
  const [open] = log.directory.list(known);
  const subject_access_id = (open?.id ?? newId()) as SubjectAccessId;
  if (!open) keys.makeAccessKey(subject_access_id);
  return ok({
    type: "RequestSubjectAccess",
    subject_access_id,
    subject_ref,
    subject_refs: subjectRefsOf(keys, texts, subject_id),
    subject_id: open
      ? { sealed: "" }
      : keys.seal(subject_ref, accessSubjectPlace(subject_access_id), subject_id),
    requested_by: requesterOf(requested_by, subject_id),
    received_at,
    ...deadlinesOf(new Date(received_at), calendar),
  });
};

/** The access is recorded before the URL is handed out. */
export const signAccessUrl = (
  { subject_access_id }: SignAccessUrl,
  { log, actor }: Means,
  lifetime: Pick<GenerateSignedUrl, "signed_at" | "expires_at">,
): Result<GenerateSignedUrl, Rejection> => {
  const access = reader(log).subjectAccess(subject_access_id);
  if (access.status === "absent") return unknownAccess(subject_access_id);
  if (access.file === null) {
    const why = access.status === "collecting" ? "is not ready yet" : `is ${access.status}`;
    const detail = `The file of request for access ${subject_access_id} ${why}.`;
    return reject("wrong_state", "subject-access-not-ready", detail);
  }
  return ok({
    type: "GenerateSignedUrl",
    dataset: null,
    filename: `subject-access/${subject_access_id}.jsonl`,
    access_object: { subject_access_id, key: access.file.key },
    method: "GET",
    accessor_id: actor,
    purpose: "answer to a request for access",
    ...lifetime,
  });
};
