import { describe, expect, it } from "vitest";
import {
  type DeletionCommand,
  type DeletionContext,
  decideDeletion,
} from "../../../src/domain/deletion/decide.ts";
import {
  DELETION_STATUSES,
  type DeletionAnswer,
  evolveDeletion,
  initialDeletion,
  isOpen,
  OPEN_STATUSES,
} from "../../../src/domain/deletion/deletion.ts";
import type { DeletionEvent } from "../../../src/domain/deletion/events.ts";
import { deciderSpec, FIRST_RECORDED_AT, recordedAt } from "../../support/deciderSpec.ts";
import { DELETION, lakeAt } from "../../support/facts.ts";
import { subjectRef } from "../../support/subjects.ts";

const gdpr: DeletionContext = { lake: lakeAt("gdpr") };
const given = deciderSpec(
  { decide: decideDeletion, evolve: evolveDeletion, initialState: initialDeletion },
  gdpr,
);

const RECEIVED = "2026-10-31T10:00:00.000Z";
const DEADLINE = "2026-11-30T10:00:00.000Z";
const STATUTORY = "2026-11-30T23:59:59.999Z";
const EXTENDED = "2027-01-31T23:59:59.999Z";

const data = {
  deletion_id: DELETION,
  subject_ref: subjectRef("jane"),
  subject_id: { sealed: "c3ViamVjdA==" },
  reason: { sealed: "cmVhc29u" },
  requested_by: "petra",
  identity_verified: null,
  received_at: RECEIVED,
  deadline: DEADLINE,
  statutory_deadline: STATUTORY,
};
const why = { sealed: "d2h5" };
const request: DeletionCommand = { type: "RequestGDPRDeletion", ...data };
const requested: DeletionEvent = { type: "GDPRDeletionRequested", data };
const extended: DeletionEvent = {
  type: "GDPRDeletionExtended",
  data: { reason: why, deadline: EXTENDED, statutory_deadline: EXTENDED },
};
const ground = "Art. 17(3)(b)";
const rejected: DeletionEvent = { type: "GDPRDeletionRejected", data: { reason: why, ground } };
const held: DeletionEvent = {
  type: "GDPRDeletionHeld",
  data: { reason: why, ground, until: null },
};
const holdReleased: DeletionEvent = { type: "GDPRDeletionHoldReleased", data: { reason: why } };
const overdue: DeletionEvent = {
  type: "GDPRDeletionOverdue",
  data: { deadline: DEADLINE, statutory_deadline: STATUTORY },
};

const on = { deletion_id: DELETION, now: FIRST_RECORDED_AT };
const extend = (now = FIRST_RECORDED_AT): DeletionCommand => ({
  type: "ExtendDeletion",
  deletion_id: DELETION,
  now,
  reason: why,
  statutory_deadline: EXTENDED,
});
const rejectIt: DeletionCommand = { type: "RejectDeletion", ...on, reason: why, ground };
const hold: DeletionCommand = { type: "HoldDeletion", ...on, reason: why, ground, until: null };
const release: DeletionCommand = { type: "ReleaseDeletionHold", ...on, reason: why };
const noteDue = (now: string): DeletionCommand => ({
  type: "NoteDeletionDue",
  deletion_id: DELETION,
  now,
});

describe("requesting a deletion", () => {
  it("records the pseudonym, the sealed texts and both deadlines", () => {
    given().when(request).then(requested);
  });

  it("is refused at level standard, saying how to raise it", () => {
    const refused = given()
      .knowing({ lake: lakeAt("standard") })
      .when(request)
      .thenRejected("gdpr-level-required", "compliance");
    expect(refused.detail).toContain("POST /compliance-level");
  });

  it("changes nothing while it is open, held or not", () => {
    given(requested).when(request).thenNothing();
    given(requested, held).when(request).thenNothing();
  });
});

describe("a request that was never made", () => {
  it.each([extend(), rejectIt, hold, release, noteDue(STATUTORY)])("refuses $type", (command) => {
    given().when(command).thenRejected("deletion-not-found", "not_found");
  });
});

describe("a request that was answered", () => {
  it.each([extend(), rejectIt, hold, release])("refuses $type", (command) => {
    const refused = given(requested, rejected)
      .when(command)
      .thenRejected("deletion-wrong-state", "wrong_state");
    expect(refused.detail).toContain("rejected");
  });

  it("is never overdue", () => {
    given(requested, rejected).when(noteDue("2030-01-01T00:00:00.000Z")).thenNothing();
  });
});

describe("extending a request", () => {
  it("moves both deadlines to the end that the command brings", () => {
    given(requested).when(extend()).then(extended);
    given(requested, held).when(extend()).then(extended);
  });

  it("is possible to the last millisecond of the first month, and not after it", () => {
    given(requested).when(extend(STATUTORY)).then(extended);
    const refused = given(requested)
      .when(extend("2026-12-01T00:00:00.000Z"))
      .thenRejected("deletion-wrong-state");
    expect(refused.detail).toContain("Art. 12(3)");
  });

  it("is possible past Lethe's own deadline while the law's has not passed", () => {
    given(requested, overdue).when(extend("2026-11-30T20:00:00.000Z")).then(extended);
  });

  it("is possible once", () => {
    given(requested, extended).when(extend()).thenRejected("deletion-wrong-state");
  });
});

describe("holding a request", () => {
  it("keeps it with its ground until it is released", () => {
    given(requested).when(hold).then(held);
    given(requested, held).when(release).then(holdReleased);
  });

  it("is refused while it is held, and a release while it is not", () => {
    given(requested, held).when(hold).thenRejected("deletion-wrong-state");
    given(requested).when(release).thenRejected("deletion-wrong-state");
    given(requested, held, holdReleased).when(release).thenRejected("deletion-wrong-state");
  });

  it("can be done again after a release", () => {
    given(requested, held, holdReleased).when(hold).then(held);
  });
});

describe("a hold with an end", () => {
  const UNTIL = "2026-11-24T00:00:00.000Z";
  const holdUntil = (until: string): DeletionCommand => ({
    type: "HoldDeletion",
    ...on,
    reason: why,
    ground,
    until,
  });
  const heldUntil: DeletionEvent = {
    type: "GDPRDeletionHeld",
    data: { reason: why, ground, until: UNTIL },
  };
  const noteEnd = (now: string): DeletionCommand => ({
    type: "NoteHoldEnd",
    deletion_id: DELETION,
    now,
  });
  const expired: DeletionEvent = { type: "GDPRDeletionHoldExpired", data: { until: UNTIL } };

  it("ends by itself when its time has come, and not before", () => {
    given(requested).when(holdUntil(UNTIL)).then(heldUntil);
    given(requested, heldUntil).when(noteEnd("2026-11-23T23:59:59.999Z")).thenNothing();
    given(requested, heldUntil).when(noteEnd(UNTIL)).then(expired);
  });

  it("cannot have ended when it begins", () => {
    for (const until of [FIRST_RECORDED_AT, "2020-01-01T00:00:00.000Z"]) {
      given(requested).when(holdUntil(until)).thenRejected("hold-in-the-past", "invalid");
    }
  });

  it("ends once, and not at all when it was released or has no end", () => {
    given(requested, heldUntil, expired).when(noteEnd(UNTIL)).thenNothing();
    given(requested, heldUntil, holdReleased).when(noteEnd(UNTIL)).thenNothing();
    given(requested, held).when(noteEnd("2030-01-01T00:00:00.000Z")).thenNothing();
    given(requested, rejected).when(noteEnd(UNTIL)).thenNothing();
  });
});

describe("who asks", () => {
  const identity = (verified: boolean): DeletionCommand => ({
    type: "NoteDeletionIdentity",
    ...on,
    reason: why,
    verified,
  });
  const questioned: DeletionEvent = {
    type: "GDPRDeletionIdentityQuestioned",
    data: { reason: why },
  };
  const verified: DeletionEvent = { type: "GDPRDeletionIdentityVerified", data: { reason: why } };
  const requestedBy = (identity_verified: boolean | null): DeletionEvent => ({
    type: "GDPRDeletionRequested",
    data: { ...data, identity_verified },
  });
  const unidentified = { ...rejectIt, ground: "Art. 12(6)" } as DeletionCommand;

  it("is asked about once and confirmed once", () => {
    given(requested).when(identity(false)).then(questioned);
    given(requested, questioned).when(identity(false)).thenNothing();
    given(requested, questioned).when(identity(true)).then(verified);
    given(requested, verified).when(identity(true)).thenNothing();
    given(requested, verified).when(identity(false)).then(questioned);
  });

  it("may be known, or doubted, from the start", () => {
    given(requestedBy(true)).when(identity(true)).thenNothing();
    given(requestedBy(false)).when(identity(false)).thenNothing();
    given(requestedBy(null)).when(identity(false)).then(questioned);
  });

  it("is a ground for a rejection only when proof was asked for and did not come", () => {
    given(requested, questioned)
      .when(unidentified)
      .then({ type: "GDPRDeletionRejected", data: { reason: why, ground: "Art. 12(6)" } });
    given(requested).when(unidentified).thenRejected("deletion-wrong-state");
    given(requested, verified).when(unidentified).thenRejected("deletion-wrong-state");
  });

  it("stops no clock: the deadline passes while it is asked about", () => {
    given(requested, questioned).when(noteDue(DEADLINE)).then(overdue);
  });

  it("does not touch a hold", () => {
    expect(given(requested, held, questioned).state()).toMatchObject({ status: "held", ground });
  });
});

describe("a deadline that is near", () => {
  const near = (now: string): DeletionCommand => ({
    type: "NoteDeletionApproaching",
    deletion_id: DELETION,
    now,
  });
  const told = (days_left: number): DeletionEvent => ({
    type: "GDPRDeletionDeadlineApproaching",
    data: { days_left, deadline: DEADLINE, statutory_deadline: STATUTORY },
  });

  it("is announced seven days, three days and one day before it", () => {
    given(requested).when(near("2026-11-23T09:59:59.999Z")).thenNothing();
    given(requested).when(near("2026-11-23T10:00:00.000Z")).then(told(7));
    given(requested, told(7)).when(near("2026-11-27T09:59:59.999Z")).thenNothing();
    given(requested, told(7)).when(near("2026-11-27T10:00:00.000Z")).then(told(3));
    given(requested, told(7), told(3)).when(near("2026-11-29T10:00:00.000Z")).then(told(1));
  });

  it("is announced once after an outage, with the days that are really left", () => {
    given(requested).when(near("2026-11-27T22:00:00.000Z")).then(told(3));
    given(requested, told(3)).when(near("2026-11-27T22:00:00.000Z")).thenNothing();
    given(requested, told(5)).when(near("2026-11-27T10:00:00.000Z")).then(told(3));
  });

  it("is not announced twice when a clock goes back", () => {
    given(requested, told(3)).when(near("2026-11-24T10:00:00.000Z")).thenNothing();
  });

  it("is announced on hold, and not once it has passed or the request is answered", () => {
    given(requested, held).when(near("2026-11-24T10:00:00.000Z")).then(told(6));
    given(requested).when(near(DEADLINE)).thenNothing();
    given(requested, rejected).when(near("2026-11-29T10:00:00.000Z")).thenNothing();
  });

  it("is announced anew for the deadline of an extension", () => {
    given(requested, told(7), told(3), overdue, extended)
      .when(near("2027-01-25T00:00:00.000Z"))
      .then({
        type: "GDPRDeletionDeadlineApproaching",
        data: { days_left: 7, deadline: EXTENDED, statutory_deadline: EXTENDED },
      });
  });
});

describe("rejecting a request", () => {
  it("answers it, pending or held", () => {
    given(requested).when(rejectIt).then(rejected);
    given(requested, held).when(rejectIt).then(rejected);
  });
});

describe("a deadline", () => {
  it("makes a request overdue when it is reached", () => {
    given(requested).when(noteDue(DEADLINE)).then(overdue);
  });

  it("that has not been reached does not", () => {
    given(requested).when(noteDue("2026-11-30T09:59:59.999Z")).thenNothing();
  });

  it("is not stopped by a hold", () => {
    given(requested, held).when(noteDue(STATUTORY)).then(overdue);
  });

  it("is missed once", () => {
    given(requested, overdue).when(noteDue(STATUTORY)).thenNothing();
  });

  it("is missed once more when the request was extended since, and that is not kept either", () => {
    given(requested, overdue, extended).when(noteDue(STATUTORY)).thenNothing();
    const late = { deadline: EXTENDED, statutory_deadline: EXTENDED };
    const again: DeletionEvent = { type: "GDPRDeletionOverdue", data: late };
    given(requested, overdue, extended).when(noteDue(EXTENDED)).then(again);
    given(requested, overdue, extended, again).when(noteDue(EXTENDED)).thenNothing();
  });

  it("is the extended one after an extension", () => {
    given(requested, extended).when(noteDue(STATUTORY)).thenNothing();
    given(requested, extended)
      .when(noteDue(EXTENDED))
      .then({
        type: "GDPRDeletionOverdue",
        data: { deadline: EXTENDED, statutory_deadline: EXTENDED },
      });
  });
});

describe("a request's state", () => {
  const { identity_verified: _, ...asked } = data;
  const fresh = {
    ...asked,
    status: "pending",
    requested_at: FIRST_RECORDED_AT,
    extended: false,
    ground: null,
    held_until: null,
    identity: "unquestioned",
    reminded: null,
    overdue: false,
    missed_deadline: null,
    answers: [],
    version: 1,
    erasure: null,
    failure: null,
    completed_at: null,
    keys_gone_at: null,
    withheld: [],
    not_searched: null,
  };
  const answer = (
    decision: DeletionAnswer["decision"],
    version: number,
    on: string | null = null,
  ): DeletionAnswer => ({
    decision,
    reason: why,
    ground: on,
    decided_at: recordedAt(version - 1),
    version,
  });

  it.each([
    ["pending when it is made", [requested], {}],
    [
      "extended",
      [requested, extended],
      {
        extended: true,
        deadline: EXTENDED,
        statutory_deadline: EXTENDED,
        answers: [answer("extended", 2)],
        version: 2,
      },
    ],
    [
      "held on a ground, also once it is extended",
      [requested, held, extended],
      {
        status: "held",
        ground,
        extended: true,
        deadline: EXTENDED,
        statutory_deadline: EXTENDED,
        answers: [answer("held", 2, ground), answer("extended", 3)],
        version: 3,
      },
    ],
    [
      "pending again without one",
      [requested, held, holdReleased],
      { answers: [answer("held", 2, ground), answer("released", 3)], version: 3 },
    ],
    [
      "rejected on a ground",
      [requested, rejected],
      { status: "rejected", ground, answers: [answer("rejected", 2, ground)], version: 2 },
    ],
    [
      "overdue for good",
      [requested, overdue, held, holdReleased],
      {
        overdue: true,
        missed_deadline: DEADLINE,
        answers: [answer("held", 3, ground), answer("released", 4)],
        version: 4,
      },
    ],
  ])("is %s", (_, events, more) => {
    expect(given(...events).state()).toEqual({ ...fresh, ...more });
  });

  it("stays absent whatever follows without a request", () => {
    const orphans = [extended, rejected, held, holdReleased, overdue];
    expect(given(...orphans).state()).toEqual({ status: "absent" });
  });

  it("is open while an answer is owed", () => {
    expect(
      DELETION_STATUSES.filter((status) => !OPEN_STATUSES.some((open) => open === status)),
    ).toEqual(["completed", "rejected"]);
    expect(isOpen(given().state())).toBe(false);
    expect(isOpen(given(requested).state())).toBe(true);
    expect(isOpen(given(requested, held).state())).toBe(true);
    expect(isOpen(given(requested, rejected).state())).toBe(false);
  });

  it("may be requested anew after it was answered", () => {
    given(requested, rejected).when(request).then(requested);
  });
});
