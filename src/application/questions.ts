/** Questions to a lake and their answers: present states, past states, lists, the log. */
import { retentionEnd } from "../domain/batch/expiry.ts";
import { ok, type Result } from "../domain/decider.ts";
import { isOpen } from "../domain/deletion/deletion.ts";
import type { BatchId, StreamName } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { AggregateKind, StateOf } from "./aggregates.ts";
import { erasedFields } from "./closedRequests.ts";
import { type Reader, reader } from "./commands.ts";
import { toExport } from "./datasetManifest.ts";
import type { ConsumeDataset } from "./datasetOffers.ts";
import { keepersOfBatch } from "./endBatch.ts";
import { freshnessOf } from "./freshnessDuties.ts";
import type { KeptQuestion, KeptReply } from "./keptAnswers.ts";
import type { Wrapping } from "./keyRotation.ts";
import type { Reapplication } from "./lakeCustody.ts";
import { notSearched } from "./notSearched.ts";
import type { OpenUploads, UploadsAsked } from "./openUploads.ts";
import type { ParkedWork } from "./parkedWork.ts";
import type {
  DeliveryFilter,
  DirectoryFilter,
  EventFilter,
  EventLog,
  StoredEvent,
} from "./ports.ts";
import type { RebuildingReports } from "./rebuildReports.ts";
import { earlier, reportAt, reportNow } from "./report.ts";
import type { SealedObject } from "./sealedUrls.ts";
import { type View, view } from "./views.ts";
import type { Me } from "./whoAsks.ts";

/** A moment of the past: by time, or by the `seq` of the log's last event then. */
export type When = { readonly at: string } | { readonly version: number } | null;

export type ListedKind =
  | "dataset"
  | "contract"
  | "batch"
  | "deletion"
  | "replay"
  | "webhook"
  | "subject-access"
  | "member"
  | "token";

export type Question =
  | { readonly kind: "lake"; readonly when: When }
  | { readonly kind: "report"; readonly when: When }
  | {
      readonly kind: "one";
      readonly aggregate: ListedKind;
      readonly id: string;
      readonly when: When;
    }
  | { readonly kind: "list"; readonly filter: DirectoryFilter }
  | { readonly kind: "events"; readonly filter: EventFilter }
  /** Which requests may keep the batch from being ended. */
  | { readonly kind: "keepers"; readonly batch_id: BatchId }
  /** What was uploaded, or may be, and no batch was taken from. */
  | { readonly kind: "uploads"; readonly about: UploadsAsked }
  /** What is to be made in a format before that can be consumed: batches by their ids. */
  | { readonly kind: "to_export"; readonly request: ConsumeDataset }
  | { readonly kind: "deliveries"; readonly filter: DeliveryFilter }
  /** Sends a notification once more; the answer is how it stands. */
  | { readonly kind: "resend"; readonly webhook_id: string; readonly delivery_id: string }
  | KeptQuestion
  /** Who asks. */
  | { readonly kind: "me" }
  /** What was given up; with `redrive` it is taken up again. */
  | { readonly kind: "parked"; readonly redrive: boolean }
  /** Sealed fields of a person's request in clear; the access is recorded first. */
  | { readonly kind: "reveal"; readonly deletion_id: string }
  | { readonly kind: "reveal_access"; readonly subject_access_id: string }
  /** What the token of a URL opens; the access was recorded when the URL was handed out. */
  | { readonly kind: "sealed_object"; readonly token: string };

/** What is asked of a lake from afar; not all of it is answered within one turn. */
export type LakeQuestion =
  | Question
  /** Erases again whom the lake had erased before it was restored; the answer is what was done. */
  | { readonly kind: "reapply_erasures" }
  /** Which root secret the lake's key is wrapped under; with `rewrap` it is the present one then. */
  | { readonly kind: "wrapping"; readonly rewrap: boolean }
  /** Tells the reports everything anew; where a database is named, there from now on. */
  | { readonly kind: "rebuild_reports"; readonly database: string | null };

export type Reply =
  | {
      readonly kind: "one";
      readonly view: View;
      readonly version: number;
      /** It shows what does not follow from the stream alone: the same version may be shown otherwise. */
      readonly aside?: boolean;
    }
  | { readonly kind: "list"; readonly items: readonly View[]; readonly next: number | null }
  | {
      readonly kind: "events";
      readonly items: readonly StoredEvent[];
      readonly next: number | null;
    }
  | ({ readonly kind: "uploads" } & OpenUploads)
  | ({ readonly kind: "sealed_object" } & SealedObject)
  | { readonly kind: "reapplied"; readonly summary: Reapplication }
  | { readonly kind: "me"; readonly me: Me }
  | ({ readonly kind: "parked" } & ParkedWork)
  | KeptReply
  | ({ readonly kind: "wrapping" } & Wrapping)
  | ({ readonly kind: "rebuilding_reports" } & RebuildingReports);

/** A page of a list ends where it becomes larger than this, whatever its limit. */
const MAX_LIST_CHARACTERS = 4 * 1024 * 1024;

/** Answers everything that takes no key and changes nothing: `reveal` is a command first. */
export const answerQuestion = (
  log: EventLog,
  question: Exclude<
    Question,
    {
      kind:
        | KeptQuestion["kind"]
        | ("reveal" | "reveal_access" | "resend" | "me" | "parked" | "uploads" | "sealed_object");
    }
  >,
  now: string,
): Result<Reply, Rejection> => {
  switch (question.kind) {
    case "lake":
      return one(log, "lake", "lake", "lake", question.when, now);
    case "one": {
      const { aggregate, id, when } = question;
      return one(log, aggregate, id, `${aggregate}/${id}`, when, now);
    }
    case "report": {
      const seq = seqOf(log, question.when);
      const report = seq === null ? reportNow(log, now) : reportAt(log, seq, question.when, now);
      if (report === null) return notThere("lake");
      return ok({ kind: "one", view: report, version: seq ?? log.head() });
    }
    case "list": {
      const { filter } = question;
      const page = log.directory.list({ ...filter, limit: filter.limit + 1 });
      const items: View[] = [];
      let last = 0;
      let characters = 0;
      const read = reader(log);
      for (const { kind, id, created_seq } of page.slice(0, filter.limit)) {
        if (characters > MAX_LIST_CHARACTERS) break;
        const state = log.load(`${kind}/${id}` as StreamName).state;
        const more = moreOf(log, read, { kind, id, state }, now);
        const shown = { ...(view(kind, id, state, now) ?? { id }), ...more };
        items.push(shown);
        last = created_seq;
        characters += JSON.stringify(shown).length;
      }
      return ok({ kind: "list", items, next: page.length > items.length ? last : null });
    }
    case "keepers": {
      const keepers = keepersOfBatch(log, question.batch_id, now);
      const items = keepers.map((deletion_id) => ({ deletion_id }));
      return ok({ kind: "list", items, next: null });
    }
    case "to_export": {
      const items = toExport(question.request, { log, now }).map((batch_id) => ({ batch_id }));
      return ok({ kind: "list", items, next: null });
    }
    case "deliveries": {
      const { filter } = question;
      if (reader(log).webhook(filter.webhook_id).status === "absent") return notThere("webhook");
      const page = log.deliveries.list({ ...filter, limit: filter.limit + 1 });
      const items = page.slice(0, filter.limit);
      const next = page.length > items.length ? (items.at(-1)?.seq ?? null) : null;
      return ok({ kind: "list", items: items.map((delivery) => ({ ...delivery })), next });
    }
    case "events": {
      const { filter } = question;
      const items = log.read(filter);
      const last = items.at(-1)?.seq;
      if (last === undefined) return ok({ kind: "events", items, next: null });
      const rest = filter.order === "desc" ? { before: last } : { after: last };
      const more = log.read({ ...filter, ...rest, limit: 1 }).length > 0;
      return ok({ kind: "events", items, next: more ? last : null });
    }
    default: {
      const unknown: never = question;
      throw new Error(`unknown question ${JSON.stringify(unknown)}`);
    }
  }
};

/** Null for now. A moment ahead of the log is the present: nothing has happened since. */
const seqOf = (log: EventLog, when: When): number | null => {
  if (when === null) return null;
  return "at" in when ? log.seqAt(when.at) : Math.min(when.version, log.head());
};

const one = (
  log: EventLog,
  kind: AggregateKind,
  id: string,
  stream: StreamName,
  when: When,
  now: string,
): Result<Reply, Rejection> => {
  const seq = seqOf(log, when);
  const { version, state } = seq === null ? log.load(stream) : log.loadAt(stream, seq);
  const clock = when === null ? now : "at" in when ? earlier(when.at, now) : "";
  const shown = view(kind, id, state, clock);
  if (shown === null) return notThere(kind, when);
  const read = reader(log, seq ?? undefined);
  const more = moreOf(log, read, { kind, id, state }, clock);
  const alone = kind === "deletion" ? stillToSearch(log, state, seq) : {};
  const aside = wasRestored(log) || showsAside(read, { kind, state }, more);
  return ok({ kind: "one", view: { ...shown, ...more, ...alone }, version, aside });
};

/** Then versions that were given out before may have come to mean something else. */
const wasRestored = (log: EventLog): boolean => {
  const lake = reader(log).lake();
  return lake.status !== "absent" && lake.restored !== null;
};

/** Whether other streams, or the clock, have a part in a view: by what it is of. */
const showsAside = (read: Reader, { kind, state }: Omit<Shown, "id">, more: View): boolean => {
  switch (kind) {
    case "dataset":
      return (more.freshness as readonly unknown[]).length > 0;
    // As long as its contract was never changed, it is the one it was appended under.
    case "batch": {
      const batch = state as StateOf<"batch">;
      const contract = batch.status === "held" ? read.contract(batch.batch.contract_id) : null;
      return contract !== null && contract.status !== "absent" && contract.version > 1;
    }
    case "deletion":
      return isOpen(state as StateOf<"deletion">) || Object.keys(more).length > 0;
    default:
      return false;
  }
};

/** Which datasets an open request will not search as things stand; of a closed one its facts say. */
const stillToSearch = (log: EventLog, state: unknown, seq: number | null): View =>
  isOpen(state as StateOf<"deletion">) ? { not_searched: notSearched(log, seq ?? undefined) } : {};

interface Shown {
  readonly kind: AggregateKind;
  readonly id: string;
  readonly state: unknown;
}

/** What a view shows of other aggregates. */
const moreOf = (log: EventLog, read: Reader, { kind, id, state }: Shown, now: string): View => {
  if (kind === "batch") return endOf(read, state as StateOf<"batch">);
  if (kind !== "dataset") return erasedFields(log, kind, state);
  return { freshness: freshnessOf(log, read, id, now) };
};

/** For a batch that is there, when its contract's retention ends. */
const endOf = (read: Reader, batch: StateOf<"batch">): View => {
  if (batch.status !== "held") return {};
  const { contract_id, appended_at } = batch.batch;
  const contract = read.contract(contract_id);
  if (contract.status === "absent") return {};
  return { expires_at: retentionEnd(appended_at, contract.retention_days) };
};

export const notThere = (kind: string, when: When = null) =>
  reject(
    "not_found",
    `${kind}-not-found`,
    when === null ? `There is no such ${kind}.` : `There was no such ${kind} then.`,
  );
