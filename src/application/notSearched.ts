/**
 * Datasets that may hold a person and are searched for nobody: none of their columns names whose a
 * row is (`subject_column`), so neither an erasure nor the answer to a request for access can tell.
 * They are named wherever either is told of, for somebody to look into them.
 */
import { protects } from "../domain/batch/protection.ts";
import type { Dataset } from "../domain/dataset/dataset.ts";
import type { DatasetName } from "../domain/ids.ts";
import { directoryEntries } from "./directoryEntries.ts";
import { arrival } from "./directoryEntry.ts";
import type { EventLog, StoredEvent } from "./ports.ts";
import { type Reader, reader } from "./reader.ts";

/** Statuses of batches that have bytes, or are about to. */
const WITH_BYTES = [
  "appending",
  "appended",
  "checked",
  "anonymized",
  "published",
  "quarantined",
] as const;

const SUSPICIONS_PER_PAGE = 100;

/** A sentence names so many datasets. */
const MAX_NAMED = 20;

/**
 * In the order in which they were registered: now, or when the log's last event was `seq`. To be
 * asked within one turn.
 */
export const notSearched = (log: EventLog, seq?: number): readonly DatasetName[] => {
  const then: Then = { log, read: reader(log, seq), until: seq ?? Number.POSITIVE_INFINITY };
  const names: DatasetName[] = [];
  for (const { id } of directoryEntries(log, { kind: "dataset" })) {
    const dataset = then.read.dataset(id);
    if (dataset.status === "absent" || dataset.subject_column !== null) continue;
    const bytes = seq === undefined ? hasBytes(log, dataset) : hadBytes(then, dataset);
    if (bytes && mayHoldPersons(then, dataset)) names.push(dataset.name);
  }
  return names;
};

/** The log up to an event. */
interface Then {
  readonly log: EventLog;
  readonly read: Reader;
  /** `seq` of the last event that counts. */
  readonly until: number;
}

const hasBytes = ({ directory }: EventLog, { name: dataset }: Dataset): boolean =>
  WITH_BYTES.some(
    (status) => directory.list({ kind: "batch", dataset, status, limit: 1 }).length > 0,
  );

/** The directory knows of the present only: batches are asked one after the other. */
const hadBytes = ({ log, read, until }: Then, { name: dataset }: Dataset): boolean => {
  for (const { id, created_seq } of directoryEntries(log, { kind: "batch", dataset })) {
    if (created_seq > until) return false;
    const state = read.batch(id);
    if (state.status === "held") return true;
    if (state.status === "requested" && arrival(state.work) === "appending") return true;
  }
  return false;
};

/** Somebody has declared it, or protects columns of it, or a batch that is there looks like it. */
const mayHoldPersons = (then: Then, dataset: Dataset): boolean =>
  dataset.contains_pii === true || isProtected(then, dataset) || looksPersonal(then, dataset);

const isProtected = ({ log, read }: Then, { name: dataset }: Dataset): boolean => {
  for (const { id } of directoryEntries(log, { kind: "contract", dataset })) {
    const contract = read.contract(id);
    if (contract.status !== "absent" && protects(contract.privacy_rules)) return true;
  }
  return false;
};

/** What no contract protected was told of when it was appended: batches without it are not read. */
const looksPersonal = (then: Then, { name: dataset }: Dataset): boolean => {
  const type = "PersonalDataSuspected";
  for (let after = 0; ; ) {
    const page = then.log.read({ type, dataset, after, limit: SUSPICIONS_PER_PAGE });
    if (page.some((event) => isThere(then, event))) return true;
    const last = page.at(-1);
    if (last === undefined || page.length < SUSPICIONS_PER_PAGE) return false;
    after = last.seq;
  }
};

const isThere = ({ read, until }: Then, { stream, seq }: StoredEvent): boolean => {
  if (seq > until) return false;
  const state = read.batch(stream.slice("batch/".length));
  return state.status === "held" && state.batch.looks_personal.length > 0;
};

/** For those who answer to the person. */
export const notSearchedWarnings = (datasets: readonly DatasetName[]): readonly string[] => {
  if (datasets.length === 0) return [];
  const named = datasets.slice(0, MAX_NAMED).join(", ");
  const more = datasets.length > MAX_NAMED ? ` and ${datasets.length - MAX_NAMED} more` : "";
  return [
    `Not searched for the person: ${named}${more}. They may hold personal data and have no ` +
      "subject_column, so nothing tells whose a row is: somebody has to look into them.",
  ];
};
