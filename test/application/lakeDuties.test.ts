import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LakeDutyDeps, lakeDuties } from "../../src/application/lakeDuties.ts";
import { WORK_LIMITS } from "../../src/application/planWork.ts";
import { MAX_ATTEMPTS, runDuties } from "../../src/application/runDuties.ts";
import { batchId, contractId, datasetName } from "../../src/contracts/fields.ts";
import { append, defineContract, done, registerSales } from "../support/batchSteps.ts";
import { LAKE, type TestLake, testLake } from "../support/testLake.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const forever = () => new Promise<never>(() => {});

/** A lake in which the append of a large file has begun. */
const lakeAtWork = (): TestLake => {
  const lake = testLake({ level: "standard" });
  registerSales(lake);
  defineContract(lake);
  lake.run({
    type: "StartWork",
    request: {
      kind: "append",
      batch_id: batchId.parse("large"),
      dataset: datasetName.parse("sales"),
      contract_id: contractId.parse("contract1"),
      file_url: "large.csv",
      format: "csv",
      landed_bytes: WORK_LIMITS.sync_bytes + 1,
    },
  });
  return lake;
};

/** One life of the process: hears the alarm, and waits for nothing it began when it is to die. */
const live = (lake: TestLake, steps: Partial<LakeDutyDeps>): Promise<number> => {
  const { log, service } = lake;
  const now = () => new Date(lake.now());
  const deps = { log, service, lake_id: LAKE, now, ...steps } as unknown as LakeDutyDeps;
  return runDuties({
    lake_id: LAKE,
    schedule: log.schedule,
    handlers: lakeDuties(deps),
    now,
    wait: forever,
  });
};

const work = (lake: TestLake) =>
  lake.see({ kind: "one", aggregate: "batch", id: "large", when: null }).work;

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("a step of long work that ends its process", () => {
  it("is on record as begun before it begins, and given up in sight after so many deaths", async () => {
    const lake = lakeAtWork();
    const begun: number[] = [];
    const workStep = () => {
      begun.push(lake.log.schedule.due(lake.now(), 1, ["work_step"])[0]?.begun ?? 0);
      return forever();
    };
    for (let life = 1; life <= MAX_ATTEMPTS; life += 1) {
      void live(lake, { workStep });
      await turn();
    }
    expect(begun).toEqual(Array.from({ length: MAX_ATTEMPTS }, (_, n) => n + 1));
    expect(work(lake)).toMatchObject({ state: "running" });
    await live(lake, { workStep });
    expect(begun).toHaveLength(MAX_ATTEMPTS);
    expect(work(lake)).toMatchObject({
      state: "failed",
      reason: expect.stringMatching(/^The step land was tried 10 times, and 10 times the process/),
    });
    expect(lake.log.schedule.due(lake.now(), 10, ["work_step"])).toEqual([]);
  });

  it("is counted together with those of its failures that could be caught", async () => {
    const lake = lakeAtWork();
    for (let life = 1; life < MAX_ATTEMPTS; life += 1) {
      const dies = life % 2 === 0;
      const ended = live(lake, {
        workStep: () => (dies ? forever() : Promise.reject(new Error("broken"))),
      });
      if (dies) await turn();
      else await ended;
      lake.pass(3_600_000);
    }
    expect(work(lake)).toMatchObject({ state: "running" });
    await live(lake, { workStep: () => Promise.reject(new Error("broken")) });
    expect(work(lake)).toMatchObject({
      state: "failed",
      reason: expect.stringMatching(/and 4 times the process/),
    });
  });

  it("fails the batch of a replay, which goes on with the next", async () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    defineContract(lake);
    for (const id of ["killer", "other"]) done(append(lake, id));
    lake.run({ type: "Replay", dataset: datasetName.parse("sales"), batch_id: null });
    lake.pass(3_600_000);
    for (let life = 1; life <= MAX_ATTEMPTS; life += 1) {
      void live(lake, { replayStep: forever });
      await turn();
    }
    const replay_id = lake.log.directory.list({ kind: "replay", limit: 1 })[0]?.id ?? "";
    const replay = () => lake.see({ kind: "one", aggregate: "replay", id: replay_id, when: null });
    expect(replay().outcomes).toEqual([]);
    await live(lake, { replayStep: forever });
    expect(replay().outcomes).toMatchObject([
      { batch_id: "killer", outcome: "failed", reason: expect.stringContaining("10 times") },
    ]);
  });
});
