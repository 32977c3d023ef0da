import { describe, expect, it } from "vitest";
import { BATCHES_PER_LOOK, freshnessDuties } from "../../src/application/freshnessDuties.ts";
import { batchId, contractId, datasetName } from "../../src/contracts/fields.ts";
import type { RawRules } from "../../src/domain/batch/events.ts";
import {
  append,
  checkQuality,
  defineContract,
  done,
  nameSubject,
  publish,
  registerSales,
  replayAll,
  updateContract,
} from "../support/batchSteps.ts";
import { DAY_MS, HOUR_MS, LAKE, START, type TestLake, testLake } from "../support/testLake.ts";

const SCHEMA = { id: "int", amount: "float", seen_at: "datetime" } as const;
const RULES = { "*": "freshness:seen_at,24h" };

const ago = (lake: TestLake, ms: number) => new Date(Date.parse(lake.now()) - ms).toISOString();
const inMs = (ms: number) => new Date(Date.parse(START) + ms).toISOString();

const watchedLake = (quality_rules: RawRules = RULES, privacy_rules: RawRules = {}) => {
  const lake = testLake({ level: "standard" });
  registerSales(lake, { schema: SCHEMA });
  defineContract(lake, { quality_rules, privacy_rules });
  return lake;
};

const publishNow = (lake: TestLake, id: string, newest?: Record<string, string | null>) => {
  done(append(lake, id));
  done(checkQuality(lake, id));
  done(publish(lake, id, newest));
};

/** Hears the alarm: does what is due until nothing is; resolves to the number of turns. */
const ring = async (lake: TestLake): Promise<number> => {
  const { log, service } = lake;
  const deps = { log, service, lake_id: LAKE, now: () => new Date(lake.now()) };
  const { freshness_due } = freshnessDuties(deps);
  for (let turns = 0; ; turns += 1) {
    const [duty] = log.schedule.due(lake.now(), 1, ["freshness_due"]);
    if (duty === undefined) return turns;
    await freshness_due(duty);
  }
};

const duty = (lake: TestLake) =>
  lake.log.schedule.find({ kind: "freshness_due", ref: "contract1" })?.due_at ?? null;

const recorded = (lake: TestLake, after = 0) =>
  lake.log
    .read({ after, stream: "freshness/contract1", limit: 1000 })
    .map(({ type }) => type.replace("DatasetFreshness", ""));

const shown = (lake: TestLake) =>
  lake.see({ kind: "one", aggregate: "dataset", id: "sales", when: null }).freshness;

const breaches = (lake: TestLake) => lake.see({ kind: "report", when: null }).freshness_breaches;

const quarantine = (lake: TestLake, id: string) =>
  lake.run({ type: "QuarantineBatch", batch_id: batchId.parse(id), reason: "odd" });

describe("freshness that a contract demands", () => {
  it("is owed a look for the moment at which the newest value is too old", async () => {
    const lake = watchedLake();
    await ring(lake);
    expect(duty(lake)).toBeNull();
    publishNow(lake, "b1", { seen_at: ago(lake, HOUR_MS) });
    await ring(lake);
    expect(duty(lake)).toBe(inMs(23 * HOUR_MS));
    expect(shown(lake)).toEqual([
      {
        contract_id: "contract1",
        column: "seen_at",
        max_age_seconds: 86_400,
        state: "fresh",
        newest: inMs(-HOUR_MS),
        counted_from: "value",
        fresh_until: inMs(23 * HOUR_MS),
        stale_since: null,
      },
    ]);
    // What is older changes nothing of it.
    publishNow(lake, "b2", { seen_at: ago(lake, 5 * HOUR_MS) });
    await ring(lake);
    expect(duty(lake)).toBe(inMs(23 * HOUR_MS));
  });

  it("is breached once, shown and counted, also before the alarm was heard", async () => {
    const lake = watchedLake();
    publishNow(lake, "b1", { seen_at: ago(lake, 0) });
    await ring(lake);
    expect(breaches(lake)).toBe(0);
    // An outage: nobody hears the alarm for three days.
    lake.pass(3 * DAY_MS);
    expect(breaches(lake)).toBe(1);
    expect(shown(lake)).toMatchObject([{ state: "stale", stale_since: inMs(DAY_MS) }]);
    const before = lake.log.head();
    await ring(lake);
    await ring(lake);
    expect(recorded(lake, before)).toEqual(["Breached"]);
    expect(breaches(lake)).toBe(1);
    expect(shown(lake)).toMatchObject([{ state: "stale", stale_since: inMs(DAY_MS) }]);
    const past = { kind: "report", when: { at: inMs(DAY_MS - 1) } } as const;
    expect(lake.see(past).freshness_breaches).toBe(0);
    expect(lake.see({ kind: "report", when: { at: inMs(2 * DAY_MS) } }).freshness_breaches).toBe(1);
    publishNow(lake, "b2", { seen_at: ago(lake, HOUR_MS) });
    await ring(lake);
    expect(recorded(lake, before)).toEqual(["Breached", "Observed", "Restored"]);
    expect(breaches(lake)).toBe(0);
    expect(duty(lake)).toBe(inMs(4 * DAY_MS - HOUR_MS));
  });

  it("goes back to the newest value that is left when a batch leaves, and to none after all", async () => {
    const lake = watchedLake();
    publishNow(lake, "b1", { seen_at: ago(lake, 5 * HOUR_MS) });
    publishNow(lake, "b2", { seen_at: ago(lake, HOUR_MS) });
    await ring(lake);
    quarantine(lake, "b2");
    await ring(lake);
    expect(shown(lake)).toMatchObject([{ state: "fresh", newest: inMs(-5 * HOUR_MS) }]);
    expect(duty(lake)).toBe(inMs(19 * HOUR_MS));
    lake.run({ type: "ReleaseQuarantine", batch_id: batchId.parse("b2"), reason: "fine" });
    await ring(lake);
    expect(shown(lake)).toMatchObject([{ state: "fresh", newest: inMs(-HOUR_MS) }]);
    for (const id of ["b1", "b2"]) quarantine(lake, id);
    await ring(lake);
    expect(shown(lake)).toMatchObject([
      { state: "stale", newest: null, counted_from: "nothing", stale_since: START },
    ]);
    expect(duty(lake)).toBeNull();
  });

  it("counts what was published before there was a rule from the append of its file", async () => {
    const lake = watchedLake({});
    publishNow(lake, "b1");
    lake.pass(HOUR_MS);
    expect(shown(lake)).toEqual([]);
    updateContract(lake, { quality_rules: RULES });
    await ring(lake);
    expect(shown(lake)).toMatchObject([
      { state: "fresh", counted_from: "append", newest: START, fresh_until: inMs(DAY_MS) },
    ]);
    // A replay makes nothing fresher than it is.
    lake.run({ type: "Replay", dataset: datasetName.parse("sales"), batch_id: null });
    const [replay] = lake.log.directory.list({ kind: "replay", limit: 1 });
    done(replayAll(lake, replay?.id ?? ""));
    await ring(lake);
    expect(shown(lake)).toMatchObject([{ fresh_until: inMs(DAY_MS) }]);
  });

  it("counts from the append where a log says that the newest value was ahead of its publication", async () => {
    const lake = watchedLake();
    publishNow(lake, "b1", { seen_at: inMs(1000 * DAY_MS) });
    await ring(lake);
    expect(shown(lake)).toMatchObject([
      { state: "fresh", counted_from: "append", newest: START, fresh_until: inMs(DAY_MS) },
    ]);
  });

  it("never remembers a moment of a column that is transformed or names the subject", () => {
    const planOf = (lake: TestLake) => {
      done(append(lake, "b1"));
      done(checkQuality(lake, "b1"));
      return lake.open({ kind: "publish", batch_id: batchId.parse("b1") }).plan;
    };
    expect(planOf(watchedLake())).toMatchObject({ newest_of: ["seen_at"] });
    expect(planOf(watchedLake(RULES, { seen_at: "keep" }))).toMatchObject({
      newest_of: ["seen_at"],
    });
    const shifted = { seen_at: { strategy: "date_shift", days: 30 } };
    expect(planOf(watchedLake(RULES, shifted))).toMatchObject({ newest_of: [] });
    const lake = testLake({ level: "standard" });
    registerSales(lake, { schema: SCHEMA });
    nameSubject(lake, "seen_at");
    defineContract(lake, { quality_rules: RULES });
    expect(planOf(lake)).toMatchObject({ newest_of: [] });
  });

  it("ends when the contract asks for it no more, is deprecated, or its dataset is", async () => {
    const ends = [
      (lake: TestLake) => updateContract(lake, { quality_rules: {} }),
      (lake: TestLake) =>
        lake.run({ type: "DeprecateContract", contract_id: contractId.parse("contract1") }),
      (lake: TestLake) =>
        lake.run({ type: "DeprecateDataset", dataset: datasetName.parse("sales") }),
    ];
    for (const end of ends) {
      const lake = watchedLake();
      publishNow(lake, "b1", { seen_at: ago(lake, 0) });
      await ring(lake);
      lake.pass(2 * DAY_MS);
      await ring(lake);
      expect(breaches(lake)).toBe(1);
      end(lake);
      await ring(lake);
      expect(recorded(lake).at(-1)).toBe("Unwatched");
      expect(breaches(lake)).toBe(0);
      expect(shown(lake)).toEqual([]);
      expect(duty(lake)).toBeNull();
    }
  });

  it("finds the newest of many batches a page a turn, whatever happens in between", async () => {
    const lake = watchedLake({});
    const count = 2 * BATCHES_PER_LOOK + 5;
    for (let n = 0; n < count; n += 1) publishNow(lake, `b${n}`);
    lake.pass(HOUR_MS);
    publishNow(lake, "last");
    updateContract(lake, { quality_rules: RULES });
    const [first] = lake.log.schedule.due(lake.now(), 1, ["freshness_due"]);
    const { log, service } = lake;
    const deps = { log, service, lake_id: LAKE, now: () => new Date(lake.now()) };
    if (first === undefined) throw new Error("a look is owed");
    await freshnessDuties(deps).freshness_due(first);
    expect(recorded(lake)).toEqual([]);
    quarantine(lake, "last");
    quarantine(lake, "b0");
    expect(await ring(lake)).toBeGreaterThan(1);
    expect(shown(lake)).toMatchObject([{ counted_from: "append", newest: START }]);
    expect(recorded(lake)).toEqual(["Watched", "Observed"]);
  });

  it("watches each contract by itself", async () => {
    const lake = watchedLake();
    defineContract(lake, { quality_rules: { "*": "freshness:seen_at,1h" } });
    publishNow(lake, "b1", { seen_at: ago(lake, 0) });
    done(append(lake, "b2", { contract: "contract2" }));
    done(checkQuality(lake, "b2"));
    done(publish(lake, "b2", { seen_at: ago(lake, 0) }));
    lake.pass(2 * HOUR_MS);
    await ring(lake);
    expect(shown(lake)).toMatchObject([
      { contract_id: "contract1", state: "fresh" },
      { contract_id: "contract2", state: "stale" },
    ]);
    expect(breaches(lake)).toBe(1);
  });
});
