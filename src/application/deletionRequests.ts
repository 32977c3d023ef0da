/**
 * Requests about requests to be forgotten, made into commands: what is personal is sealed under
 * the subject's own key before anything is decided, and the deadlines are counted by the calendar
 * of the lake's country.
 */
import {
  type Calendar,
  deadlinesOf,
  extendedDeadline,
  GDPR_APPLIES,
  localDay,
} from "../domain/deadlines.ts";
import { assertNever, ok, type Result } from "../domain/decider.ts";
import type { DeletionCommand } from "../domain/deletion/decide.ts";
import type { ErasureCommand } from "../domain/deletion/decideErasure.ts";
import { type Deletion, isOpen, OPEN_STATUSES } from "../domain/deletion/deletion.ts";
import type { Sealed, Withheld } from "../domain/deletion/events.ts";
import type { DeletionId } from "../domain/ids.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { reader } from "./commands.ts";
import { answerField, deletionPlace, openSubjectId } from "./deletionSeals.ts";
import type { Calendars } from "./ports.ts";
import { requesterOf } from "./requester.ts";
import { subjectRefsOf } from "./subjectRefs.ts";
import { later } from "./timers.ts";
import type { Means } from "./toCommand.ts";

interface RequestDeletion {
  readonly type: "RequestDeletion";
  /** In clear: sealed before it is decided on. */
  readonly subject_id: string;
  readonly reason: string;
  readonly requested_by: string;
  /** Null: nobody has said. */
  readonly identity_verified: boolean | null;
  readonly received_at: string | null;
}

interface OnDeletion {
  readonly deletion_id: DeletionId;
  /** In clear: sealed before it is decided on. */
  readonly reason: string;
}

interface ExtendDeletion extends OnDeletion {
  readonly type: "ExtendDeletion";
}

export type DeletionRequest =
  | RequestDeletion
  | ExtendDeletion
  | (OnDeletion & { readonly type: "ReleaseDeletionHold" })
  | (OnDeletion & { readonly type: "NoteDeletionIdentity"; readonly verified: boolean })
  | (OnDeletion & {
      readonly type: "RejectDeletion";
      /** The article of law it rests on, when one was named. */
      readonly ground: string | null;
    })
  | (OnDeletion & {
      readonly type: "HoldDeletion";
      readonly ground: string | null;
      /** When it ends by itself (RFC 3339, UTC), or null. */
      readonly until: string | null;
    })
  | ExecuteDeletion
  /** From the process of erasure itself. */
  | Timeless<Exclude<ErasureCommand, { type: "ExecuteDeletion" | "NoteWithholdingEnd" }>>;

/** The lake says when. */
type Timeless<Command> = Command extends unknown ? Omit<Command, "now"> : never;

interface ExecuteDeletion {
  readonly type: "ExecuteDeletion";
  readonly deletion_id: DeletionId;
  readonly cause: "command" | "deadline" | "failure";
  /** In clear: sealed before it is decided on. */
  readonly reason: string | null;
  readonly withhold: readonly Withheld[] | null;
}

/** A request may be received this much ahead of our clock. */
const CLOCK_SKEW_MS = 5 * 60_000;

type Made = Result<DeletionCommand, Rejection>;

export const deletionCommand = (request: DeletionRequest, means: Means): Made => {
  const { now } = means;
  switch (request.type) {
    case "RequestDeletion":
      return requestDeletion(request, means);
    case "ExtendDeletion":
      return extendDeletion(request, means);
    case "ReleaseDeletionHold": {
      const { type, deletion_id } = request;
      return sealed(means, request, (reason) => ({ type, deletion_id, now, reason }));
    }
    case "ExecuteDeletion":
      return executeDeletion(request, means);
    case "NoteErasureStep":
    case "CompleteErasure":
    case "FailErasure":
      return ok({ ...request, now });
    case "NoteDeletionIdentity":
    case "RejectDeletion":
    case "HoldDeletion":
      return sealed(means, request, (reason) => ({ ...request, now, reason }));
    default:
      return assertNever(request);
  }
};

const requestDeletion = (
  request: RequestDeletion,
  { log, keyring, now, newId, calendars }: Means,
): Made => {
  const lake = reader(log).lake();
  if (lake.status === "absent") return lakeNotFound();
  const calendar = calendarOf(lake, calendars);
  const received = receiptOf(request.received_at, now, calendar);
  if (!received.ok) return received;
  const received_at = received.value;
  const keys = keyring();
  const subject_ref = keys.subjectRef(request.subject_id);
  const open = OPEN_STATUSES.flatMap((status) =>
    log.directory.list({ kind: "deletion", subject_ref, status, limit: 1 }),
  ).at(0);
  const deletion_id = (open?.id ?? newId()) as DeletionId;
  const sealAt = (field: "subject_id" | "reason", text: string) =>
    keys.seal(subject_ref, deletionPlace(deletion_id, field), text);
  // A standard lake refuses below; nothing is sealed for it, so no key is left behind.
  const sealing = lake.compliance_level !== "standard" && !open;
  const none = { sealed: "" };
  return ok({
    type: "RequestGDPRDeletion",
    deletion_id,
    subject_ref,
    subject_id: sealing ? sealAt("subject_id", request.subject_id) : none,
    reason: sealing ? sealAt("reason", request.reason) : none,
    requested_by: requesterOf(request.requested_by, request.subject_id),
    identity_verified: request.identity_verified,
    received_at,
    ...deadlinesOf(new Date(received_at), calendar),
  });
};

/** When a request was received (RFC 3339, UTC): now, unless it says. Days are the calendar's. */
export const receiptOf = (
  said: string | null,
  now: string,
  calendar: Calendar,
): Result<string, Rejection> => {
  const received_at = said ?? now;
  const latest = later(now, CLOCK_SKEW_MS);
  const day = localDay(new Date(received_at), calendar);
  if (received_at <= latest && day >= GDPR_APPLIES) return ok(received_at);
  const message = `must lie between ${GDPR_APPLIES} in ${calendar.time_zone} and now`;
  return reject("invalid", "implausible-receipt", "The date of receipt is not plausible.", [
    { path: "received_at", message },
  ]);
};

export const calendarOf = ({ country, time_zone }: ActiveLake, calendars: Calendars): Calendar =>
  calendars.of({ country, time_zone });

const extendDeletion = (request: ExtendDeletion, means: Means): Made => {
  const { log, now, calendars } = means;
  const { type, deletion_id } = request;
  const lake = reader(log).lake();
  if (lake.status === "absent") return lakeNotFound();
  const deletion = reader(log).deletion(deletion_id);
  // There is no date to count from when the request does not exist: the decision refuses it.
  const statutory_deadline =
    deletion.status === "absent"
      ? ""
      : extendedDeadline(new Date(deletion.received_at), calendarOf(lake, calendars)).toISOString();
  return sealed(means, request, (reason) => ({
    type,
    deletion_id,
    now,
    reason,
    statutory_deadline,
  }));
};

/** The pseudonyms of the subject are made here, while the id can still be opened. */
const executeDeletion = (request: ExecuteDeletion, means: Means): Made => {
  const { log, keyring, now, texts } = means;
  const { deletion_id, reason, ...about } = request;
  const deletion = reader(log).deletion(deletion_id);
  const nobody = { ...about, deletion_id, now, reason: null, subject_refs: {} };
  if (deletion.status === "absent") return ok(nobody);
  const known = deletion.erasure?.subject_refs;
  // What was answered already is refused, or done, whoever it is about.
  const needed = isOpen(deletion) && known === undefined;
  const clear = needed ? openSubjectId(deletion, keyring()) : null;
  if (needed && clear === null) {
    return reject(
      "unavailable",
      "subject-key-missing",
      "The key under which this person's id is sealed does not open: the request cannot be " +
        "carried out before it does.",
    );
  }
  const subject_refs = known ?? (clear === null ? {} : subjectRefsOf(keyring(), texts, clear));
  const withhold = needed ? withBefore(log, deletion, about.withhold, now) : about.withhold;
  const command = { ...about, withhold, deletion_id, now, subject_refs };
  if (reason === null) return ok({ ...command, reason: null });
  return sealed(means, { deletion_id, reason }, (why) => ({ ...command, reason: why }));
};

/**
 * What is to be withheld, with what earlier requests of the same person withhold still: a ground for
 * keeping something does not end because they ask once more.
 */
const withBefore = (
  log: Means["log"],
  { deletion_id, subject_ref }: Deletion,
  withhold: readonly Withheld[] | null,
  now: string,
): readonly Withheld[] | null => {
  const said = withhold ?? [];
  const before = log.directory
    .list({ kind: "deletion", subject_ref, status: "completed", limit: MAX_OWN_REQUESTS })
    .flatMap(({ id }) => {
      const earlier = reader(log).deletion(id);
      return earlier.status === "absent" || id === deletion_id ? [] : earlier.withheld;
    })
    .filter(({ dataset, until }) => until > now && said.every((own) => own.dataset !== dataset));
  // Of one dataset the ground that lasts longest.
  const longest = new Map<string, Withheld>();
  for (const kept of before) {
    const known = longest.get(kept.dataset);
    if (known === undefined || known.until < kept.until) longest.set(kept.dataset, kept);
  }
  return longest.size === 0 ? withhold : [...said, ...longest.values()];
};

/** Of one person's requests so many are looked at. */
const MAX_OWN_REQUESTS = 1_000;

/**
 * Seals a later free text under the key of the request's subject. Nothing is sealed for a request
 * that takes no answer any more: that would make a key anew for somebody who was forgotten.
 */
const sealed = (
  { log, keyring }: Means,
  { deletion_id, reason }: OnDeletion,
  make: (reason: Sealed) => DeletionCommand,
): Made => {
  const deletion = reader(log).deletion(deletion_id);
  if (deletion.status === "absent" || !takesAnswers(deletion)) return ok(make({ sealed: "" }));
  const version = log.load(`deletion/${deletion_id}`).version + 1;
  const place = deletionPlace(deletion_id, answerField(version));
  return ok(make(keyring().seal(deletion.subject_ref, place, reason)));
};

/** Open, or with a remainder that failed and can be executed again. */
const takesAnswers = (deletion: Deletion): boolean => isOpen(deletion) || deletion.failure !== null;
