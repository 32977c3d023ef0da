/**
 * What the application asks of the lake's log and of the world around it. The adapters are in
 * `eventlog`, `storage`, `reporting` and `calendar`; the roots bring them together.
 */
import type { Calendar } from "../domain/deadlines.ts";
import type { DomainEvent } from "../domain/decider.ts";
import type { StreamName } from "../domain/ids.ts";
import type { AggregateKind, Folded } from "./aggregates.ts";
import type { IndexStore } from "./subjectPorts.ts";

/** One row of the log, in the names it has on disk, in JSON and in SQL. */
export interface StoredEvent {
  /** Global order within the lake, from 1, without gaps. */
  readonly seq: number;
  readonly event_id: string;
  readonly stream: StreamName;
  /** Order within the stream, from 1, without gaps. */
  readonly stream_version: number;
  readonly type: string;
  readonly schema_version: number;
  /** RFC 3339, UTC, milliseconds; never decreases with `seq`. */
  readonly recorded_at: string;
  readonly actor: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly command_id: string;
  /** The dataset the event is about, if it is about one. */
  readonly dataset: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Who asked for what, when, and because of what. */
export interface CommandMeta {
  readonly command_id: string;
  readonly actor: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  /** RFC 3339, UTC. */
  readonly now: string;
}

export interface Change {
  readonly stream: StreamName;
  /** The version the decision was made on; the commit fails when the stream has moved. */
  readonly expected_version: number;
  readonly events: readonly DomainEvent[];
}

export const DUTY_KINDS = [
  "deletion_due",
  "deletion_reminder",
  "hold_end",
  "execution_due",
  "erase_step",
  "withholding_end",
  "webhook_delivery",
  "replay_step",
  "work_step",
  "reapply_erasures",
  "keep_revocation",
  "rewrap_key",
  "delete_objects",
  "sweep_attempt",
  "write_checkpoint",
  "retention_due",
  "retention_change",
  "freshness_due",
  "sweep_upload",
  "access_step",
  "access_due",
  "access_reminder",
  "access_expiry",
] as const;
export type DutyKind = (typeof DUTY_KINDS)[number];

export interface DutyRef {
  readonly kind: DutyKind;
  readonly ref: string;
}

/** Something the lake owes by a time. Kept until the transaction that records it done. */
export interface Duty extends DutyRef {
  /** RFC 3339, UTC. */
  readonly due_at: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface PendingDuty extends Duty {
  /** How often it has failed. */
  readonly attempts: number;
  /** How often it was begun and did not come to an end: it is under way, or its process died. */
  readonly begun: number;
  readonly parked: boolean;
  readonly last_error: string | null;
}

export interface Schedule {
  /** Not parked and due at `now`, of those kinds (else of any), earliest first, at most `limit`. */
  due(now: string, limit: number, kinds?: readonly DutyKind[]): readonly PendingDuty[];
  /** The earliest time anything that is not parked is due, or null. */
  next(): string | null;
  find(duty: DutyRef): PendingDuty | null;
  /** Those of a kind in the order of their refs, behind `after`, at most `limit`. */
  listed(kind: DutyKind, after: string, limit: number): readonly PendingDuty[];
  /** Whether it is there, parked or not. */
  owes(duty: DutyRef): boolean;
  put(duty: Duty): void;
  /** Whether it was there. */
  remove(duty: DutyRef): boolean;
  /** Counts a beginning, which a failure ends; without an end it is due again at `due_at`. */
  begin(duty: DutyRef, due_at: string): void;
  /** Counts a failure: tried again at `retry_at`, or parked when that is null. */
  failed(duty: DutyRef, error: string, retry_at: string | null): void;
  parked(): readonly PendingDuty[];
  /** What has used up its tries: parked, or tried for ever. */
  failing(): readonly PendingDuty[];
}

/** The answer to a command, as it was first given. */
export interface StoredAnswer {
  readonly fingerprint: string;
  readonly answer: string;
}

export interface AnswerStore {
  find(key: string): StoredAnswer | null;
  put(key: string, answer: StoredAnswer, now: string): void;
}

/** Uploads by what became of them. */
export interface UploadDirectory {
  /**
   * Ids of the batches that were asked for with a file of each name, whatever became of them. A name
   * nobody asked with is not among the keys.
   */
  batchesOf(filenames: readonly string[]): ReadonlyMap<string, readonly string[]>;
}

/** A row of the directory: the present state of one aggregate as it is listed and counted. */
export interface DirectoryEntry {
  readonly kind: AggregateKind;
  readonly id: string;
  readonly dataset: string | null;
  readonly status: string;
  /** For deletions the deadline, for freshness when it ends, else null. */
  readonly due_at: string | null;
  readonly flagged: boolean;
  /** For requests of a person: the pseudonym, for finding the open one. For tokens: the issuer. */
  readonly subject_ref: string | null;
  readonly created_seq: number;
}

export interface DirectoryFilter {
  readonly kind: AggregateKind;
  readonly dataset?: string;
  readonly status?: string;
  /** Deletions that are (or are not) past their deadline at `now` and still owed an answer. */
  readonly overdue?: { readonly is: boolean; readonly now: string };
  readonly subject_ref?: string;
  /** Only entries created after this `seq` (keyset pagination). */
  readonly after?: number;
  readonly limit: number;
}

export interface Directory {
  put(entry: Omit<DirectoryEntry, "created_seq">, seq: number): void;
  list(filter: DirectoryFilter): readonly DirectoryEntry[];
  counts(kind: AggregateKind): Readonly<Record<string, number>>;
  /** How many entries of the kind carry the flag. */
  flagged(kind: AggregateKind): number;
  /** How many deletion requests are past their deadline at `now` and still owed an answer. */
  overdue(now: string): number;
  exists(kind: AggregateKind, id: string): boolean;
  /** What the directory said when the log's last event was `seq`. */
  asOf(seq: number): readonly PastEntry[];
}

/** The part of an entry that reports of the past are made of. */
export type PastEntry = Pick<DirectoryEntry, "kind" | "id" | "status" | "due_at" | "flagged">;

/** A notification of one event to one webhook. */
export interface Delivery {
  readonly webhook_id: string;
  /** The event's id: what the receiver sees as `webhook-id`, the same in every attempt. */
  readonly delivery_id: string;
  readonly seq: number;
  readonly type: string;
  /** Still tried, arrived, or given up until it is sent again. */
  readonly status: "pending" | "delivered" | "parked";
  readonly attempts: number;
  /** HTTP status of the last answer, null without one. */
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly created_at: string;
  /** When the last attempt began. */
  readonly attempted_at: string | null;
}

export interface DeliveryFilter {
  readonly webhook_id: string;
  readonly status?: Delivery["status"];
  /** Only of events behind this `seq`. */
  readonly after: number;
  readonly limit: number;
}

export interface DeliveryStore {
  put(delivery: Delivery): void;
  find(webhook_id: string, delivery_id: string): Delivery | null;
  /** In the order of their events. */
  list(filter: DeliveryFilter): readonly Delivery[];
  /** Drops the oldest of those made before a time, at most `limit`, but for the pending ones. */
  forget(before: string, limit: number): void;
}

export interface EventFilter {
  readonly type?: string;
  readonly stream?: string;
  readonly dataset?: string;
  readonly batch_id?: string;
  readonly actor?: string;
  readonly accessor?: string;
  /** Only events behind this `seq`, and before that one. */
  readonly after: number;
  readonly before?: number;
  /** The newest first; left out: in the order of the log. */
  readonly order?: "desc";
  /** Only events recorded at or after / at or before this time. */
  readonly from?: string;
  readonly until?: string;
  readonly limit: number;
}

export interface EventLog {
  readonly schedule: Schedule;
  readonly answers: AnswerStore;
  readonly directory: Directory;
  readonly deliveries: DeliveryStore;
  readonly indexes: IndexStore;
  readonly uploads: UploadDirectory;
  /** State and version of a stream now. */
  load(stream: StreamName): Folded;
  /** State and version of a stream when the log's last event was `seq`. */
  loadAt(stream: StreamName, seq: number): Folded;
  /**
   * Runs `body` in one transaction: all of its writes are kept or, when it throws, none. Within
   * another transaction it is a part of that one.
   */
  transaction<Value>(body: () => Value): Value;
  /** Called when a transaction was undone: whoever remembers what it wrote is to forget it. */
  onUndone(forget: () => void): void;
  /** Inside a transaction: appends, folds, takes snapshots. Throws when a version has moved. */
  append(changes: readonly Change[], meta: CommandMeta): readonly StoredEvent[];
  /** In the order asked for; fewer than `limit` also when the page would become too large. */
  read(filter: EventFilter): readonly StoredEvent[];
  /** The last `seq`, 0 when empty. */
  head(): number;
  /** The last `seq` recorded at or before `time`, 0 when none was. */
  seqAt(time: string): number;
  countOf(type: string): number;
}

/**
 * The sink and the log are not at the same place, because one of the two was restored to an earlier
 * moment: what follows `resume_after` is to be delivered (again).
 */
export class OutOfStepError extends Error {
  readonly resume_after: number;

  constructor(message: string, resume_after: number) {
    super(message);
    this.resume_after = resume_after;
  }
}

/** Where events go when they leave the lake. Idempotent on (`lake_id`, `seq`). */
export interface EventSink {
  /**
   * In order, without gaps, possibly not for the first time; `head` is the log's last `seq`, unless
   * given that of the last of these. Resolves when they are durable; rejects with OutOfStepError where the log has to go on from
   * somewhere else.
   */
  deliver(lake_id: string, events: readonly StoredEvent[], head?: number): Promise<void>;
  /** Forgets what it was told of the lake: all up to `head` is delivered again, from the first. */
  restart(lake_id: string, head: number): Promise<void>;
}

export interface OutboxCursor {
  readonly last_seq: number;
  /** What was delivered, another version of the sink was told; or it is to be told anew. */
  readonly outdated: boolean;
  readonly attempts: number;
  readonly last_error: string | null;
}

export interface SignRequest {
  readonly method: "GET" | "PUT";
  readonly key: string;
  /** Whole seconds; the URL is the same whenever it is signed again. */
  readonly signed_at: string;
  readonly expires_in: number;
}

/** Makes URLs that carry their own permission (AWS Signature V4, query form). */
export interface Presigner {
  sign(request: SignRequest): Promise<string>;
}

/** Whose days are counted. */
export interface Place {
  /** ISO 3166-1 alpha-2, or null when none was named. */
  readonly country: string | null;
  /** IANA name of a zone that exists, or null for the country's own. */
  readonly time_zone: string | null;
}

/** The clocks and public holidays of places. */
export interface Calendars {
  of(place: Place): Calendar;
}
