/**
 * Plans the steps by which a request for access is answered: a page of batches is looked up in
 * their indexes, each batch that may hold the person is read once, then everything is put together.
 * Each step follows from the state, so it can be planned again on any machine.
 */
import type { Batch } from "../domain/batch/batch.ts";
import { retentionEnd } from "../domain/batch/expiry.ts";
import { activeSchema, type Dataset } from "../domain/dataset/dataset.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId, DatasetName, SubjectAccessId } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { AccessFile, SubjectAccess } from "../domain/subjectAccess/subjectAccess.ts";
import type { ColumnType, Schema } from "../domain/table.ts";
import type { Reader } from "./commands.ts";
import { keyOf } from "./datasetKeys.ts";
import { deletionPlace } from "./deletionSeals.ts";
import { heldElsewhere } from "./heldElsewhere.ts";
import type { Keyring } from "./keyring.ts";
import { heldBatch, isArriving, type Lookup, lookupOf } from "./lookups.ts";
import { notSearched } from "./notSearched.ts";
import { accessKeys } from "./objectKeys.ts";
import { NOTHING, type Planned, type Planner, WAIT } from "./planWork.ts";
import type { DirectoryEntry, EventLog } from "./ports.ts";
import { accessSubjectPlace } from "./subjectAccess.ts";
import type { SubjectSet, SubjectTable } from "./subjectPorts.ts";

/** The next step of answering a request for access. */
export interface AccessStepRequest {
  readonly kind: "access_step";
  readonly subject_access_id: SubjectAccessId;
}

/** Batches that are looked up in one step. */
export const LOOKUPS_PER_STEP = 200;

/** What of one dataset the person's rows are in. */
export interface AccessSource {
  readonly dataset: DatasetName;
  readonly batches: readonly BatchId[];
  /** The names under which they were uploaded. */
  readonly files: readonly string[];
  /** When the first of them was appended (RFC 3339, UTC). */
  readonly since: string;
}

export type AccessPlan =
  | {
      readonly kind: "search";
      readonly from: number;
      readonly after: number;
      readonly batches: number;
      readonly ended: boolean;
      readonly lookups: readonly Lookup[];
      /** Batches that cannot be looked up: to be opened, if only to say that they do not open. */
      readonly unknown: readonly BatchId[];
      readonly subjects: SubjectSet;
    }
  | {
      readonly kind: "collect";
      readonly batch_id: BatchId;
      readonly dataset: DatasetName;
      readonly table: SubjectTable;
      readonly column_type: ColumnType | null;
      readonly dataset_key: Uint8Array | null;
      readonly access_key: Uint8Array;
      readonly part_key: string;
    }
  /** What is left of a batch has nothing to be read. */
  | { readonly kind: "pass"; readonly batch_id: BatchId; readonly outcome: "gone" | "unreadable" }
  | {
      readonly kind: "finish";
      readonly access_key: Uint8Array;
      readonly file_key: string;
      readonly parts: readonly AccessFile[];
      /** Lines that come before the rows: what is said about them, each as it is to be written. */
      readonly head: readonly object[];
      readonly sources: readonly AccessSource[];
    };

/**
 * `nothing` once the request is answered or its person forgotten, `wait` while a file is taken over
 * that was when they asked.
 */
export const planAccess = (
  { subject_access_id }: AccessStepRequest,
  planner: Planner,
  read: Reader,
): Result<Planned, Rejection> => {
  const { log, attempt_id } = planner;
  const access = read.subjectAccess(subject_access_id);
  const lake = read.lake();
  if (access.status !== "collecting" || lake.status === "absent") return ok(NOTHING);
  const keyring = planner.keyring();
  const access_key = keyring.accessKey(subject_access_id);
  if (access_key === null) return ok(NOTHING);
  const keys = accessKeys(lake.lake_id, subject_access_id, attempt_id);
  const planned = (step: AccessPlan, ...writes: readonly string[]): Result<Planned, Rejection> =>
    ok({ plan: { kind: "subject_access", step }, writes, expects: [] });

  const subjects = subjectsOf(access, keyring);
  const [batch_id] = access.waiting;
  if (batch_id !== undefined) {
    const step = collectFrom(batch_id, subjects, read, keyring);
    if (step.kind === "pass") return planned(step);
    return planned({ ...step, access_key, part_key: keys.part }, keys.part);
  }
  if (!access.searched) {
    const found = search(access, subjects, log, read, keyring);
    return found === null ? ok(WAIT) : planned(found);
  }
  const { parts } = access;
  const step = { kind: "finish", access_key, file_key: keys.file, parts } as const;
  return planned({ ...step, ...aboutData(access, lake.lake_id, planner, read) }, keys.file);
};

/** The clear id too, while the person's key is there. */
const subjectsOf = (access: SubjectAccess, keyring: Keyring): SubjectSet => {
  const subject_id = clearId(access, keyring);
  return { refs: [access.subject_refs], subject_ids: subject_id === null ? [] : [subject_id] };
};

const clearId = (
  { subject_access_id, subject_ref, subject_id }: SubjectAccess,
  keyring: Keyring,
): string | null =>
  keyring.open(subject_ref, accessSubjectPlace(subject_access_id), subject_id.sealed);

/** Null when the next batch is still being taken over, and was when the person asked. */
const search = (
  { after: from, requested_at }: SubjectAccess,
  subjects: SubjectSet,
  log: EventLog,
  read: Reader,
  keyring: Keyring,
): AccessPlan | null => {
  const listed = log.directory.list({ kind: "batch", after: from, limit: LOOKUPS_PER_STEP });
  const arriving = listed.findIndex(({ id }) => isArriving(read, id as BatchId, requested_at));
  if (arriving === 0) return null;
  const page = arriving < 0 ? listed : listed.slice(0, arriving);
  const last = page.at(-1);
  const ended = arriving < 0 && page.length < LOOKUPS_PER_STEP;
  const lookups: Lookup[] = [];
  const unknown: BatchId[] = [];
  for (const { id } of page satisfies readonly DirectoryEntry[]) {
    const held = heldBatch(read, id as BatchId);
    if (held === null) continue;
    const lookup = lookupOf(held, keyring);
    if (lookup === null) unknown.push(held.batch.batch_id);
    else lookups.push(lookup);
  }
  const batches = lookups.length + unknown.length;
  const after = last?.created_seq ?? from;
  return { kind: "search", from, after, batches, ended, lookups, unknown, subjects };
};

const collectFrom = (
  batch_id: BatchId,
  subjects: SubjectSet,
  read: Reader,
  keyring: Keyring,
):
  | Extract<AccessPlan, { kind: "pass" }>
  | Omit<Extract<AccessPlan, { kind: "collect" }>, "access_key" | "part_key"> => {
  const held = heldBatch(read, batch_id);
  if (held === null) return { kind: "pass", batch_id, outcome: "gone" };
  const { batch, dataset, column: subject_column } = held;
  const key = keyOf(dataset, keyring);
  if (!key.ok) return { kind: "pass", batch_id, outcome: "unreadable" };
  const { raw: source, schema } = batch;
  const table = { source, schema, subject_column, subjects, key: keyring.pseudonymKey() };
  return {
    kind: "collect",
    batch_id,
    dataset: dataset.name,
    table,
    column_type: schemaOf(batch, dataset, read)[subject_column] ?? null,
    dataset_key: key.value,
  };
};

/** What the batch's rows should have fitted. */
const schemaOf = (batch: Batch, dataset: Dataset, read: Reader): Schema => {
  const contract = read.contract(batch.contract_id);
  return contract.status === "absent" ? activeSchema(dataset) : contract.schema;
};

/** What a person is told besides their data (Art. 15(1) GDPR). */
const RIGHTS =
  "You may ask for rectification or erasure of these data, for restriction of their processing, " +
  "and object to it; you may complain to a supervisory authority (Art. 15(1)(e) and (f) GDPR).";

/** What of it no lake knows: somebody has to say it (Art. 15(1) and (2) GDPR). */
const TO_COMPLETE = [
  { article: "Art. 15(1)(a)", what: "the purposes for which the data is processed" },
  {
    article: "Art. 15(1)(h)",
    what: "whether decisions are made by automated means, profiling among them, and how",
  },
  {
    article: "Art. 15(2)",
    what: "whether data goes to a third country, and under which safeguards",
  },
  {
    article: "Art. 15(3)",
    what: "files that were uploaded and that no batch has taken over: they are not looked through",
  },
];

/** What tells of others, maybe: a person reads it before the file is handed out (Art. 15(4) GDPR). */
const TO_REVIEW = [
  {
    article: "Art. 15(4)",
    what: "texts that people wrote: descriptions of datasets, names of files, purposes of accesses",
  },
];

/** The lines about the rows, and where the rows are from. */
const aboutData = (
  access: SubjectAccess,
  lake_id: string,
  { log, keyring, now }: Planner,
  read: Reader,
): Pick<Extract<AccessPlan, { kind: "finish" }>, "head" | "sources"> => {
  const keys = keyring();
  const { subject_access_id, received_at, unreadable, parts } = access;
  const first = {
    kind: "subject_access",
    subject_access_id,
    lake_id,
    subject_id: clearId(access, keys),
    received_at,
    collected_at: now,
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    rights: RIGHTS,
    held_elsewhere: heldElsewhere(log),
    not_searched: notSearched(log),
    unreadable_batches: unreadable,
    to_complete: TO_COMPLETE,
    to_review: TO_REVIEW,
  };
  const batches = parts.flatMap(({ batch_id }) => heldBatch(read, batch_id) ?? []);
  const datasets = new Map(batches.map(({ dataset }) => [dataset.name, dataset]));
  const sources = [...datasets.keys()].map((dataset) => {
    const own = batches.flatMap(({ batch }) => (batch.dataset === dataset ? batch : []));
    const files = own.map(({ file_url }) => file_url);
    const [since = now] = own.map(({ appended_at }) => appended_at).sort();
    return { dataset, batches: own.map(({ batch_id }) => batch_id), files, since };
  });
  const head = [
    first,
    ...[...datasets.values()].map(datasetLine),
    ...batches.map(({ batch }) => batchLine(batch, read)),
    ...deletionLines(access, log, read, keys),
  ];
  return { head, sources };
};

const datasetLine = (dataset: Dataset) => ({
  kind: "dataset",
  dataset: dataset.name,
  description: dataset.description,
  categories: Object.keys(activeSchema(dataset)),
  subject_column: dataset.subject_column,
});

const batchLine = (batch: Batch, read: Reader) => {
  const contract = read.contract(batch.contract_id);
  const { batch_id, dataset, file_url: source, appended_at } = batch;
  const kept_until =
    contract.status === "absent" ? null : retentionEnd(appended_at, contract.retention_days);
  return { kind: "batch", batch_id, dataset, source, appended_at, kept_until };
};

/** The person's own requests to be forgotten, in their own words. */
const deletionLines = (
  { subject_ref }: SubjectAccess,
  log: EventLog,
  read: Reader,
  keys: Keyring,
): readonly object[] =>
  log.directory
    .list({ kind: "deletion", subject_ref, limit: MAX_OWN_REQUESTS })
    .flatMap(({ id }) => {
      const deletion = read.deletion(id);
      if (deletion.status === "absent") return [];
      const { deletion_id, status, received_at, requested_by, reason } = deletion;
      const said = keys.open(subject_ref, deletionPlace(deletion_id, "reason"), reason.sealed);
      return [{ kind: "request", deletion_id, status, received_at, requested_by, reason: said }];
    });

/** Of one person's requests so many are listed. */
const MAX_OWN_REQUESTS = 1_000;
