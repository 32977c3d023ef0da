import { describe, expect, it } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import type { DutyKind } from "../../src/application/ports.ts";
import { subjectAccessId } from "../../src/contracts/fields.ts";
import { type TestLake, testLake } from "../support/testLake.ts";

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
