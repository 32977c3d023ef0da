/**
 * What a batch is compared with where a rule asks for the other published batches of its dataset:
 * the hashes that each of them kept at its contract's check. One in quarantine that was published
 * keeps its place, because its release brings it back without another check.
 */
import { type Batch, progressOf } from "../domain/batch/batch.ts";
import type { RawRules } from "../domain/batch/events.ts";
import type { BatchId, ReplayId } from "../domain/ids.ts";
import type { Replay } from "../domain/replay/replay.ts";
import { parseQualityRules, type QualityRule } from "../domain/rules/quality.ts";
import { hasColumns, scopedColumns, type UniqueHashes } from "../domain/rules/uniqueScope.ts";
import { idOf } from "./aggregates.ts";
import type { Reader } from "./commands.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { EventLog } from "./ports.ts";

/** The part of a plan that a rule in the scope of the dataset needs. */
export interface Comparison {
  readonly others: readonly UniqueHashes[];
  /** Where hashes are written while they are compared. */
  readonly seen_key: string;
  readonly as_of: number;
  readonly not_compared_batches: number;
}

/** Which publications of others count. */
export interface Which {
  /** Those up to this event of the log; left out: all. */
  readonly until?: number;
  /** As this replay makes them: those it has derived, and none that are still to come. */
  readonly replay_id?: ReplayId;
}

const PAGE = 1000;

/** Lists of columns that the rules want to be unique across the dataset. */
export const scopedIn = (
  rules: RawRules,
  counts: (rule: QualityRule) => boolean = () => true,
): readonly (readonly string[])[] => {
  const parsed = parseQualityRules(rules);
  return parsed.ok ? scopedColumns(parsed.value.filter(counts)) : [];
};

/** Null when no rule asks for it. */
export const comparisonOf = (
  log: EventLog,
  read: Reader,
  batch: Batch,
  rules: RawRules,
  seen_key: string,
  which: Which,
): Comparison | null => {
  const columns = scopedIn(rules);
  if (columns.length === 0) return null;
  const recent = which.until === undefined ? null : publishedSince(log, batch, which.until);
  const others: UniqueHashes[] = [];
  let not_compared_batches = 0;
  for (const { batch_id, hashes } of othersOf(log, read, batch, which.replay_id)) {
    if (recent?.has(batch_id)) continue;
    const some = columns.some((list) => hashes !== null && hasColumns(hashes, [list]));
    if (hashes !== null && some) others.push(hashes);
    if (hashes === null || !hasColumns(hashes, columns)) not_compared_batches += 1;
  }
  return { others, seen_key, as_of: which.until ?? log.head(), not_compared_batches };
};

/** The hashes of those that were published after a check, which knows nothing of them. */
export const publishedAfter = (
  log: EventLog,
  read: Reader,
  batch: Batch,
  as_of: number,
): readonly UniqueHashes[] => {
  const recent = publishedSince(log, batch, as_of);
  return othersOf(log, read, batch)
    .filter(({ batch_id }) => recent.has(batch_id))
    .flatMap(({ hashes }) => hashes ?? []);
};

/** Batches of the dataset that were published, maybe once more, after an event of the log. */
const publishedSince = (log: EventLog, { dataset }: Batch, seq: number): ReadonlySet<string> => {
  const ids = new Set<string>();
  for (let after = seq; ; ) {
    const page = log.read({ type: "DataPublished", dataset, after, limit: PAGE });
    for (const { stream } of page) ids.add(idOf(stream));
    const last = page.at(-1);
    if (last === undefined) return ids;
    after = last.seq;
  }
};

interface Other {
  readonly batch_id: BatchId;
  /** Null when it was checked before there was a rule to keep them for. */
  readonly hashes: UniqueHashes | null;
}

const othersOf = (
  log: EventLog,
  read: Reader,
  batch: Batch,
  replay_id?: ReplayId,
): readonly Other[] => {
  const replay = replay_id === undefined ? null : read.replay(replay_id);
  const running = replay === null || replay.status === "absent" ? null : replay;
  const awaited = new Set(running === null ? [] : awaitedBy(running));
  return idsOf(log, batch.dataset).flatMap((id): readonly Other[] => {
    const state = read.batch(id);
    if (id === batch.batch_id || state.status !== "held") return [];
    const other = state.batch;
    if (running !== null && other.candidate?.replay_id === running.replay_id) {
      const { result } = other.candidate;
      if (result.kind === "misfit" || result.publication === null) return [];
      return [{ batch_id: other.batch_id, hashes: result.check?.unique?.hashes ?? null }];
    }
    const progress = progressOf(other);
    if (progress.status !== "published" || awaited.has(other.batch_id)) return [];
    return [
      { batch_id: other.batch_id, hashes: progress.quality.contract?.unique?.hashes ?? null },
    ];
  });
};

/** Batches whose turn is still to come: they will be compared with those before them. */
const awaitedBy = ({ batch_ids, passed, again }: Replay): readonly BatchId[] => [
  ...batch_ids.slice(passed),
  ...again,
];

const idsOf = (log: EventLog, dataset: string): readonly string[] => {
  const ids: string[] = [];
  for (const status of ["published", "quarantined"]) {
    for (const { id } of directoryEntries(log, { kind: "batch", dataset, status })) ids.push(id);
  }
  return ids;
};
