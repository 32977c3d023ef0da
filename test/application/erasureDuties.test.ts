import { describe, expect, it } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import { erasureDuties } from "../../src/application/erasureDuties.ts";
import type { DutyKind, PendingDuty } from "../../src/application/ports.ts";
import type { EraseStep } from "../../src/application/work/eraseWork.ts";
import { deletionId } from "../../src/contracts/fields.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import { eraseOnce, execute } from "../support/erasureSteps.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import { DAY_MS, granted, HOUR_MS, LAKE, type TestLake, testLake } from "../support/testLake.ts";

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

describe("an erasure whose replaced objects were given up", () => {
  it.each([
    ["an answer to the person", `lakes/${LAKE}/subject-access/a/file`],
    ["a file that another took the place of", `lakes/${LAKE}/batches/b/1/raw/x.csv`],
    ["what an attempt had written", `lakes/${LAKE}/published/sales/b/2/x.parquet`],
  ])("waits until %s is deleted, whether its batch was hit or not", async (_, key) => {
    const lake = testLake({ level: "gdpr" });
    const id = request(lake);
    lake.run(execute(id));
    while (deletionOf(lake, id).erasure?.phase !== "closing") granted(eraseOnce(lake, id));
    const owed = { kind: "delete_objects", ref: "e", payload: { keys: [key] } } as const;
    lake.log.schedule.put({ ...owed, due_at: lake.now() });
    const { erase_step } = handlersOf(lake, () => "release");
    await erase_step(dutyOf(lake, "erase_step", id));
    expect(deletionOf(lake, id).status).toBe("in_progress");
    lake.log.schedule.remove(owed);
    await erase_step(dutyOf(lake, "erase_step", id));
    expect(deletionOf(lake, id).status).toBe("completed");
  });

  const KEYS = [`lakes/${LAKE}/batches/b/1/raw/x.csv`];

  it("has them deleted after all and fails, in sight, when that is in vain; a day later it is complete", async () => {
    const lake = testLake({ level: "gdpr" });
    const { schedule } = lake.log;
    const id = request(lake);
    lake.run(execute(id));
    while (deletionOf(lake, id).erasure?.phase !== "closing") granted(eraseOnce(lake, id));
    const given_up = { kind: "delete_objects", ref: "e", payload: { keys: KEYS } } as const;
    schedule.put({ ...given_up, due_at: lake.now() });
    schedule.failed(given_up, "the store is away", null);

    const handlers = handlersOf(lake, () => "release");
    await handlers.erase_step(dutyOf(lake, "erase_step", id));
    expect(deletionOf(lake, id).status).toBe("in_progress");
    expect(dutyOf(lake, "delete_objects", "e")).toMatchObject({ parked: false, attempts: 0 });

    schedule.failed(given_up, "the store is away still", null);
    await handlers.erase_step(dutyOf(lake, "erase_step", id));
    expect(deletionOf(lake, id)).toMatchObject({
      status: "failed",
      failure: expect.stringContaining("could not be deleted"),
    });
    expect(dutyOf(lake, "delete_objects", "e")).toMatchObject({ parked: false, attempts: 0 });

    schedule.remove(given_up);
    lake.pass(DAY_MS);
    await handlers.execution_due(dutyOf(lake, "execution_due", id));
    // The lake went on meanwhile: what has come is looked at before it is closed.
    expect(deletionOf(lake, id).erasure?.phase).toBe("looking");
    granted(eraseOnce(lake, id));
    await handlers.erase_step(dutyOf(lake, "erase_step", id));
    expect(deletionOf(lake, id)).toMatchObject({ status: "completed", failure: null });
  });
});
