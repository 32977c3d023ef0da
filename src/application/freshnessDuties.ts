/**
 * The watch over how fresh published data is. Whatever may have changed it (a publication, a batch
 * that leaves, another contract) owes a look; a look finds the newest moments, records what they
 * mean by now, and owes the next look for the moment at which they will be too old. It goes through
 * all published batches only where their newest is not known, a page a turn, so that commands have
 * theirs in between.
 */
import type { BatchState } from "../domain/batch/batch.ts";
import type { Contract, ContractState } from "../domain/contract/contract.ts";
import {
  freshnessTerms,
  sameNewest,
  sameTerms,
  type WatchFreshness,
} from "../domain/freshness/decide.ts";
import {
  type FreshnessState,
  type FreshnessTerm,
  isAhead,
  type Newest,
  nextStale,
} from "../domain/freshness/freshness.ts";
import type { BatchId, StreamName } from "../domain/ids.ts";
import { type Reader, reader } from "./commands.ts";
import type { LakeService } from "./lakeService.ts";
import type { EventLog, PendingDuty, StoredEvent } from "./ports.ts";
import type { DutyDeps } from "./runDuties.ts";
import { freshnessRows, type View } from "./views.ts";

/** Batches gone through in one turn. */
export const BATCHES_PER_LOOK = 100;

/** Changed batches that one look is told of; of more it goes through all there are. */
const MAX_TOLD = 100;

type FoundByColumn = Readonly<Record<string, Newest | null>>;

/** What a duty knows of the look it is for. */
interface Look {
  /** Batches whose part in the newest may have changed. */
  readonly batches: readonly string[];
  /** Under way: the directory's entries behind `after` are still to be looked at. */
  readonly scan: { readonly after: number; readonly found: FoundByColumn } | null;
}

/** This code has written it. */
const lookOf = ({ payload }: PendingDuty): Look => ({
  batches: (payload.batches as Look["batches"] | undefined) ?? [],
  scan: (payload.scan as Look["scan"] | undefined) ?? null,
});

const FROM_THE_START = { after: 0, found: {} } as const;

const CONTRACT_EVENTS: ReadonlySet<string> = new Set([
  "DataContractDefined",
  "DataContractUpdated",
  "DataContractApproved",
  "DataContractApprovalRevoked",
  "DataContractDeclined",
  "DataContractDeprecated",
]);

/** In the transaction that records events: the looks that are owed because of them. */
export const oweFreshness = (
  log: EventLog,
  events: readonly StoredEvent[],
  before: ReadonlyMap<StreamName, BatchState>,
  now: string,
): void => {
  const owed = new Map<string, string[]>();
  const owe = (contract_id: string, ...batches: readonly string[]) =>
    owed.set(contract_id, [...(owed.get(contract_id) ?? []), ...batches]);
  for (const [stream, was] of before) {
    const is = log.load(stream).state as BatchState;
    if (is.status === "absent" || shareOf(was) === shareOf(is)) continue;
    const { contract_id, batch_id } = is.status === "requested" ? is : is.batch;
    owe(contract_id, batch_id);
  }
  for (const { type, stream } of events) {
    const id = stream.slice(stream.indexOf("/") + 1);
    if (CONTRACT_EVENTS.has(type)) owe(id);
    if (type !== "DatasetDeprecated") continue;
    for (const entry of log.directory.list({ kind: "freshness", dataset: id, limit: MAX_WATCHES }))
      owe(entry.id);
  }
  const cause = events.at(-1);
  if (cause === undefined) return;
  const origin = { correlation_id: cause.correlation_id, causation_id: cause.event_id };
  const read = reader(log);
  for (const [ref, batches] of owed) {
    if (termsOf(read.contract(ref)).length === 0 && read.freshness(ref).status !== "watched") {
      continue;
    }
    const duty = { kind: "freshness_due", ref } as const;
    const known = log.schedule.find(duty);
    const look = known ? lookOf(known) : { batches: [], scan: null };
    const told = [...new Set([...look.batches, ...batches])];
    const next = told.length > MAX_TOLD ? { batches: [], scan: FROM_THE_START } : look;
    const payload = { ...origin, ...next, ...(told.length > MAX_TOLD ? {} : { batches: told }) };
    log.schedule.put({ ...duty, due_at: now, payload });
  }
};

/** Watches of one dataset, one a contract, that are looked at together. */
export const MAX_WATCHES = 1000;

/** How every contract's watch over a dataset stands; `now` as for `view`. */
export const freshnessOf = (
  log: EventLog,
  read: Reader,
  dataset: string,
  now: string,
): readonly View[] =>
  log.directory
    .list({ kind: "freshness", dataset, limit: MAX_WATCHES })
    .flatMap(({ id }) => freshnessRows(read.freshness(id), now));

const termsOf = (contract: ContractState): readonly FreshnessTerm[] =>
  contract.status === "absent" ? [] : freshnessTerms(contract.quality_rules);

/** What a batch has to say about freshness, to be compared; null when it is not published. */
const shareOf = (state: BatchState): string | null => {
  if (state.status !== "held" || state.batch.progress.status !== "published") return null;
  return JSON.stringify([state.batch.revised_at, state.batch.progress.publication.newest]);
};

export interface FreshnessDeps {
  readonly log: EventLog;
  readonly service: Pick<LakeService, "fulfil">;
  readonly lake_id: string;
  readonly now: () => Date;
}

export const freshnessDuties = (
  deps: FreshnessDeps,
): Pick<DutyDeps["handlers"], "freshness_due"> => ({
  freshness_due: async (duty) => lookAtFreshness(deps, duty),
});

/** One look, or one page of it: then the duty is due once more. */
export const lookAtFreshness = (deps: FreshnessDeps, duty: PendingDuty): void => {
  const { log } = deps;
  const read = reader(log);
  const contract = read.contract(duty.ref);
  if (contract.status === "absent") {
    log.schedule.remove(duty);
    return;
  }
  const terms = inForce(contract, read) ? termsOf(contract) : [];
  const look = lookOf(duty);
  const state = read.freshness(duty.ref);
  const scan = look.scan ?? (isKnown(terms, state, look, read) ? null : FROM_THE_START);
  if (scan === null || terms.length === 0) {
    const found = withChanged(foundIn(state), look, terms, duty.ref, read);
    record(deps, duty, contract, terms, found);
    return;
  }
  const filter = { kind: "batch", dataset: contract.dataset, status: "published" } as const;
  const page = log.directory.list({ ...filter, after: scan.after, limit: BATCHES_PER_LOOK });
  const found = page.reduce(
    (sofar, { id }) => newerOf(sofar, partsOf(read, id, duty.ref, terms)),
    scan.found as FoundByColumn,
  );
  const last = page.at(-1);
  const again = (next: Look["scan"], batches: Look["batches"]) =>
    log.schedule.put({ ...duty, payload: { ...duty.payload, scan: next, batches } });
  if (last !== undefined && page.length === BATCHES_PER_LOOK) {
    again({ after: last.created_seq, found }, look.batches);
  } else if (isOutdated(found, look, terms, duty.ref, read)) again(FROM_THE_START, []);
  else {
    const all = withChanged(found, look, terms, duty.ref, read);
    record(deps, duty, contract, terms, orNothing(all, foundIn(state), terms));
  }
};

/** A contract that was declined or deprecated asks for nothing, nor does one of a dead dataset. */
const inForce = ({ status, dataset }: Contract, read: Reader): boolean =>
  (status === "defined" || status === "approved") && read.dataset(dataset).status === "active";

/** Records what was found, and owes the next look in the same transaction. */
const record = (
  { log, service, lake_id, now }: FreshnessDeps,
  duty: PendingDuty,
  { contract_id, dataset }: Contract,
  terms: readonly FreshnessTerm[],
  found: FoundByColumn,
): void => {
  const at = now().toISOString();
  log.transaction(() => {
    const command: WatchFreshness = {
      ...{ type: "WatchFreshness", contract_id, dataset },
      ...{ now: at, terms, found },
    };
    const done = service.fulfil(lake_id, command, duty);
    if (!done.ok) throw new Error(done.error.detail);
    const { kind, ref } = duty;
    const due_at = nextStale(reader(log).freshness(ref));
    if (due_at === null) log.schedule.remove(duty);
    else log.schedule.put({ kind, ref, due_at, payload: {} });
  });
};

const foundIn = (state: FreshnessState): FoundByColumn =>
  state.status === "watched"
    ? Object.fromEntries(state.columns.map(({ column, found }) => [column, found]))
    : {};

/** Whether the newest follows from what is on record and the batches that have changed. */
const isKnown = (
  terms: readonly FreshnessTerm[],
  state: FreshnessState,
  look: Look,
  read: Reader,
): boolean =>
  state.status === "watched" &&
  sameTerms(terms, state) &&
  !isOutdated(foundIn(state), look, terms, state.contract_id, read);

/** Whether the newest of a column is of a batch that has changed and has it no more. */
const isOutdated = (
  found: FoundByColumn,
  { batches }: Look,
  terms: readonly FreshnessTerm[],
  contract_id: string,
  read: Reader,
): boolean =>
  terms.some(({ column }) => {
    const known = found[column];
    if (!known?.batch_id || !batches.includes(known.batch_id)) return false;
    const is = partsOf(read, known.batch_id, contract_id, terms)[column] ?? null;
    return is === null || !sameNewest(is, known);
  });

const withChanged = (
  found: FoundByColumn,
  { batches }: Look,
  terms: readonly FreshnessTerm[],
  contract_id: string,
  read: Reader,
): FoundByColumn =>
  batches.reduce((sofar, id) => newerOf(sofar, partsOf(read, id, contract_id, terms)), found);

/** Where something was published before and nothing is now, its age counts from nothing. */
const orNothing = (
  found: FoundByColumn,
  before: FoundByColumn,
  terms: readonly FreshnessTerm[],
): FoundByColumn =>
  Object.fromEntries(
    terms.map(({ column }) => [column, found[column] ?? (before[column] ? NOTHING : null)]),
  );

const NOTHING: Newest = { newest: null, counted_from: "nothing", batch_id: null };

const newerOf = (a: FoundByColumn, b: FoundByColumn): FoundByColumn =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((column) => {
      const [left, right] = [a[column] ?? null, b[column] ?? null];
      if (left === null || right === null) return [column, left ?? right];
      return [column, (right.newest ?? "") > (left.newest ?? "") ? right : left];
    }),
  );

/** A batch's newest moments, while it is published under the contract. */
const partsOf = (
  read: Reader,
  batch_id: string,
  contract_id: string,
  terms: readonly FreshnessTerm[],
): FoundByColumn => {
  const state = read.batch(batch_id);
  if (state.status !== "held" || state.batch.progress.status !== "published") return {};
  const { batch } = state;
  if (batch.contract_id !== contract_id) return {};
  const { newest, published_at } = state.batch.progress.publication;
  return Object.fromEntries(
    terms.map(({ column }) => {
      const moment = newest[column];
      // Recorded before such values were passed over: what was behind it is not known.
      const known = moment != null && isAhead(moment, published_at) ? undefined : moment;
      return [column, partOf(known, batch.batch_id, batch.revised_at)];
    }),
  );
};

const partOf = (
  newest: string | null | undefined,
  batch_id: BatchId,
  appended_at: string,
): Newest => {
  if (newest === null) return NOTHING;
  return newest === undefined
    ? { newest: appended_at, counted_from: "append", batch_id }
    : { newest, counted_from: "value", batch_id };
};
