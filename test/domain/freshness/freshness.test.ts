import { describe, expect, it } from "vitest";
import { batchId, contractId, datasetName } from "../../../src/contracts/fields.ts";
import {
  decideFreshness,
  freshnessTerms,
  type WatchFreshness,
} from "../../../src/domain/freshness/decide.ts";
import {
  evolveFreshness,
  type FreshnessEvent,
  type FreshnessState,
  initialFreshness,
  type Newest,
  nextStale,
} from "../../../src/domain/freshness/freshness.ts";

const contract_id = contractId.parse("c1");
const dataset = datasetName.parse("sales");
const HOUR_MS = 3_600_000;
const TERMS = [{ column: "seen_at", max_age_ms: 24 * HOUR_MS }];

const at = (hour: number) => new Date(Date.UTC(2026, 10, 23, hour)).toISOString();
const value = (hour: number, id = "b1"): Newest => ({
  newest: at(hour),
  counted_from: "value",
  batch_id: batchId.parse(id),
});
const NOTHING: Newest = { newest: null, counted_from: "nothing", batch_id: null };

const look = (
  hour: number,
  seen_at: Newest | null,
  terms: WatchFreshness["terms"] = TERMS,
): WatchFreshness => ({
  ...{ type: "WatchFreshness", contract_id, dataset },
  ...{ now: at(hour), terms, found: { seen_at } },
});

/** Looks one after the other: the events of each, and the state after all. */
const afterLooks = (...looks: readonly WatchFreshness[]) => {
  let state: FreshnessState = initialFreshness;
  const events = looks.map((command) => {
    const decided = decideFreshness(command, state);
    if (!decided.ok) throw new Error(decided.error.detail);
    state = decided.value.reduce<FreshnessState>(
      (folded, event) => evolveFreshness(folded, { ...event, recorded_at: command.now }),
      state,
    );
    return decided.value;
  });
  return { state, events, last: events.at(-1) ?? [] };
};

const types = (events: readonly FreshnessEvent[]) =>
  events.map(({ type }) => type.replace("DatasetFreshness", ""));

describe("the watch over a contract's freshness", () => {
  it("waits for the first publication: what was never there cannot be stale", () => {
    const { last, state } = afterLooks(look(0, null), look(1000, null));
    expect(last).toEqual([]);
    expect(nextStale(state)).toBeNull();
  });

  it("is breached once, at the moment the allowed age has passed, and restored once", () => {
    const { events, state } = afterLooks(
      look(0, value(0)),
      look(23, value(0)),
      look(30, value(0)),
      look(31, value(0)),
      look(32, value(30, "b2")),
      look(33, value(30, "b2")),
    );
    expect(events.map(types)).toEqual([
      ["Watched", "Observed"],
      [],
      ["Breached"],
      [],
      ["Observed", "Restored"],
      [],
    ]);
    expect(events[2]).toEqual([
      {
        type: "DatasetFreshnessBreached",
        data: { contract_id, column: "seen_at", newest: at(0), since: at(24) },
      },
    ]);
    expect(nextStale(state)).toBe(at(54));
  });

  it("is breached at the very millisecond and not before", () => {
    const before = { ...look(24, value(0)), now: "2026-11-23T23:59:59.999Z" };
    expect(types(afterLooks(look(0, value(0)), before).last)).toEqual([]);
    expect(types(afterLooks(look(0, value(0)), look(24, value(0))).last)).toEqual(["Breached"]);
  });

  it("stays breached when what is published next is too old as well", () => {
    const { events } = afterLooks(look(0, value(0)), look(30, value(0)), look(50, value(20, "b2")));
    expect(types(events[2] ?? [])).toEqual(["Observed"]);
  });

  it("is breached when nothing is left of what was published, since that was noticed", () => {
    const { last } = afterLooks(look(0, value(0)), look(5, NOTHING));
    expect(last.at(-1)).toMatchObject({
      type: "DatasetFreshnessBreached",
      data: { newest: null, since: at(5) },
    });
  });

  it("takes another age at its word at once, longer or shorter", () => {
    const hours = (count: number) => [{ column: "seen_at", max_age_ms: count * HOUR_MS }];
    expect(types(afterLooks(look(0, value(0)), look(3, value(0), hours(2))).last)).toEqual([
      "Watched",
      "Breached",
    ]);
    expect(
      types(afterLooks(look(0, value(0)), look(30, value(0)), look(31, value(0), hours(48))).last),
    ).toEqual(["Watched", "Restored"]);
  });

  it("ends with the rule, and its breach with it; a new one begins anew", () => {
    const ended = afterLooks(look(0, value(0)), look(30, value(0)), look(31, null, []));
    expect(types(ended.last)).toEqual(["Unwatched"]);
    expect(ended.state).toMatchObject({ status: "ended", columns: [] });
    expect(nextStale(ended.state)).toBeNull();
    const again = afterLooks(
      look(0, value(0)),
      look(1, null, []),
      look(2, null, []),
      look(3, value(0)),
    );
    expect(again.events.map(types)).toEqual([
      ["Watched", "Observed"],
      ["Unwatched"],
      [],
      ["Watched", "Observed"],
    ]);
  });

  it("reads the strictest age of each column from the rules", () => {
    expect(
      freshnessTerms({
        id: "unique",
        "*": [
          "freshness:seen_at,2d",
          "freshness:seen_at,24h and freshness:day,30m",
          "row_count:1,",
        ],
      }),
    ).toEqual([
      { column: "seen_at", max_age_ms: 24 * HOUR_MS },
      { column: "day", max_age_ms: HOUR_MS / 2 },
    ]);
    expect(freshnessTerms({ id: "no rule" })).toEqual([]);
  });
});
