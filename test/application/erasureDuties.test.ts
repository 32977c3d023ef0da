import { describe, expect, it } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import { erasureDuties } from "../../src/application/erasureDuties.ts";
import type { DutyKind, PendingDuty } from "../../src/application/ports.ts";
import { MAX_ATTEMPTS } from "../../src/application/runDuties.ts";
import type { EraseStep } from "../../src/application/work/eraseWork.ts";
import { batchId, deletionId } from "../../src/contracts/fields.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import { beginAppend, defineContract, done, registerSales } from "../support/batchSteps.ts";
import { eraseOnce, execute, requestIn } from "../support/erasureSteps.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import {
  DAY_MS,
  granted,
  HOUR_MS,
  LAKE,
  START,
  type TestLake,
  testLake,
} from "../support/testLake.ts";

/** An erasure that has nothing left but to be closed. */
const closingIn = (lake: TestLake, subject_id: string): DeletionId => {
  const id = requestIn(lake, subject_id);
  lake.run(execute(id));
  while (deletionOf(lake, id).erasure?.phase !== "closing") granted(eraseOnce(lake, id));
  return id;
};

const request = (lake: TestLake, received_at: string | null = null): DeletionId => {
  const about = { subject_id: "jane", reason: "please", requested_by: "petra" };
  const said = { type: "RequestDeletion", ...about, identity_verified: null, received_at } as const;
  const { deletion_id } = lake.run(said).body.deletion as { deletion_id: string };
  return deletionId.parse(deletion_id);
};

const deletionOf = (lake: TestLake, id: DeletionId) => {
  const state = lake.log.load(`deletion/${id}`).state as StateOf<"deletion">;
  if (state.status === "absent") throw new Error(`there is no request ${id}`);
  return state;
};

/** The handlers; a step comes to what `step` says. */
const handlersOf = (lake: TestLake, step: () => EraseStep = () => "more") =>
  erasureDuties({
    log: lake.log,
    service: lake.service,
    lake_id: LAKE,
    store: memoryObjectStore(),
    now: () => new Date(lake.now()),
    eraseStep: async () => step(),
    release: async () => {},
    command: async (call, asked) => lake.service.command(call, asked),
  });

const dutyOf = (lake: TestLake, kind: DutyKind, ref: string): PendingDuty => {
  const duty = lake.log.schedule.find({ kind, ref });
  if (duty === null) throw new Error(`no ${kind} is owed`);
  return duty;
};

describe("a request that was received so long ago that it is late already", () => {
  const LONG_AGO = "2026-01-01T00:00:00.000Z";

  it("begins by itself an hour after it was recorded: its date may be mistyped", async () => {
    const lake = testLake({ level: "gdpr" });
    const id = request(lake, LONG_AGO);
    const { execution_due } = handlersOf(lake);
    const early = dutyOf(lake, "execution_due", id);
    expect(Date.parse(early.due_at)).toBe(Date.parse(lake.now()) + HOUR_MS);
    lake.pass(HOUR_MS - 1);
    await execution_due(early);
    expect(deletionOf(lake, id).status).toBe("pending");
    lake.pass(1);
    await execution_due(dutyOf(lake, "execution_due", id));
    expect(deletionOf(lake, id).status).toBe("in_progress");
  });

  it("waits three days for a second person at level strict", async () => {
    const lake = testLake({ level: "strict" });
    const id = request(lake, LONG_AGO);
    const { execution_due } = handlersOf(lake);
    lake.pass(HOUR_MS);
    await execution_due(dutyOf(lake, "execution_due", id));
    lake.pass(3 * DAY_MS - HOUR_MS - 1);
    await execution_due(dutyOf(lake, "execution_due", id));
    expect(deletionOf(lake, id).status).toBe("pending");
    lake.pass(1);
    await execution_due(dutyOf(lake, "execution_due", id));
    expect(deletionOf(lake, id).status).toBe("in_progress");
  });

  it("can be rejected in that hour, and begins at once when somebody says so", () => {
    const lake = testLake({ level: "gdpr" });
    const mistaken = request(lake, LONG_AGO);
    const ground = "Art. 12(5)";
    lake.run({ type: "RejectDeletion", deletion_id: mistaken, reason: "not 2026", ground });
    expect(lake.log.schedule.find({ kind: "execution_due", ref: mistaken })).toBeNull();
    const meant = request(lake, LONG_AGO);
    lake.run(execute(meant));
    expect(deletionOf(lake, meant).status).toBe("in_progress");
  });

  it("that is begun twice goes on in the background, and is to be watched, both times", () => {
    const lake = testLake({ level: "gdpr" });
    const id = request(lake, LONG_AGO);
    const going = { outcome: "accepted", location: `/deletions/${id}` };
    expect(lake.run(execute(id))).toMatchObject(going);
    expect(lake.run(execute(id))).toMatchObject({ ...going, body: { events: [] } });
  });
});

describe("a step of an erasure", () => {
  it("that found it stopped takes the next one off", async () => {
    const lake = testLake({ level: "gdpr" });
    const id = request(lake);
    lake.run(execute(id));
    const duty = dutyOf(lake, "erase_step", id);
    const held = { reason: "x", ground: "Art. 18(1)(a)", until: null } as const;
    lake.run({ type: "HoldDeletion", deletion_id: id, ...held });
    await handlersOf(lake, () => "done").erase_step(duty);
    expect(lake.log.schedule.find(duty)).toBeNull();
  });

  it("that found it stopped leaves it to go on when it was begun again meanwhile", async () => {
    const lake = testLake({ level: "gdpr" });
    const id = request(lake);
    lake.run(execute(id));
    const duty = dutyOf(lake, "erase_step", id);
    const step = (): EraseStep => {
      const held = { reason: "x", ground: "Art. 18(1)(a)", until: null } as const;
      lake.run({ type: "HoldDeletion", deletion_id: id, ...held });
      lake.run({ type: "ReleaseDeletionHold", deletion_id: id, reason: "settled" });
      return "done";
    };
    await handlersOf(lake, step).erase_step(duty);
    expect(deletionOf(lake, id).status).toBe("in_progress");
    expect(dutyOf(lake, "erase_step", id)).toMatchObject({ parked: false, due_at: lake.now() });
  });
});

describe("an erasure whose replaced objects are not deleted yet", () => {
  it.each([
    ["an answer to the person", `lakes/${LAKE}/subject-access/a/file`],
    ["a file that another took the place of", `lakes/${LAKE}/batches/b/1/raw/x.csv`],
    ["what an attempt had written", `lakes/${LAKE}/published/sales/b/2/x.parquet`],
  ])("waits until %s is deleted, whether its batch was hit or not", async (_, key) => {
    const lake = testLake({ level: "gdpr" });
    const id = closingIn(lake, "jane");
    const owed = { kind: "delete_objects", ref: "e", payload: { keys: [key] } } as const;
    lake.log.schedule.put({ ...owed, due_at: lake.now() });
    const { erase_step } = handlersOf(lake, () => "release");
    await erase_step(dutyOf(lake, "erase_step", id));
    expect(deletionOf(lake, id).status).toBe("in_progress");
    lake.log.schedule.remove(owed);
    await erase_step(dutyOf(lake, "erase_step", id));
    expect(deletionOf(lake, id).status).toBe("completed");
  });

  const OWED = {
    kind: "delete_objects",
    ref: "e",
    payload: { keys: [`lakes/${LAKE}/batches/b/1/raw/x.csv`] },
  } as const;

  /** The deletion is tried in vain, this often, each time as late as it may be. */
  const failTimes = ({ log: { schedule }, now, pass }: TestLake, times: number) => {
    for (let n = 0; n < times; n += 1) {
      const retry_at = new Date(Date.parse(now()) + 60_000).toISOString();
      schedule.failed(OWED, "the store is away", retry_at);
      if (n < times - 1) pass(60_000);
    }
  };

  it("has them deleted after all and fails, in sight, when that is in vain; a day later it is complete", async () => {
    const lake = testLake({ level: "gdpr" });
    const { schedule } = lake.log;
    const id = closingIn(lake, "jane");
    schedule.put({ ...OWED, due_at: lake.now() });
    const handlers = handlersOf(lake, () => "release");
    const goOn = () => handlers.erase_step(dutyOf(lake, "erase_step", id));

    // Between two tries it is not due, and waited for all the same.
    failTimes(lake, MAX_ATTEMPTS - 1);
    await goOn();
    expect(deletionOf(lake, id).status).toBe("in_progress");
    expect(dutyOf(lake, "delete_objects", "e").attempts).toBe(MAX_ATTEMPTS - 1);
    failTimes(lake, 1);
    await goOn();
    expect(deletionOf(lake, id).status).toBe("in_progress");
    expect(dutyOf(lake, "delete_objects", "e")).toMatchObject({ attempts: 0, due_at: lake.now() });

    failTimes(lake, MAX_ATTEMPTS - 1);
    await goOn();
    expect(deletionOf(lake, id).status).toBe("in_progress");
    failTimes(lake, 1);
    await goOn();
    expect(deletionOf(lake, id)).toMatchObject({
      status: "failed",
      failure: expect.stringContaining("could not be deleted"),
    });
    expect(dutyOf(lake, "delete_objects", "e")).toMatchObject({ parked: false, attempts: 0 });

    schedule.remove(OWED);
    lake.pass(DAY_MS);
    await handlers.execution_due(dutyOf(lake, "execution_due", id));
    // The lake went on meanwhile: what has come is looked at before it is closed.
    expect(deletionOf(lake, id).erasure?.phase).toBe("looking");
    granted(eraseOnce(lake, id));
    await goOn();
    expect(deletionOf(lake, id)).toMatchObject({ status: "completed", failure: null });
  });

  it("fails beside another one that waits for the same, whichever looks first", async () => {
    const lake = testLake({ level: "gdpr" });
    const ids = [closingIn(lake, "jane"), closingIn(lake, "joe")];
    lake.log.schedule.put({ ...OWED, due_at: lake.now() });
    const { erase_step } = handlersOf(lake, () => "release");
    const waiting = () => ids.filter((id) => deletionOf(lake, id).status === "in_progress");
    let rounds = 0;
    for (; waiting().length > 0 && rounds < 10; rounds += 1) {
      failTimes(lake, MAX_ATTEMPTS);
      // The one whose turn it was last is last.
      ids.reverse();
      for (const id of waiting()) await erase_step(dutyOf(lake, "erase_step", id));
    }
    expect(ids.map((id) => deletionOf(lake, id).status)).toEqual(["failed", "failed"]);
    expect(rounds).toBeLessThanOrEqual(4);
  });
});

describe("an erasure after an append in the background that was cancelled", () => {
  /** A cancelled append, whose upload may be appended again for a day, and the erasure's last step. */
  const afterCancel = async (owed: Pick<PendingDuty, "due_at" | "payload"> | null = null) => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake);
    defineContract(lake);
    const url = { dataset: null, filename: "b1.csv", method: "PUT", purpose: null } as const;
    lake.run({ type: "SignUrl", ...url, expires_in: 900 });
    done(beginAppend(lake, "b1"));
    const batch_id = batchId.parse("b1");
    lake.run({ type: "CancelWork", batch_id, reason: null, replay_id: null });
    // What it had written is deleted at once.
    for (const duty of lake.log.schedule.due(lake.now(), 100, ["delete_objects"])) {
      lake.log.schedule.remove(duty);
    }
    if (owed !== null) lake.log.schedule.put({ kind: "delete_objects", ref: "old", ...owed });
    const id = closingIn(lake, "jane");
    await handlersOf(lake, () => "release").erase_step(dutyOf(lake, "erase_step", id));
    return deletionOf(lake, id).status;
  };

  it("does not wait until its upload may go", async () => {
    expect(await afterCancel()).toBe("completed");
  });

  const KEPT = { due_at: new Date(Date.parse(START) + DAY_MS).toISOString() };

  it("nor for the deletion that an older version has put off for that upload's sake", async () => {
    const payload = { keys: [`lakes/${LAKE}/landing/b1.csv`], uploaded_until: START };
    expect(await afterCancel({ ...KEPT, payload })).toBe("completed");
  });

  it("but for every other deletion, whenever it is due", async () => {
    const payload = { keys: [`lakes/${LAKE}/batches/b/1/raw/x.csv`] };
    expect(await afterCancel({ ...KEPT, payload })).toBe("in_progress");
  });
});
