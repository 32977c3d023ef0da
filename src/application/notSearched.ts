/**
 * Datasets that may hold a person and are searched for nobody, as a whole or in part: none of their
 * columns names whose a row is (`subject_column`), or batches of them were read under a schema version
 * without it, so neither an erasure nor the answer to a request for access can tell. They are named
 * wherever either is told of, for somebody to look into them.
 */
import { protects } from "../domain/batch/protection.ts";
import { activeSchema, type Dataset } from "../domain/dataset/dataset.ts";
import { subjectTypeFault } from "../domain/dataset/subjectColumn.ts";
import type { DatasetName } from "../domain/ids.ts";
import type { StateOf } from "./aggregates.ts";
import { directoryEntries } from "./directoryEntries.ts";
import { arrival } from "./directoryEntry.ts";
import type { EventLog, StoredEvent } from "./ports.ts";
import { hasBatches, WITH_BYTES } from "./presentBatches.ts";
import { type Reader, reader } from "./reader.ts";
import { someNames } from "./someNames.ts";

const SUSPICIONS_PER_PAGE = 100;

/**
 * In the order in which they were registered: now, or when the log's last event was `seq`. To be
 * asked within one turn.
 */
export const notSearched = (log: EventLog, seq?: number): readonly DatasetName[] => {
  const then: Then = { log, read: reader(log, seq), until: seq ?? Number.POSITIVE_INFINITY };
  const names: DatasetName[] = [];
  for (const { id } of directoryEntries(log, { kind: "dataset" })) {
    const dataset = then.read.dataset(id);
    if (dataset.status !== "absent" && isMissed(then, dataset)) names.push(dataset.name);
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

const isMissed = (then: Then, dataset: Dataset): boolean => {
  const column = dataset.subject_column;
  if (column !== null) return hasBatchWithout(then, dataset, column);
  const bytes = isPresent(then) ? hasBatches(then.log, dataset.name) : hadBytes(then, dataset);
  return bytes && mayHoldPersons(then, dataset);
};

const isPresent = ({ until }: Then): boolean => until === Number.POSITIVE_INFINITY;

const hadBytes = (then: Then, dataset: Dataset): boolean => {
  for (const state of batchesOf(then, dataset)) {
    if (state.status === "held") return true;
    if (state.status === "requested" && arrival(state.work) === "appending") return true;
  }
  return false;
};

/** Whether a batch was read under a schema version that lacks the column that names its persons. */
const hasBatchWithout = (then: Then, dataset: Dataset, column: string): boolean => {
  // Most have no such version, and their batches are not gone through.
  if (dataset.schema_versions.every(({ schema }) => Object.hasOwn(schema, column))) return false;
  for (const state of batchesOf(then, dataset)) {
    if (state.status !== "held") continue;
    const { schema } = state.batch;
    // Without any schema it is always looked into.
    if (schema !== null && !Object.hasOwn(schema, column)) return true;
  }
  return false;
};

/** One after the other. What is gone is passed over now; of the past the directory does not know. */
function* batchesOf(then: Then, { name: dataset }: Dataset): Generator<StateOf<"batch">> {
  const now = isPresent(then);
  for (const { id, status, created_seq } of directoryEntries(then.log, {
    kind: "batch",
    dataset,
  })) {
    if (created_seq > then.until) return;
    if (!now || WITH_BYTES.includes(status)) yield then.read.batch(id);
  }
}

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

/** Datasets whose persons are named by a column of a type that is refused by now. */
const namedForUncertain = (log: EventLog): readonly DatasetName[] => {
  const read = reader(log);
  const names: DatasetName[] = [];
  for (const { id } of directoryEntries(log, { kind: "dataset" })) {
    const dataset = read.dataset(id);
    if (dataset.status === "absent" || dataset.subject_column === null) continue;
    const type = activeSchema(dataset)[dataset.subject_column];
    if (subjectTypeFault(type) !== null) names.push(dataset.name);
  }
  return names;
};

/** For those who answer to the person. */
export const searchedWarnings = (log: EventLog): readonly string[] => {
  const uncertain = namedForUncertain(log);
  return [
    ...notSearchedWarnings(notSearched(log)),
    ...(uncertain.length > 0
      ? [
          `Searched by a column that several people may share: ${someNames(uncertain)}. Its type (float, ` +
            "boolean, date or datetime) does not tell ids apart for certain, so rows of somebody else " +
            "may be taken for the person's: look into them before the request is carried out.",
        ]
      : []),
  ];
};

const notSearchedWarnings = (datasets: readonly DatasetName[]): readonly string[] => {
  if (datasets.length === 0) return [];
  return [
    `Not searched for the person: ${someNames(datasets)}. They may hold personal data, and no subject_column ` +
      "tells whose a row is, in all or in some of their batches: somebody has to look into them. " +
      "POST /datasets/{name}/amend names the column where there is one; POST /replay reads batches " +
      "anew that were read under a schema version without it.",
  ];
};
