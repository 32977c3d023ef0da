/**
 * Requests of persons, to be forgotten and to be told, as the console reads them: what their pages
 * show, the grounds in law that a decision may have, and what each event of theirs says in a sentence.
 */
import type { CloudEvent, Deletion } from "./api/types.ts";
import { plural, utc, words } from "./format.ts";

/** In clear only where it was revealed; `erased`: the key that it was sealed under is gone. */
export type Secret = string | { readonly sealed: true } | { readonly erased: true };

export interface Decision {
  readonly decision: string;
  readonly reason: Secret;
  readonly ground: string | null;
  readonly decided_at: string;
}

/** What both kinds of requests hold sealed. */
export interface Sealing {
  readonly subject_id: Secret;
  readonly reason?: Secret;
  readonly answers: readonly Decision[];
}

export interface Remedies {
  readonly complaint: string;
  readonly court: string;
  readonly tell: string;
}

export interface Withheld {
  readonly dataset: string;
  readonly ground: string;
  readonly until: string;
}

export interface ErasureProgress {
  readonly started_at: string;
  readonly phase: string;
  readonly round: number;
  readonly batches: { readonly looked_at: number; readonly opened: number; readonly hit: number };
  readonly rows_removed: number;
  readonly missing: readonly { readonly batch_id: string; readonly next_at: string | null }[];
  readonly uploads: { readonly scanned: number; readonly deleted: number };
}

/** One request to be forgotten (`GET /deletions/{id}`). */
export interface DeletionRequest extends Deletion, Sealing {
  readonly extended: boolean;
  readonly ground: string | null;
  readonly held_until: string | null;
  readonly identity: string;
  readonly failure: string | null;
  readonly completed_at: string | null;
  readonly withheld: readonly Withheld[];
  readonly not_searched?: readonly string[] | null;
  readonly erasure: ErasureProgress | null;
  readonly remedies?: Remedies;
}

/** One request for access (`GET /subject-access/{id}`). */
export interface AccessRequest extends Sealing {
  readonly subject_access_id: string;
  readonly status: string;
  readonly requested_by: string;
  readonly received_at: string;
  readonly requested_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly extended: boolean;
  readonly overdue: boolean;
  readonly ready_at: string | null;
  readonly handed_out_at: string | null;
  readonly expires_at: string | null;
  readonly batches: {
    readonly looked_at: number;
    readonly waiting: number;
    readonly opened: number;
    readonly unreadable: readonly string[];
  };
  readonly rows: number;
  readonly recipients: number | null;
  readonly file: { readonly bytes: number; readonly rows: number } | null;
  readonly remedies?: Remedies;
}

/** Those who were given data of a person (GDPR Art. 19). */
export interface Recipient {
  readonly consumer: string;
  readonly batches: readonly string[];
  readonly batches_omitted?: number;
  readonly last_at: string;
}

type Options = readonly (readonly [value: string, label: string])[];

const withArticle = (grounds: Options): Options =>
  grounds.map(([article, meaning]) => [article, `${article}: ${meaning}`]);

/** Why data may be kept although its erasure was asked for. */
export const EXCEPTIONS: Options = withArticle([
  ["Art. 17(3)(a)", "freedom of expression and information"],
  ["Art. 17(3)(b)", "a legal obligation, or a task in the public interest"],
  ["Art. 17(3)(c)", "public health"],
  ["Art. 17(3)(d)", "archiving, research or statistics"],
  ["Art. 17(3)(e)", "legal claims"],
]);

const UNSAID: Options = [["", "none named"]];

export const HOLD_GROUNDS: Options = [
  ...UNSAID,
  ...withArticle([
    ["Art. 18(1)(a)", "the person contests that the data is right"],
    ["Art. 18(1)(b)", "unlawful, and the person wants it restricted instead"],
    ["Art. 18(1)(c)", "the person needs the data for legal claims"],
    ["Art. 18(1)(d)", "the person has objected, which is being weighed"],
  ]),
  ...EXCEPTIONS,
];

/** Of a request for access, too. */
export const REFUSAL_GROUNDS: Options = [
  ...UNSAID,
  ...withArticle([
    ["Art. 12(2)", "the person cannot be identified"],
    ["Art. 12(5)", "manifestly unfounded or excessive"],
    ["Art. 12(6)", "who asks is in doubt, and was not confirmed"],
  ]),
];

export const REJECT_GROUNDS: Options = [...REFUSAL_GROUNDS, ...EXCEPTIONS];

/** Still owed an answer. */
export const isOwed = ({ status }: { readonly status: string }): boolean =>
  ["pending", "held", "in_progress", "failed"].includes(status);

/** Ready is not answered: only what was handed out is. */
export const isUnanswered = ({ status, handed_out_at }: AccessRequest): boolean =>
  status === "collecting" || (status === "ready" && handed_out_at === null);

/** Open requests, whichever is due first at the top; of two at once the one that law asks for first. */
export const dueFirst = <
  Due extends { readonly deadline: string; readonly statutory_deadline: string },
>(
  requests: readonly Due[],
): readonly Due[] =>
  [...requests].sort(
    (a, b) =>
      a.deadline.localeCompare(b.deadline) ||
      a.statutory_deadline.localeCompare(b.statutory_deadline),
  );

export const IDENTITIES: Readonly<Record<string, string>> = {
  unquestioned: "not asked about",
  questioned: "in doubt: proof was asked for",
  verified: "confirmed",
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);

const CAUSES: Readonly<Record<string, string>> = {
  command: "",
  deadline: " by itself, as its deadline is near",
  failure: " by itself, after it had failed",
  restore: " by itself, after the lake was restored",
};

const on = (ground: unknown): string => (text(ground) === "" ? "" : ` on ${text(ground)}`);

type Telling = (data: CloudEvent["data"]) => string;

const due: Telling = ({ deadline }) => `due ${utc(text(deadline))}`;

const STORY: Readonly<Record<string, Telling>> = {
  Requested: (data) => `Recorded, ${due(data)}`,
  Extended: (data) => `Extended, now ${due(data)}`,
  Rejected: ({ ground }) => `Rejected${on(ground)}`,
  Held: ({ ground, until }) =>
    `Put on hold${on(ground)}${text(until) === "" ? "" : `, until ${utc(text(until))}`}`,
  HoldReleased: () => "Hold released",
  HoldExpired: () => "The hold ended by itself",
  IdentityQuestioned: () => "Proof of who asks was asked for",
  IdentityVerified: () => "Who asks was confirmed",
  DeadlineApproaching: (data) =>
    `Reminder: ${plural(number(data.days_left), "day")} left, ${due(data)}`,
  Overdue: (data) => `Overdue: was ${due(data)}`,
  Started: ({ cause, remainder, resumed }) =>
    `The erasure ${remainder === true ? "of what was withheld " : ""}${
      resumed === true ? "went on" : "began"
    }${CAUSES[text(cause)] ?? ""}`,
  Completed: ({ rows_removed, file }) =>
    file === undefined
      ? `Erased: ${plural(number(rows_removed), "row")} removed`
      : "Collected: the file is ready",
  Failed: ({ failure }) => `Failed: ${text(failure)}`,
  RemainderErased: () => "What was withheld is erased too",
  Reapplied: () => "Erased again after a restore",
  Answered: () => "Handed out: the request is answered",
  Expired: () => "The file was deleted",
  Erased: () => "The file was deleted, as the person was forgotten",
};

/** The event that names who is to be told. */
export const RECIPIENTS = "RecipientsNamed";

/** What an event of a request says. One that is not known here is told by its name. */
export const storyOf = ({ type, data }: Pick<CloudEvent, "type" | "data">): string => {
  if (type === RECIPIENTS) {
    const named = Array.isArray(data.recipients) ? data.recipients.length : 0;
    return `${plural(named + number(data.omitted), "recipient")} named, to be told`;
  }
  if (type === "GDPRWithholdingEnded") return "The ground for what was withheld has ended";
  const said = STORY[type.replace(/^(GDPRDeletion|SubjectAccess)/, "")];
  return said === undefined ? words(type) : said(data);
};

const STEPS = ["GDPRDeletionProgressed", "SubjectAccessSearched", "SubjectAccessCollected"];

/** A line of a request's story: an event, or so many steps one after the other. */
export interface Chapter {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly said: string;
}

/** The events of a request as it is told: work step by step is one line. */
export const chaptersOf = (events: readonly CloudEvent[]): readonly Chapter[] => {
  const chapters: Chapter[] = [];
  let steps = 0;
  for (const event of events) {
    const { sequence: seq, time: at, actor } = event;
    const isStep = STEPS.includes(event.type);
    if (isStep && steps > 0) chapters.pop();
    steps = isStep ? steps + 1 : 0;
    const said = isStep ? `${plural(steps, "step")} of the work` : storyOf(event);
    chapters.push({ seq, at, actor, said });
  }
  return chapters;
};

/** Who is to be told, as the last event about it has it; null when none was named so far. */
export const recipientsOf = (
  events: readonly CloudEvent[],
): { readonly recipients: readonly Recipient[]; readonly omitted: number } | null => {
  const named = events.findLast(({ type }) => type === RECIPIENTS);
  if (named === undefined) return null;
  const { recipients, omitted } = named.data;
  return { recipients: recipients as readonly Recipient[], omitted: number(omitted) };
};
