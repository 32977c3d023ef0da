/** What a look at a contract's published data brings to its watch. */
import { ok, type Result } from "../decider.ts";
import type { ContractId, DatasetName } from "../ids.ts";
import type { Rejection } from "../rejection.ts";
import { parseQualityRules } from "../rules/quality.ts";
import {
  evolveFreshness,
  type FreshnessEvent,
  type FreshnessState,
  type FreshnessTerm,
  freshUntil,
  type Newest,
} from "./freshness.ts";

/** One look: what is asked for, what is there, and what time it is. */
export interface WatchFreshness {
  readonly type: "WatchFreshness";
  readonly contract_id: ContractId;
  readonly dataset: DatasetName;
  readonly now: string;
  /** Empty: there is nothing to watch any more. */
  readonly terms: readonly FreshnessTerm[];
  /** For each column of the terms; null while nothing was published under the contract. */
  readonly found: Readonly<Record<string, Newest | null>>;
}

/** The freshness that quality rules ask for, the strictest age a column. */
export const freshnessTerms = (
  quality_rules: Readonly<Record<string, unknown>>,
): readonly FreshnessTerm[] => {
  const parsed = parseQualityRules(quality_rules);
  const ages = new Map<string, number>();
  for (const rule of parsed.ok ? parsed.value : []) {
    if (rule.kind !== "freshness") continue;
    ages.set(rule.of, Math.min(rule.max_age_ms, ages.get(rule.of) ?? rule.max_age_ms));
  }
  return [...ages].map(([column, max_age_ms]) => ({ column, max_age_ms }));
};

/** Never rejects. A breach and its end are each recorded once, whenever they are noticed. */
export const decideFreshness = (
  command: WatchFreshness,
  state: FreshnessState,
): Result<readonly FreshnessEvent[], Rejection> => {
  const { contract_id, dataset, now, terms, found } = command;
  const events: FreshnessEvent[] = [];
  let after = state;
  const record = (event: FreshnessEvent): void => {
    events.push(event);
    after = evolveFreshness(after, { ...event, recorded_at: now });
  };
  if (terms.length === 0) {
    const watched = state.status === "watched";
    return ok(watched ? [{ type: "DatasetFreshnessUnwatched", data: { contract_id } }] : []);
  }
  if (!sameTerms(terms, state)) {
    record({ type: "DatasetFreshnessWatched", data: { contract_id, dataset, columns: terms } });
  }
  for (const { column } of terms) {
    const seen = found[column] ?? null;
    const known = columnOf(after, column);
    if (seen !== null && !sameNewest(seen, known?.found ?? null)) {
      record({ type: "DatasetFreshnessObserved", data: { contract_id, column, ...seen } });
    }
    const watched = columnOf(after, column);
    if (watched === undefined || watched.found === null) continue;
    const { newest, counted_from } = watched.found;
    const until = counted_from === "nothing" ? now : freshUntil(watched);
    const stale = until !== null && until <= now;
    if (stale && watched.stale_since === null) {
      const data = { contract_id, column, newest, since: until };
      record({ type: "DatasetFreshnessBreached", data });
    } else if (!stale && watched.stale_since !== null) {
      record({ type: "DatasetFreshnessRestored", data: { contract_id, column, newest } });
    }
  }
  return ok(events);
};

const columnOf = (state: FreshnessState, name: string) =>
  state.status === "watched" ? state.columns.find(({ column }) => column === name) : undefined;

export const sameTerms = (terms: readonly FreshnessTerm[], state: FreshnessState): boolean =>
  state.status === "watched" &&
  terms.length === state.columns.length &&
  terms.every(({ column, max_age_ms }) => columnOf(state, column)?.max_age_ms === max_age_ms);

export const sameNewest = (a: Newest, b: Newest | null): boolean =>
  a.newest === b?.newest && a.counted_from === b.counted_from && a.batch_id === b.batch_id;
