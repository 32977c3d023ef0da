import { describe, expect, it } from "vitest";
import { outlivedUpload, UPLOAD_KEPT_MS } from "../../src/application/consequences.ts";
import { uploadTag } from "../../src/application/digests.ts";
import type { PendingDuty } from "../../src/application/ports.ts";
import {
  BATCHES_PER_STEP,
  type RetentionDeps,
  retentionDuties,
} from "../../src/application/retentionDuties.ts";
import { stillOwed } from "../../src/application/takenUploads.ts";
import { batchId, contractId, datasetName, deletionId } from "../../src/contracts/fields.ts";
import {
  append,
  beginAppend,
  checkQuality,
  defineContract,
  done,
  publish,
  registerSales,
  replayStep,
  updateContract,
  workStep,
} from "../support/batchSteps.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import {
  DAY_MS,
  eventTypes,
  HOUR_MS,
  LAKE,
  START,
  type TestLake,
  testLake,
} from "../support/testLake.ts";

const inDays = (days: number): string => new Date(Date.parse(START) + days * DAY_MS).toISOString();

const salesLake = (retention_days = 30): TestLake => {
  const lake = testLake({ level: "standard" });
  registerSales(lake);
  defineContract(lake, { retention_days });
  return lake;
};

const ends = (lake: TestLake): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lake.log
      .duties()
      .filter(({ kind }) => kind === "retention_due")
      .map(({ ref, due_at }) => [ref, due_at]),
  );

/** `heldIn`: the erasures on hold whose persons a batch may hold, as its index would say. */
const dutiesOf = (lake: TestLake, heldIn: RetentionDeps["heldIn"] = async () => []) => {
  const store = memoryObjectStore(() => new Date(lake.now()));
  const { log, service } = lake;
  const deps = { log, service, lake_id: LAKE, store, heldIn, now: () => new Date(lake.now()) };
  const handlers = retentionDuties(deps);
  /** Does what is due of these kinds, until nothing is. */
  const ring = async (): Promise<number> => {
    let steps = 0;
    for (;;) {
      const [duty] = log.schedule
        .due(lake.now(), 1000)
        .filter((due): due is PendingDuty & { kind: keyof typeof handlers } =>
          Object.hasOwn(handlers, due.kind),
        );
      if (duty === undefined) return steps;
      await handlers[duty.kind](duty);
      steps += 1;
    }
  };
  return { ring, store };
};

const stateOf = (lake: TestLake, id: string) =>
  lake.see({ kind: "one", aggregate: "batch", id, when: null });

describe("the retention of a batch", () => {
  it("is owed from its append on, and shown", () => {
    const lake = salesLake(30);
    done(append(lake, "b1"));
    expect(ends(lake)).toEqual({ b1: inDays(30) });
    expect(stateOf(lake, "b1").expires_at).toBe(inDays(30));
  });

  it("is owed for one that never fitted too", async () => {
    const lake = salesLake(30);
    done(append(lake, "b1", { fits: false }));
    lake.pass(30 * DAY_MS);
    await dutiesOf(lake).ring();
    expect(stateOf(lake, "b1")).toMatchObject({ state: "expired", expired_at: inDays(30) });
  });

  it("leaves of it neither where it lay nor a tag of its upload", async () => {
    const lake = salesLake(30);
    done(append(lake, "b1"));
    lake.pass(30 * DAY_MS);
    await dutiesOf(lake).ring();
    const expired = stateOf(lake, "b1");
    expect(expired).toMatchObject({ batch_id: "b1", state: "expired", ended_by: "retention" });
    expect(Object.keys(expired)).not.toContain("upload_etag");
    expect(JSON.stringify(expired)).not.toContain("lakes/");
  });

  it("ends with the deletion of every object it has, and of nothing else", async () => {
    const lake = salesLake(30);
    for (const id of ["b1", "b2"]) {
      done(append(lake, id));
      done(checkQuality(lake, id, { rules: { amount: ">0" }, diverts: true }));
      done(publish(lake, id));
      lake.pass(DAY_MS);
    }
    lake.pass(28 * DAY_MS);
    await dutiesOf(lake).ring();
    const deletions = lake.log.duties().filter(({ kind }) => kind === "delete_objects");
    expect(deletions.map(({ payload }) => payload.keys)).toEqual([
      [
        expect.stringContaining("batches/b1/1/raw/"),
        expect.stringContaining("batches/b1/2/quarantine/"),
        expect.stringContaining("published/sales/b1/"),
      ],
    ]);
    expect(lake.log.events().at(-1)).toMatchObject({
      type: "BatchExpired",
      stream: "batch/b1",
      actor: "lethe",
      data: { retention_days: 30, due_at: inDays(30), objects: 3 },
    });
    expect(ends(lake)).toEqual({ b2: inDays(31) });
    expect(lake.see({ kind: "report", when: null }).batches).toEqual({ expired: 1, published: 1 });
  });

  it("is not prolonged by a corrected file", async () => {
    const lake = salesLake(30);
    done(append(lake, "b1", { fits: false }));
    lake.pass(20 * DAY_MS);
    const answer = done(append(lake, "b1"));
    expect(answer.outcome).toBe("done");
    expect(answer.body.message).toContain("appended anew");
    await dutiesOf(lake).ring();
    expect(ends(lake)).toEqual({ b1: inDays(30) });
    expect(stateOf(lake, "b1")).toMatchObject({ state: "appended", expires_at: inDays(30) });
  });

  it("moves with its contract, shorter and longer, for the batches of that contract alone", async () => {
    const lake = salesLake(30);
    defineContract(lake, { contract_id: contractId.parse("other"), retention_days: 30 });
    for (const id of ["b1", "b2"]) done(append(lake, id));
    done(append(lake, "c1", { contract: "other" }));
    lake.pass(5 * DAY_MS);
    const { ring } = dutiesOf(lake);
    updateContract(lake, { retention_days: 3 });
    await ring();
    expect(stateOf(lake, "b1").state).toBe("expired");
    expect(ends(lake)).toEqual({ c1: inDays(30) });
    updateContract(lake, { contract_id: contractId.parse("other"), retention_days: 300 });
    await ring();
    expect(ends(lake)).toEqual({ c1: inDays(300) });
    lake.pass(26 * DAY_MS);
    await ring();
    expect(stateOf(lake, "c1").state).toBe("appended");
  });

  it("is moved a page of batches at a time", async () => {
    const lake = salesLake(30);
    const count = BATCHES_PER_STEP + 1;
    for (let n = 0; n < count; n += 1) done(append(lake, `b${n}`));
    updateContract(lake, { retention_days: 60 });
    expect(await dutiesOf(lake).ring()).toBe(2);
    expect(Object.values(ends(lake))).toEqual(Array.from({ length: count }, () => inDays(60)));
  });

  it("owes nothing for a change of the contract that leaves it alone", () => {
    const lake = salesLake(30);
    updateContract(lake, { retention_days: 30, quality_rules: { amount: ">0" } });
    expect(lake.log.duties().map(({ kind }) => kind)).not.toContain("retention_change");
  });

  it("is looked at again while its file is still being taken over when it ends", async () => {
    const lake = salesLake(1);
    done(beginAppend(lake, "b1"));
    const { ring } = dutiesOf(lake);
    lake.pass(DAY_MS);
    await ring();
    expect(ends(lake)).toEqual({ b1: inDays(1 + 1 / 24) });
    for (let steps = 0; steps < 20 && stateOf(lake, "b1").state === "appending"; steps += 1) {
      done(workStep(lake, "b1"));
    }
    expect(stateOf(lake, "b1").state).toBe("appended");
    lake.pass(DAY_MS);
    await ring();
    expect(stateOf(lake, "b1").state).toBe("expired");
  });

  it("that was put too early by a log from before is found out and put right", async () => {
    const lake = salesLake(30);
    done(append(lake, "b1"));
    lake.log.schedule.put({ kind: "retention_due", ref: "b1", due_at: START, payload: {} });
    await dutiesOf(lake).ring();
    expect(ends(lake)).toEqual({ b1: inDays(30) });
    expect(stateOf(lake, "b1").state).toBe("appended");
  });
});

describe("a replay", () => {
  it("leaves out what has expired, before it is asked for and while it runs", async () => {
    const lake = salesLake(30);
    for (const id of ["b1", "b2"]) done(append(lake, id));
    const dataset = datasetName.parse("sales");
    const answer = lake.run({ type: "Replay", dataset, batch_id: null });
    const { replay_id } = answer.body.replay as { replay_id: string };
    lake.pass(30 * DAY_MS);
    await dutiesOf(lake).ring();
    // One for each batch, and the switch.
    for (let step = 0; step < 3; step += 1) done(replayStep(lake, replay_id));
    expect(lake.see({ kind: "one", aggregate: "replay", id: replay_id, when: null })).toMatchObject(
      {
        status: "completed",
        outcomes: [
          { batch_id: "b1", outcome: "skipped", reason: "expired" },
          { batch_id: "b2", outcome: "skipped", reason: "expired" },
        ],
      },
    );
    const none = lake.run({ type: "Replay", dataset, batch_id: null });
    expect(eventTypes(none)).toEqual(["ReplayRequested", "ReplayCompleted"]);
    const refused = lake.refused({ type: "Replay", dataset, batch_id: batchId.parse("b1") });
    expect(refused.code).toBe("batch-expired");
  });
});

describe("an upload", () => {
  const key = (name: string) => `lakes/${LAKE}/landing/${name}`;
  const sign = (lake: TestLake, filename: string) =>
    lake.run({
      type: "SignUrl",
      dataset: null,
      filename,
      method: "PUT",
      expires_in: 900,
      purpose: null,
    });
  const land = (store: ReturnType<typeof memoryObjectStore>, name: string) =>
    store.put(key(name), "id\n1\n");

  it("that nobody appends is deleted a day after its URL has expired, not before", async () => {
    const lake = salesLake();
    const { ring, store } = dutiesOf(lake);
    sign(lake, "forgotten.csv");
    land(store, "forgotten.csv");
    lake.pass(900_000 + UPLOAD_KEPT_MS - 1);
    await ring();
    expect(await store.head(key("forgotten.csv"))).not.toBeNull();
    lake.pass(1);
    await ring();
    expect(await store.head(key("forgotten.csv"))).toBeNull();
  });

  it("that was appended stays as long as its batch, and goes with it", async () => {
    const lake = salesLake(30);
    const { ring, store } = dutiesOf(lake);
    sign(lake, "b1.csv");
    land(store, "b1.csv");
    done(append(lake, "b1"));
    lake.pass(29 * DAY_MS);
    await ring();
    expect(await store.head(key("b1.csv"))).not.toBeNull();
    lake.pass(DAY_MS);
    await ring();
    expect(await store.head(key("b1.csv"))).toBeNull();
  });

  it("that could not be taken over in the background waits a day for another append, then goes", async () => {
    const lake = salesLake(30);
    const { ring, store } = dutiesOf(lake);
    for (const name of ["b1.csv", "b2.csv"]) {
      sign(lake, name);
      land(store, name);
    }
    for (const id of ["b1", "b2"]) {
      done(beginAppend(lake, id));
      done(workStep(lake, id, true));
    }
    lake.pass(UPLOAD_KEPT_MS - 1);
    done(append(lake, "b2"));
    await ring();
    expect(await store.head(key("b1.csv"))).not.toBeNull();
    // Its URL is valid for a while yet, and with it what may come under its name.
    lake.pass(900_001);
    await ring();
    expect(await store.head(key("b1.csv"))).toBeNull();
    expect(await store.head(key("b2.csv"))).not.toBeNull();
  });

  it("whose append was cancelled is kept for the next one, however long that takes", async () => {
    const lake = salesLake(30);
    const { ring, store } = dutiesOf(lake);
    const deleteOwed = async () => {
      await ring();
      for (const duty of lake.log.schedule.due(lake.now(), 100, ["delete_objects"])) {
        await store.delete(duty.payload.keys as readonly string[]);
        lake.log.schedule.remove(duty);
      }
    };
    sign(lake, "b1.csv");
    land(store, "b1.csv");
    lake.pass(HOUR_MS);
    done(beginAppend(lake, "b1"));
    const batch_id = batchId.parse("b1");
    lake.run({ type: "CancelWork", batch_id, reason: null, replay_id: null });
    lake.pass(UPLOAD_KEPT_MS - 1);
    await deleteOwed();
    expect(await store.head(key("b1.csv"))).not.toBeNull();
    done(beginAppend(lake, "b1"));
    lake.pass(HOUR_MS);
    await deleteOwed();
    expect(await store.head(key("b1.csv"))).not.toBeNull();
    lake.run({ type: "CancelWork", batch_id, reason: null, replay_id: null });
    lake.pass(UPLOAD_KEPT_MS);
    await deleteOwed();
    expect(await store.head(key("b1.csv"))).toBeNull();
  });

  it("whose second append failed too is swept with the first one's duty", async () => {
    const lake = salesLake(30);
    const { ring, store } = dutiesOf(lake);
    const failOne = () => {
      land(store, "b1.csv");
      done(beginAppend(lake, "b1"));
      done(workStep(lake, "b1", true));
    };
    // No URL of that name is known of.
    failOne();
    lake.pass(HOUR_MS);
    failOne();
    lake.pass(UPLOAD_KEPT_MS - 1);
    await ring();
    expect(await store.head(key("b1.csv"))).not.toBeNull();
    lake.pass(1);
    await ring();
    expect(await store.head(key("b1.csv"))).toBeNull();
  });

  it.each([
    ["keyed", (key: Uint8Array, etag: string) => (object: string) => uploadTag(key, object, etag)],
    ["bare, as an older version left it", (_: Uint8Array, etag: string) => () => etag],
  ])(
    "that comes after the append is swept, as one that nobody appends; its tag is %s",
    async (_, tagged) => {
      const lake = salesLake(30);
      const digest_key = lake.service.digestKey(LAKE);
      const { ring, store } = dutiesOf(lake);
      sign(lake, "b1.csv");
      land(store, "b1.csv");
      const { etag = "" } = (await store.head(key("b1.csv"))) ?? {};
      done(append(lake, "b1", { upload_etag: tagged(digest_key, etag) }));
      lake.pass(900_000 + UPLOAD_KEPT_MS);
      await ring();
      expect(await store.head(key("b1.csv"))).not.toBeNull();
      sign(lake, "b2.csv");
      land(store, "b2.csv");
      done(append(lake, "b2", { upload_etag: tagged(digest_key, "of the first") }));
      land(store, "b2.csv");
      lake.pass(900_000 + UPLOAD_KEPT_MS - 1);
      await ring();
      expect(await store.head(key("b2.csv"))).not.toBeNull();
      lake.pass(1);
      await ring();
      expect(await store.head(key("b2.csv"))).toBeNull();
    },
  );

  it("of the same name that came later does not go with the batch before it", async () => {
    const lake = salesLake(30);
    const { ring, store } = dutiesOf(lake);
    done(append(lake, "b1"));
    lake.pass(29 * DAY_MS);
    land(store, "b1.csv");
    lake.pass(DAY_MS);
    await ring();
    expect(stateOf(lake, "b1").state).toBe("expired");
    expect(await store.head(key("b1.csv"))).not.toBeNull();
  });

  it("that was there before an unused URL of its name is left alone", async () => {
    const lake = salesLake(30);
    const { ring, store } = dutiesOf(lake);
    land(store, "b1.csv");
    done(append(lake, "b1"));
    lake.pass(DAY_MS);
    sign(lake, "b1.csv");
    lake.pass(2 * DAY_MS);
    await ring();
    expect(await store.head(key("b1.csv"))).not.toBeNull();
  });

  it("is swept although another URL of its name was signed after it", async () => {
    const lake = salesLake();
    const { ring, store } = dutiesOf(lake);
    sign(lake, "cust.csv");
    land(store, "cust.csv");
    lake.pass(HOUR_MS);
    sign(lake, "cust.csv");
    lake.pass(900_000 + UPLOAD_KEPT_MS - 1);
    await ring();
    expect(await store.head(key("cust.csv"))).not.toBeNull();
    lake.pass(1);
    await ring();
    expect(await store.head(key("cust.csv"))).toBeNull();
  });

  it("of a batch is left alone when another URL of its name comes to nothing", async () => {
    const lake = salesLake(30);
    const { ring, store } = dutiesOf(lake);
    sign(lake, "b1.csv");
    land(store, "b1.csv");
    const { etag } = (await store.head(key("b1.csv"))) ?? {};
    if (etag === undefined) throw new Error("there is no upload");
    const upload_etag = (object: string) => uploadTag(lake.service.digestKey(LAKE), object, etag);
    done(append(lake, "b1", { upload_etag }));
    lake.pass(HOUR_MS);
    sign(lake, "b1.csv");
    lake.pass(2 * UPLOAD_KEPT_MS);
    await ring();
    expect(await store.head(key("b1.csv"))).not.toBeNull();
  });

  it("goes with its batch while another URL of its name is out, and what comes by that stays", async () => {
    const lake = salesLake(5);
    const { ring, store } = dutiesOf(lake);
    for (const name of ["b1.csv", "b2.csv"]) {
      sign(lake, name);
      land(store, name);
    }
    done(append(lake, "b1"));
    done(append(lake, "b2"));
    lake.pass(2 * DAY_MS);
    await ring();
    lake.pass(3 * DAY_MS - HOUR_MS);
    for (const name of ["b1.csv", "b2.csv"]) sign(lake, name);
    land(store, "b2.csv");
    lake.pass(HOUR_MS);
    await ring();
    const owed = lake.log.duties().filter(({ payload }) => payload.uploaded_until !== undefined);
    for (const duty of owed) {
      const keys = duty.payload.keys as readonly string[];
      await store.delete(await stillOwed(store, duty, keys, lake.service.digestKey(LAKE)));
    }
    expect(await store.head(key("b1.csv"))).toBeNull();
    expect(await store.head(key("b2.csv"))).not.toBeNull();
    lake.pass(2 * UPLOAD_KEPT_MS);
    await ring();
    expect(await store.head(key("b2.csv"))).toBeNull();
  });

  it("does not take with it what came a moment later, which goes in its own time", async () => {
    const lake = salesLake(1);
    const { ring, store } = dutiesOf(lake);
    const end = lake.now();
    land(store, "b1.csv");
    done(append(lake, "b1"));
    lake.pass(1_000);
    sign(lake, "b1.csv");
    land(store, "b1.csv");
    lake.pass(DAY_MS - 1_000);
    await ring();
    const [owed, ...more] = lake.log
      .duties()
      .filter(({ payload }) => payload.uploaded_until === end);
    if (owed === undefined) throw new Error("nothing is owed");
    expect(more).toEqual([]);
    const keys = owed.payload.keys as readonly string[];
    expect(await stillOwed(store, owed, keys, lake.service.digestKey(LAKE))).toEqual([]);
    lake.pass(1_000 + 900_000);
    await ring();
    expect(await store.head(key("b1.csv"))).toBeNull();
  });

  it("is outlived when a file of another name takes its place", () => {
    const lake = salesLake(30);
    done(append(lake, "b1", { fits: false }));
    const before = lake.log.load("batch/b1").state as Parameters<typeof outlivedUpload>[0];
    expect(outlivedUpload(before, before, START)).toBeNull();
    expect(outlivedUpload({ status: "absent" }, before, START)).toBeNull();
    if (before.status !== "held") throw new Error("there is no batch");
    const after = { ...before, batch: { ...before.batch, file_url: "corrected.csv" } };
    expect(outlivedUpload(before, after, START)).toEqual({
      ref: "b1.csv",
      until: START,
      due_at: START,
    });
  });
});

describe("the retention of a batch that may hold somebody whose erasure is on hold", () => {
  const HELD = "Art. 17(3)(e)" as const;

  /** A lake with a batch at the end of its retention, and a request that is on hold. */
  const heldLake = () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake);
    defineContract(lake, { retention_days: 30 });
    done(append(lake, "b1"));
    done(append(lake, "b2"));
    const asked = lake.run({
      type: "RequestDeletion",
      subject_id: "7",
      reason: "please",
      requested_by: "petra",
      identity_verified: null,
      received_at: null,
    });
    const { deletion_id: id } = asked.body.deletion as { deletion_id: string };
    const deletion_id = deletionId.parse(id);
    const hold = { type: "HoldDeletion", deletion_id, reason: "a claim", until: null } as const;
    lake.run({ ...hold, ground: HELD });
    lake.pass(30 * DAY_MS);
    return { lake, deletion_id };
  };

  const inB1 =
    (id: ReturnType<typeof deletionId.parse>): RetentionDeps["heldIn"] =>
    async (batch) =>
      batch === "b1" ? [id] : [];

  it("is frozen, and that is recorded once and shown; the others expire", async () => {
    const { lake, deletion_id } = heldLake();
    const { ring } = dutiesOf(lake, inB1(deletion_id));
    await ring();
    expect(stateOf(lake, "b2").state).toBe("expired");
    expect(stateOf(lake, "b1")).toMatchObject({
      state: "appended",
      retention_frozen: { deletion_ids: [deletion_id], since: inDays(30) },
    });
    lake.pass(DAY_MS);
    await ring();
    const said = lake.log.read({ type: "BatchRetentionSuspended", after: 0, limit: 10 });
    expect(said.map(({ data }) => data)).toEqual([
      { deletion_ids: [deletion_id], due_at: inDays(30) },
    ]);
  });

  it("is looked at again every day, and ends with the first after the hold", async () => {
    const { lake, deletion_id } = heldLake();
    const { ring } = dutiesOf(lake, inB1(deletion_id));
    await ring();
    expect(ends(lake)).toEqual({ b1: inDays(31) });
    lake.pass(DAY_MS);
    expect(await ring()).toBe(1);
    expect(ends(lake)).toEqual({ b1: inDays(32) });
    lake.run({ type: "ReleaseDeletionHold", deletion_id, reason: "settled" });
    lake.pass(DAY_MS);
    await ring();
    expect(stateOf(lake, "b1").state).toBe("expired");
  });

  it("does not expire for a hold that comes while its index is read", async () => {
    const { lake } = heldLake();
    const about = { reason: "please", requested_by: "petra" };
    const asked = lake.run({
      type: "RequestDeletion",
      ...about,
      subject_id: "8",
      identity_verified: null,
      received_at: null,
    });
    const { deletion_id: id } = asked.body.deletion as { deletion_id: string };
    const later = deletionId.parse(id);
    let asks = 0;
    const { ring } = dutiesOf(lake, async (batch) => {
      asks += 1;
      if (asks > 1) return batch === "b1" ? [later] : [];
      const hold = { type: "HoldDeletion", deletion_id: later, reason: "a claim" } as const;
      lake.run({ ...hold, until: null, ground: HELD });
      return [];
    });
    await ring();
    expect(stateOf(lake, "b1").state).toBe("appended");
    lake.pass(1_000);
    await ring();
    expect(stateOf(lake, "b1")).toMatchObject({
      state: "appended",
      retention_frozen: { deletion_ids: [later] },
    });
    expect(stateOf(lake, "b2").state).toBe("expired");
  });

  it("does not expire either while nobody can say whom it holds", async () => {
    const { lake } = heldLake();
    const { ring } = dutiesOf(lake, async () => {
      throw new Error("the object store is down");
    });
    await expect(ring()).rejects.toThrow("the object store is down");
    expect(stateOf(lake, "b1").state).toBe("appended");
  });
});
