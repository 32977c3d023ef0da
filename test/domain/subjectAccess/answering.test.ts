import { describe, expect, it } from "vitest";
import { deletionId } from "../../../src/contracts/fields.ts";
import type { SubjectRef } from "../../../src/domain/ids.ts";
import type { SubjectAccessCommand } from "../../../src/domain/subjectAccess/decide.ts";
import {
  accessObjects,
  type SubjectAccessEvent,
} from "../../../src/domain/subjectAccess/subjectAccess.ts";
import { DEADLINE, given, subject_access_id } from "../../support/accessSpecs.ts";

const STATUTORY = "2026-12-23T22:59:59.999Z";
const EXTENDED = "2027-02-23T22:59:59.999Z";
const NOW = "2026-11-24T12:00:00.000Z";
const reason = { sealed: "d2h5" };

const requested: SubjectAccessEvent = {
  type: "SubjectAccessRequested",
  data: {
    subject_access_id,
    subject_ref: "ref" as SubjectRef,
    subject_refs: { string: "ref" as SubjectRef },
    subject_id: { sealed: "c2VhbGVk" },
    requested_by: "petra",
    received_at: "2026-11-23T12:00:00.000Z",
    deadline: DEADLINE,
    statutory_deadline: STATUTORY,
  },
};
const ready = {
  type: "SubjectAccessCompleted",
  data: { file: { key: "file", bytes: 9, rows: 1 }, recipients: 0, expires_at: EXTENDED },
} satisfies SubjectAccessEvent;
const extended: SubjectAccessEvent = {
  type: "SubjectAccessExtended",
  data: { reason, deadline: EXTENDED, statutory_deadline: EXTENDED },
};
const ground = "Art. 12(5)";
const rejected: SubjectAccessEvent = { type: "SubjectAccessRejected", data: { reason, ground } };
const erased: SubjectAccessEvent = {
  type: "SubjectAccessErased",
  data: { deletion_id: deletionId.parse("d1") },
};

const extend = (now = NOW): SubjectAccessCommand => ({
  type: "ExtendSubjectAccess",
  subject_access_id,
  reason,
  statutory_deadline: EXTENDED,
  now,
});
const refuse: SubjectAccessCommand = {
  type: "RejectSubjectAccess",
  subject_access_id,
  reason,
  ground,
  now: NOW,
};

describe("extending a request for access", () => {
  it("moves its deadline once, to the end of the third month", () => {
    given(requested).when(extend()).then(extended);
    expect(given(requested, extended).state()).toMatchObject({
      status: "collecting",
      deadline: EXTENDED,
      extended: true,
      answers: [{ decision: "extended", reason }],
    });
    given(requested, extended)
      .when(extend())
      .thenRejected("subject-access-wrong-state", "wrong_state");
  });

  it("is refused after the first month, in which the person has to be told", () => {
    given(requested).when(extend(STATUTORY)).then(extended);
    given(requested)
      .when(extend("2026-12-23T23:00:00.000Z"))
      .thenRejected("subject-access-wrong-state", "wrong_state");
  });

  it("is refused once there is an answer, and of what is not there", () => {
    const kept: SubjectAccessEvent = { ...ready, data: { ...ready.data, expires_at: null } };
    for (const answered of [ready, kept, rejected, erased]) {
      given(requested, answered)
        .when(extend())
        .thenRejected("subject-access-wrong-state", "wrong_state");
    }
    given().when(extend()).thenRejected("subject-access-not-found", "not_found");
  });
});

describe("the deadline of an extended request for access", () => {
  it("is missed too, when the one before was", () => {
    const missed = (deadline: string, statutory_deadline: string): SubjectAccessEvent => ({
      type: "SubjectAccessOverdue",
      data: { deadline, statutory_deadline },
    });
    const before = [requested, missed(DEADLINE, STATUTORY), extended];
    const due = (now: string) => ({ type: "NoteAccessDue", subject_access_id, now }) as const;
    given(...before)
      .when(due(STATUTORY))
      .thenNothing();
    given(...before)
      .when(due(EXTENDED))
      .then(missed(EXTENDED, EXTENDED));
    given(...before, missed(EXTENDED, EXTENDED))
      .when(due(EXTENDED))
      .thenNothing();
  });
});

describe("rejecting a request for access", () => {
  it("gives up what was collected, ready or not", () => {
    given(requested).when(refuse).then(rejected);
    given(requested, ready).when(refuse).then(rejected);
    const state = given(requested, ready, rejected).state();
    expect(accessObjects(state)).toEqual([]);
    expect(state).toMatchObject({
      status: "rejected",
      file: null,
      answers: [{ decision: "rejected", reason, ground }],
    });
  });

  it("ends it: nothing comes after, and it is never overdue", () => {
    given(requested, rejected)
      .when(refuse)
      .thenRejected("subject-access-wrong-state", "wrong_state");
    given(requested, rejected)
      .when({ type: "NoteAccessDue", subject_access_id, now: EXTENDED })
      .thenNothing();
    given(requested, erased).when(refuse).thenRejected("subject-access-wrong-state", "wrong_state");
  });
});
