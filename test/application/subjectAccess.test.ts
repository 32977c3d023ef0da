import { describe, expect, it } from "vitest";
import { accessDuties } from "../../src/application/accessDuties.ts";
import type { StateOf } from "../../src/application/aggregates.ts";
import type { DutyKind } from "../../src/application/ports.ts";
import { batchId, subjectAccessId } from "../../src/contracts/fields.ts";
import { append, beginAppend, defineContract, registerSales } from "../support/batchSteps.ts";
import { granted, LAKE, type TestLake, testLake } from "../support/testLake.ts";

const ask = (lake: TestLake, received_at: string | null = null) => {
  const about = { subject_id: "jane", requested_by: "petra", received_at };
  const answer = lake.run({ type: "RequestAccess", ...about });
  const shown = answer.body.subject_access as { readonly subject_access_id: string };
  return subjectAccessId.parse(shown.subject_access_id);
};

const accessOf = (lake: TestLake, id: string) => {
  const state = lake.log.load(`subject-access/${id}`).state as StateOf<"subject-access">;
  if (state.status === "absent") throw new Error("no such request");
  return state;
};

const dueAt = (lake: TestLake, kind: DutyKind, ref: string) =>
  lake.log.schedule.find({ kind, ref })?.due_at;

describe("a request for access that is extended", () => {
  it("has the deadlines of an extended request to be forgotten, and its reminders before them", () => {
    const lake = testLake({ level: "gdpr" });
    const received_at = lake.now();
    const said = { subject_id: "jane", reason: "forget me", requested_by: "petra" };
    const identity_verified = null;
    const asked = lake.run({ type: "RequestDeletion", ...said, identity_verified, received_at });
    const { deletion_id } = asked.body.deletion as { readonly deletion_id: never };
    lake.run({ type: "ExtendDeletion", deletion_id, reason: "many systems" });
    const deletion = lake.log.load(`deletion/${deletion_id}`).state as StateOf<"deletion">;
    if (deletion.status === "absent") throw new Error("no such request");

    const id = ask(lake, received_at);
    const before = accessOf(lake, id);
    lake.run({ type: "ExtendAccess", subject_access_id: id, reason: "many systems" });
    const { deadline, statutory_deadline } = accessOf(lake, id);
    expect(deadline > before.deadline).toBe(true);
    const { deadline: theirs, statutory_deadline: statutory } = deletion;
    expect({ deadline, statutory_deadline }).toEqual({
      deadline: theirs,
      statutory_deadline: statutory,
    });
    expect(dueAt(lake, "access_due", id)).toBe(deadline);
    expect(dueAt(lake, "access_reminder", id)).toBe(
      new Date(Date.parse(deadline) - 7 * 86_400_000).toISOString(),
    );
  });
});

describe("a request for access that is rejected", () => {
  it("is owed nothing any more", () => {
    const lake = testLake({ level: "gdpr" });
    const id = ask(lake);
    lake.run({ type: "RejectAccess", subject_access_id: id, reason: "no", ground: "Art. 12(5)" });
    for (const kind of ["access_step", "access_due", "access_reminder"] as const) {
      expect(dueAt(lake, kind, id)).toBeUndefined();
    }
  });

  it("keeps its reason sealed", () => {
    const lake = testLake({ level: "gdpr" });
    const id = ask(lake);
    const reason = "jane asks every day";
    lake.run({ type: "RejectAccess", subject_access_id: id, reason, ground: null });
    const [answer] = accessOf(lake, id).answers;
    expect(answer?.reason.sealed).not.toBe("");
    expect(JSON.stringify(answer)).not.toContain("jane");
  });
});

describe("a file that is taken over in the background", () => {
  const lakeOf = (): TestLake => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake, { contains_pii: true, subject_column: "email" });
    defineContract(lake);
    granted(append(lake, "before"));
    return lake;
  };

  /** The step that comes next, and how far it looks. */
  const next = (lake: TestLake, subject_access_id: ReturnType<typeof ask>) => {
    const { plan } = lake.open({ kind: "access_step", subject_access_id });
    if (plan.kind !== "subject_access" || plan.step.kind !== "search") return plan.kind;
    const { from, after, batches, ended } = plan.step;
    const step = { kind: "searched", from, after, batches, found: [], ended } as const;
    const now = lake.now();
    lake.run({ type: "RecordAccessStep", subject_access_id, step, now });
    return { batches, ended };
  };

  it("is waited for when it was when the person asked, once all before it were looked up", () => {
    const lake = lakeOf();
    granted(beginAppend(lake, "arriving"));
    lake.pass(1);
    const id = ask(lake);
    expect(next(lake, id)).toEqual({ batches: 1, ended: false });
    expect(next(lake, id)).toBe("wait");
    lake.run({
      type: "CancelWork",
      batch_id: batchId.parse("arriving"),
      reason: null,
      replay_id: null,
    });
    expect(next(lake, id)).toEqual({ batches: 0, ended: true });
  });

  it("is not when it was begun later", () => {
    const lake = lakeOf();
    const id = ask(lake);
    lake.pass(1);
    granted(beginAppend(lake, "later"));
    expect(next(lake, id)).toEqual({ batches: 1, ended: true });
  });

  it("is looked for again after a second", async () => {
    const lake = lakeOf();
    const id = ask(lake);
    const { access_step } = accessDuties({
      log: lake.log,
      service: lake.service,
      lake_id: LAKE,
      now: () => new Date(lake.now()),
      accessStep: async () => "wait",
    });
    const duty = lake.log.schedule.find({ kind: "access_step", ref: id });
    if (duty === null) throw new Error("no step is owed");
    await access_step(duty);
    const later = new Date(Date.parse(lake.now()) + 1_000).toISOString();
    expect(lake.log.schedule.find(duty)).toMatchObject({ due_at: later, attempts: 0, begun: 0 });
  });
});
