import { describe, expect, it } from "vitest";
import { CHECKPOINT_DUTY } from "../../src/application/checkpoints.ts";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import { deletionId } from "../../src/contracts/fields.ts";
import { registerSales } from "../support/batchSteps.ts";
import {
  DAY_MS,
  eventTypes,
  granted,
  refusal,
  START,
  type TestLake,
  testLake,
} from "../support/testLake.ts";

const SUBJECT = "jane.doe@example.com";
const REASON = "I moved to Mars with my sister Ann";
const ANSWER = "She owes us a lawsuit about a hamster";

const request = (
  more: Partial<Extract<LakeRequest, { type: "RequestDeletion" }>> = {},
): LakeRequest => ({
  type: "RequestDeletion",
  subject_id: SUBJECT,
  reason: REASON,
  requested_by: "petra",
  identity_verified: null,
  received_at: null,
  ...more,
});

const requestIn = (lake: TestLake, more: Parameters<typeof request>[0] = {}) => {
  const answer = lake.run(request(more));
  const { deletion_id } = answer.body.deletion as { deletion_id: string };
  return deletionId.parse(deletion_id);
};

const one = (id: string, when: { at: string } | null = null) =>
  ({ kind: "one", aggregate: "deletion", id, when }) as const;

describe("a deletion request", () => {
  it("is answered with its deadlines and with its personal fields sealed", () => {
    const lake = testLake({ level: "gdpr" });
    const answer = lake.run(request({ received_at: "2026-11-20T10:00:00.000Z" }));
    expect(answer.outcome).toBe("created");
    expect(answer.body.deletion).toMatchObject({
      status: "pending",
      subject_id: { sealed: true },
      reason: { sealed: true },
      requested_at: START,
      received_at: "2026-11-20T10:00:00.000Z",
      deadline: "2026-12-20T10:00:00.000Z",
      // The 20th is a Sunday, and the lake is German.
      statutory_deadline: "2026-12-21T22:59:59.999Z",
    });
  });

  it("leaves neither the subject nor a reason in clear in anything that is stored", () => {
    const lake = testLake({ level: "gdpr" });
    const idempotency = { key: "k1", body: JSON.stringify(request()) };
    const { deletion_id } = lake.run(request(), { idempotency }).body.deletion as {
      deletion_id: string;
    };
    const about = { deletion_id: deletionId.parse(deletion_id), reason: ANSWER };
    const ground = "Art. 17(3)(e)";
    lake.run({ type: "ExtendDeletion", ...about });
    lake.run({ type: "HoldDeletion", ...about, ground, until: null });
    lake.run({ type: "ReleaseDeletionHold", ...about });
    lake.ask({ kind: "reveal", deletion_id });
    lake.run({ type: "RejectDeletion", ...about, ground });
    const stored = lake.log.dump();
    for (const clear of [SUBJECT, "jane", REASON, "Mars", ANSWER, "hamster"]) {
      expect(stored).not.toContain(clear);
      expect(stored).not.toContain(Buffer.from(clear).toString("base64"));
    }
  });

  it("is refused at level standard and leaves no key behind", () => {
    const lake = testLake({ level: "standard" });
    const stored = lake.log.dump();
    expect(lake.refused(request()).code).toBe("gdpr-level-required");
    registerSales(lake);
    expect(lake.log.keyIds()).toEqual(["lake"]);
    expect(lake.log.dump()).not.toBe(stored);
  });

  it.each(["2018-05-24T21:59:59.999Z", "2026-11-23T12:05:00.001Z", "2099-01-01T00:00:00.000Z"])(
    "received on %s is not plausible and leaves no key behind",
    (received_at) => {
      const lake = testLake({ level: "gdpr" });
      const refused = lake.refused(request({ received_at }));
      expect(refused).toMatchObject({ reason: "invalid", code: "implausible-receipt" });
      expect(refused.errors?.at(0)?.path).toBe("received_at");
      registerSales(lake);
      expect(lake.log.keyIds()).toEqual(["lake"]);
    },
  );

  it("may have been received long ago, and is overdue then", () => {
    const lake = testLake({ level: "gdpr" });
    // The first moment of the GDPR in Germany, where the lake is.
    const id = requestIn(lake, { received_at: "2018-05-24T22:00:00.000Z" });
    expect(lake.see(one(id))).toMatchObject({ overdue: true });
    expect(lake.see({ kind: "report", when: null })).toMatchObject({ overdue_deletions: 1 });
  });

  it("owes a duty at its deadline, and one before it", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    expect(lake.log.duties()).toMatchObject([
      CHECKPOINT_DUTY,
      { kind: "deletion_due", ref: id, due_at: "2026-12-23T12:00:00.000Z" },
      { kind: "execution_due", ref: id, due_at: "2026-12-22T12:00:00.000Z" },
      { kind: "deletion_reminder", ref: id, due_at: "2026-12-16T12:00:00.000Z" },
    ]);
  });
});

describe("a second request of the same person", () => {
  it("is answered with the open one and writes nothing", () => {
    const lake = testLake({ level: "gdpr" });
    const first = lake.run(request());
    const stored = lake.log.dump();
    lake.pass(DAY_MS);
    const second = lake.run(request({ reason: "again" }));
    expect(second.outcome).toBe("done");
    expect(second.body.deletion).toEqual(first.body.deletion);
    expect(second.body.events).toEqual([]);
    expect(lake.log.dump()).toBe(stored);
  });

  it("is answered with the open one while that is on hold", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.run({
      type: "HoldDeletion",
      deletion_id: id,
      reason: "x",
      ground: "Art. 18(1)(a)",
      until: null,
    });
    expect(requestIn(lake)).toBe(id);
  });

  it("is a new one once the first was answered", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.run({ type: "RejectDeletion", deletion_id: id, reason: "x", ground: "Art. 12(5)" });
    expect(requestIn(lake)).not.toBe(id);
    expect(lake.log.keyIds()).toHaveLength(2);
  });

  it("of another person is another request under another key", () => {
    const lake = testLake({ level: "gdpr" });
    expect(requestIn(lake)).not.toBe(requestIn(lake, { subject_id: "john" }));
    expect(lake.log.keyIds()).toHaveLength(3);
  });
});

describe("revealing a request", () => {
  it("shows what was sealed, and only after the access is on record", () => {
    const lake = testLake({ level: "gdpr" });
    const deletion_id = requestIn(lake);
    lake.run({ type: "ExtendDeletion", deletion_id, reason: ANSWER });
    lake.run({
      type: "HoldDeletion",
      deletion_id,
      reason: "wait",
      ground: "Art. 18(1)(a)",
      until: null,
    });
    const shown = lake.see({ kind: "reveal", deletion_id });
    expect(shown).toMatchObject({
      subject_id: SUBJECT,
      reason: REASON,
      answers: [
        { decision: "extended", reason: ANSWER },
        { decision: "held", reason: "wait", ground: "Art. 18(1)(a)" },
      ],
    });
    const sealed = { sealed: true };
    expect(lake.see(one(deletion_id))).toMatchObject({
      subject_id: sealed,
      reason: sealed,
      answers: [{ reason: sealed }, { reason: sealed }],
    });
    expect(lake.log.events().at(-1)).toMatchObject({
      type: "AccessAudited",
      data: { accessor_id: "tester", object: `deletion/${deletion_id}` },
    });
  });

  it("shows nothing when the access cannot be recorded", () => {
    let broken = false;
    const lake = testLake({
      level: "gdpr",
      seenAs: (log) => ({
        ...log,
        append: (changes, meta) => {
          if (broken) throw new Error("disk full");
          return log.append(changes, meta);
        },
      }),
    });
    const deletion_id = requestIn(lake);
    broken = true;
    expect(() => lake.ask({ kind: "reveal", deletion_id })).toThrow("disk full");
  });

  it("of an unknown request is refused and not on record", () => {
    const lake = testLake({ level: "gdpr" });
    const asked = lake.service.ask(lake.call(), { kind: "reveal", deletion_id: "nobody" });
    expect(refusal(asked).code).toBe("deletion-not-found");
    expect(lake.log.countOf("AccessAudited")).toBe(0);
  });
});

describe("the deadline of a request", () => {
  const due = (id: string) => ({ kind: "deletion_due", ref: id }) as const;
  const note = (lake: TestLake, id: ReturnType<typeof requestIn>) =>
    lake.service.fulfil(
      lake.call().lake_id,
      { type: "NoteDeletionDue", deletion_id: id, now: lake.now() },
      { ...due(id), due_at: lake.now(), payload: {} },
    );

  it("once passed is on record, and its duty is gone with that commit", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.pass(31 * DAY_MS);
    const noted = note(lake, id);
    expect(noted.ok && eventTypes(noted.value)).toEqual(["GDPRDeletionOverdue"]);
    // What is late is carried out all the same.
    const owed = [CHECKPOINT_DUTY, { kind: "execution_due", ref: id }];
    expect(lake.log.duties()).toMatchObject(owed);
    expect(lake.see(one(id))).toMatchObject({ overdue: true, status: "pending" });
  });

  it("is seen as passed before its alarm is heard", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.pass(31 * DAY_MS);
    expect(lake.see(one(id))).toMatchObject({ overdue: true });
    expect(lake.see(one(id, { at: START }))).toMatchObject({ overdue: false });
  });

  it("counts by the country that the lake names then, and stays so when it names another", () => {
    const lake = testLake({ level: "gdpr" });
    const ends = (id: string) => lake.see(one(id)).statutory_deadline;
    const before = requestIn(lake);
    expect(ends(before)).toBe("2026-12-23T22:59:59.999Z");
    lake.run({ type: "ChangeLakeLocality", country: "GB", time_zone: null });
    expect(ends(before)).toBe("2026-12-23T22:59:59.999Z");
    const after = requestIn(lake, { subject_id: "otto" });
    expect(ends(after)).toBe("2026-12-23T23:59:59.999Z");
  });

  it("moves its duty along when it is extended", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.run({ type: "ExtendDeletion", deletion_id: id, reason: "complex" });
    expect(lake.log.duties()).toMatchObject([
      CHECKPOINT_DUTY,
      { ...due(id), due_at: "2027-02-23T22:59:59.999Z" },
      { kind: "execution_due", ref: id, due_at: "2027-02-22T22:59:59.999Z" },
      { kind: "deletion_reminder", ref: id },
    ]);
  });

  it("owes nothing any more once the request is rejected", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.run({ type: "RejectDeletion", deletion_id: id, reason: "x", ground: "Art. 12(5)" });
    expect(lake.log.duties()).toMatchObject([CHECKPOINT_DUTY]);
    lake.pass(40 * DAY_MS);
    expect(lake.see(one(id))).toMatchObject({ overdue: false });
  });

  it("stays owed on hold", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.run({
      type: "HoldDeletion",
      deletion_id: id,
      reason: "x",
      ground: "Art. 18(1)(a)",
      until: null,
    });
    expect(lake.log.duties()).toMatchObject([
      CHECKPOINT_DUTY,
      due(id),
      { kind: "execution_due", ref: id },
      { kind: "deletion_reminder", ref: id },
    ]);
  });

  it("is noted in the request's correlation, with the request as its cause", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    const [, requested] = lake.log.events();
    const duty = lake.log.schedule.find(due(id));
    if (duty === null) throw new Error("nothing is owed");
    lake.pass(31 * DAY_MS);
    const noted = { type: "NoteDeletionDue", deletion_id: id, now: lake.now() } as const;
    lake.service.fulfil(lake.call().lake_id, noted, duty);
    expect(lake.log.events().at(-1)).toMatchObject({
      actor: "lethe",
      correlation_id: "correlation",
      causation_id: requested?.event_id,
    });
  });

  it("is owed once more when the request is extended after it has passed", () => {
    const lake = testLake({ level: "gdpr" });
    // Of a month with 31 days: thirty days are over before the month is.
    const id = requestIn(lake, { received_at: "2026-10-24T12:00:00.000Z" });
    lake.pass(6 * 60 * 60_000);
    expect(eventTypes(granted(note(lake, id)))).toEqual(["GDPRDeletionOverdue"]);
    lake.run({ type: "ExtendDeletion", deletion_id: id, reason: "complex" });
    const owed = lake.log.schedule.find(due(id));
    lake.pass(Date.parse(owed?.due_at ?? "") - Date.parse(lake.now()));
    expect(eventTypes(granted(note(lake, id)))).toEqual(["GDPRDeletionOverdue"]);
    expect(lake.log.countOf("GDPRDeletionOverdue")).toBe(2);
    expect(lake.log.schedule.find(due(id))).toBeNull();
  });

  it("that is noted twice is noted once", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.pass(31 * DAY_MS);
    note(lake, id);
    expect(refusal(note(lake, id)).code).toBe("work-expired");
    expect(lake.log.countOf("GDPRDeletionOverdue")).toBe(1);
  });
});

describe("the duties of a request", () => {
  const duties = (lake: TestLake) =>
    Object.fromEntries(
      lake.log
        .duties()
        .filter(({ kind }) => kind !== CHECKPOINT_DUTY.kind)
        .map(({ kind, due_at }) => [kind, due_at]),
    );
  const NOTES = {
    deletion_due: "NoteDeletionDue",
    deletion_reminder: "NoteDeletionApproaching",
    hold_end: "NoteHoldEnd",
  } as const;
  /** Does the duty of this kind now, whatever the clock says. */
  const fulfil = (lake: TestLake, id: string, kind: keyof typeof NOTES) => {
    const duty = lake.log.schedule.find({ kind, ref: id });
    if (duty === null) throw new Error(`no ${kind} is owed`);
    const note = { type: NOTES[kind], deletion_id: deletionId.parse(id), now: lake.now() } as const;
    return eventTypes(granted(lake.service.fulfil(lake.call().lake_id, note, duty)));
  };

  it("are one reminder at a time, each followed by the next, and the deadline", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    const due = "2026-12-23T12:00:00.000Z";
    expect(duties(lake)).toEqual({
      deletion_due: due,
      deletion_reminder: "2026-12-16T12:00:00.000Z",
      execution_due: "2026-12-22T12:00:00.000Z",
    });
    lake.pass(23 * DAY_MS);
    expect(fulfil(lake, id, "deletion_reminder")).toEqual(["GDPRDeletionDeadlineApproaching"]);
    expect(duties(lake)).toMatchObject({ deletion_reminder: "2026-12-20T12:00:00.000Z" });
    lake.pass(4 * DAY_MS);
    fulfil(lake, id, "deletion_reminder");
    expect(duties(lake)).toMatchObject({ deletion_reminder: "2026-12-22T12:00:00.000Z" });
    lake.pass(2 * DAY_MS);
    fulfil(lake, id, "deletion_reminder");
    expect(Object.keys(duties(lake))).toEqual(["deletion_due", "execution_due"]);
    const told = lake.log.read({ type: "GDPRDeletionDeadlineApproaching", after: 0, limit: 9 });
    expect(told.map(({ data }) => data.days_left)).toEqual([7, 3, 1]);
    lake.pass(DAY_MS);
    expect(fulfil(lake, id, "deletion_due")).toEqual(["GDPRDeletionOverdue"]);
    expect(Object.keys(duties(lake))).toEqual(["execution_due"]);
  });

  it("leave out a reminder whose day is over when the request comes in, and all when it is late", () => {
    const lake = testLake({ level: "gdpr" });
    requestIn(lake, { received_at: "2026-10-28T12:00:00.000Z" });
    expect(duties(lake)).toEqual({
      deletion_due: "2026-11-27T12:00:00.000Z",
      deletion_reminder: "2026-11-24T12:00:00.000Z",
      execution_due: "2026-11-26T12:00:00.000Z",
    });
    const late = testLake({ level: "gdpr" });
    requestIn(late, { received_at: "2026-01-28T12:00:00.000Z" });
    expect(Object.keys(duties(late))).toEqual(["deletion_due", "execution_due"]);
  });

  it("stay owed when the clock was set back, and are gone when the deadline has passed", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    expect(fulfil(lake, id, "deletion_reminder")).toEqual([]);
    expect(duties(lake)).toHaveProperty("deletion_reminder");
    lake.pass(31 * DAY_MS);
    expect(fulfil(lake, id, "deletion_reminder")).toEqual([]);
    expect(Object.keys(duties(lake))).toEqual(["deletion_due", "execution_due"]);
  });

  it("move with an extension: the reminder that was due is the new deadline's", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    lake.pass(24 * DAY_MS);
    lake.run({ type: "ExtendDeletion", deletion_id: id, reason: "complex" });
    expect(duties(lake)).toEqual({
      deletion_due: "2027-02-23T22:59:59.999Z",
      deletion_reminder: "2027-02-16T22:59:59.999Z",
      execution_due: "2027-02-22T22:59:59.999Z",
    });
  });

  it("end a hold that has an end, and vanish with a release and a rejection", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    const until = new Date(Date.parse(START) + DAY_MS).toISOString();
    const hold = { type: "HoldDeletion", deletion_id: id, reason: "x", ground: null } as const;
    lake.run({ ...hold, until });
    expect(duties(lake)).toMatchObject({ hold_end: until });
    expect(fulfil(lake, id, "hold_end")).toEqual([]);
    expect(duties(lake)).toMatchObject({ hold_end: until });
    lake.run({ type: "ReleaseDeletionHold", deletion_id: id, reason: "x" });
    expect(duties(lake)).not.toHaveProperty("hold_end");
    lake.run({ ...hold, until });
    lake.pass(DAY_MS);
    expect(fulfil(lake, id, "hold_end")).toEqual(["GDPRDeletionHoldExpired"]);
    expect(lake.see(one(id))).toMatchObject({ status: "pending", held_until: null });
    expect(duties(lake)).not.toHaveProperty("hold_end");
    lake.run({ ...hold, until: null });
    expect(duties(lake)).not.toHaveProperty("hold_end");
    lake.run({ type: "RejectDeletion", deletion_id: id, reason: "x", ground: "Art. 12(5)" });
    expect(duties(lake)).toEqual({});
  });

  it("of a request that was held anew end the new hold, not the old one", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    const at = (days: number) => new Date(Date.parse(START) + days * DAY_MS).toISOString();
    const hold = { type: "HoldDeletion", deletion_id: id, reason: "x", ground: null } as const;
    lake.run({ ...hold, until: at(1) });
    lake.run({ type: "ReleaseDeletionHold", deletion_id: id, reason: "x" });
    lake.run({ ...hold, until: at(9) });
    lake.pass(2 * DAY_MS);
    expect(fulfil(lake, id, "hold_end")).toEqual([]);
    expect(duties(lake)).toMatchObject({ hold_end: at(9) });
  });
});

describe("a rejection", () => {
  it("tells the remedies the person has, in the answer and ever after", () => {
    const lake = testLake({ level: "gdpr" });
    const id = requestIn(lake);
    expect(lake.see(one(id))).not.toHaveProperty("remedies");
    const rejection = { reason: "x", ground: "Art. 12(5)" };
    const answer = lake.run({ type: "RejectDeletion", deletion_id: id, ...rejection });
    for (const shown of [answer.body.deletion, lake.see(one(id))]) {
      expect(shown).toMatchObject({
        remedies: {
          complaint: expect.stringContaining("Art. 77"),
          court: expect.stringContaining("Art. 79"),
        },
      });
    }
  });
});

describe("an answer to a request that does not exist", () => {
  it("is refused and makes no key", () => {
    const lake = testLake({ level: "gdpr" });
    const stored = lake.log.dump();
    const about = { deletion_id: deletionId.parse("nobody"), reason: "x" };
    for (const type of ["ExtendDeletion", "ReleaseDeletionHold"] as const) {
      expect(lake.refused({ type, ...about }).code).toBe("deletion-not-found");
    }
    for (const request of [
      { type: "HoldDeletion", ...about, ground: "Art. 12(5)", until: null },
      { type: "RejectDeletion", ...about, ground: "Art. 12(5)" },
      { type: "NoteDeletionIdentity", ...about, verified: true },
    ] as const) {
      expect(lake.refused(request).code).toBe("deletion-not-found");
    }
    expect(lake.log.dump()).toBe(stored);
  });
});
