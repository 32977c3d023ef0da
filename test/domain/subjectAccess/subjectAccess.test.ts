import { describe, expect, it } from "vitest";
import { batchId, deletionId } from "../../../src/contracts/fields.ts";
import type { SubjectRef } from "../../../src/domain/ids.ts";
import {
  ACCESS_KEPT_DAYS,
  type AccessStep,
  handedOut,
  type SubjectAccessCommand,
} from "../../../src/domain/subjectAccess/decide.ts";
import {
  accessObjects,
  type SubjectAccessEvent,
} from "../../../src/domain/subjectAccess/subjectAccess.ts";
import { DEADLINE, given, subject_access_id } from "../../support/accessSpecs.ts";

const deadlines = { deadline: DEADLINE, statutory_deadline: "2026-12-23T22:59:59.999Z" };
const data = {
  subject_access_id,
  subject_ref: "ref" as SubjectRef,
  subject_refs: { string: "ref" as SubjectRef },
  subject_id: { sealed: "c2VhbGVk" },
  requested_by: "petra",
  received_at: "2026-11-23T12:00:00.000Z",
  ...deadlines,
};
const request: SubjectAccessCommand = { type: "RequestSubjectAccess", ...data };
const requested: SubjectAccessEvent = { type: "SubjectAccessRequested", data };

const [b1, b2] = [batchId.parse("b1"), batchId.parse("b2")];
const NOW = "2026-11-23T13:00:00.000Z";
const record = (step: AccessStep): SubjectAccessCommand => ({
  type: "RecordAccessStep",
  subject_access_id,
  step,
  now: NOW,
});

const page = { after: 7, batches: 3, found: [b1, b2], ended: true };
const searched: SubjectAccessEvent = { type: "SubjectAccessSearched", data: page };
const search = record({ kind: "searched", from: 0, ...page });
const part = { key: "parts/1", bytes: 90, rows: 2 };
const collected: SubjectAccessEvent = {
  type: "SubjectAccessCollected",
  data: { batch_id: b1, outcome: "collected", part },
};
const none: SubjectAccessEvent = {
  type: "SubjectAccessCollected",
  data: { batch_id: b2, outcome: "none", part: null },
};
const file = { key: "file/1", bytes: 400, rows: 2 };
const expires_at = new Date(Date.parse(NOW) + ACCESS_KEPT_DAYS * 86_400_000).toISOString();
const completed = (expires: string | null): SubjectAccessEvent => ({
  type: "SubjectAccessCompleted",
  data: { file, recipients: 1, expires_at: expires },
});
const ready = completed(null);
const handed: SubjectAccessEvent = { type: "SubjectAccessAnswered", data: { expires_at } };
const finish = record({ kind: "finished", file, recipients: 1 });
const COLLECTED = [requested, searched, collected, none] as const;
const READY = [...COLLECTED, ready] as const;
const GIVEN = [...READY, handed] as const;
/** As logs have it in which a request was answered with its file. */
const OLDER = [...COLLECTED, completed(expires_at)] as const;
const note = (
  type: "NoteAccessDue" | "NoteAccessApproaching" | "ExpireSubjectAccess",
  now: string,
): SubjectAccessCommand => ({ type, subject_access_id, now });
const erase: SubjectAccessCommand = {
  type: "EraseSubjectAccess",
  subject_access_id,
  deletion_id: deletionId.parse("d1"),
};

describe("a request for access", () => {
  it("is recorded with the person sealed, and once", () => {
    given().when(request).then(requested);
    given(requested).when(request).thenNothing();
  });

  it("waits until an erasure of the person that is under way has ended", () => {
    given()
      .knowing({ erasing: true })
      .when(request)
      .thenRejected("erasure-in-progress", "wrong_state");
  });

  it("has to be there before anything is recorded of it", () => {
    for (const command of [search, finish, note("NoteAccessDue", DEADLINE), erase]) {
      given().when(command).thenRejected("subject-access-not-found", "not_found");
    }
  });
});

describe("the collection", () => {
  it("looks pages of batches up, each once", () => {
    given(requested).when(search).then(searched);
    given(requested, searched).when(search).thenNothing();
    const behind = record({ kind: "searched", from: 3, ...page });
    given(requested).when(behind).thenNothing();
  });

  it("reads every batch that was found, each once", () => {
    const step = record({ kind: "collected", batch_id: b1, outcome: "collected", part });
    given(requested, searched).when(step).then(collected);
    given(requested, searched, collected).when(step).thenNothing();
    expect(given(requested, searched, collected).state()).toMatchObject({
      waiting: [b2],
      opened: 1,
      parts: [{ ...part, batch_id: b1 }],
    });
  });

  it("names the batches that do not open, and passes over those that are gone", () => {
    const broken: SubjectAccessEvent = {
      type: "SubjectAccessCollected",
      data: { batch_id: b1, outcome: "unreadable", part: null },
    };
    const gone: SubjectAccessEvent = {
      type: "SubjectAccessCollected",
      data: { batch_id: b2, outcome: "gone", part: null },
    };
    expect(given(requested, searched, broken, gone).state()).toMatchObject({
      waiting: [],
      opened: 1,
      unreadable: [b1],
    });
  });

  it("keeps what it collected of a batch of which not all could be told", () => {
    const partly: SubjectAccessEvent = {
      type: "SubjectAccessCollected",
      data: { batch_id: b1, outcome: "unreadable", part },
    };
    expect(given(requested, searched, partly).state()).toMatchObject({
      unreadable: [b1],
      parts: [{ ...part, batch_id: b1 }],
    });
  });

  it("is over only when every batch was looked up and read", () => {
    given(requested).when(finish).thenNothing();
    given(requested, searched, collected).when(finish).thenNothing();
    given(requested, searched, collected, none).when(finish).then(ready);
  });

  it("gives its parts up for the file they were put together into", () => {
    expect(accessObjects(given(requested, searched, collected).state())).toEqual([part.key]);
    expect(accessObjects(given(...READY).state())).toEqual([file.key]);
    expect(given(...READY).state()).toMatchObject({ status: "ready", expires_at: null });
  });

  it("ends with the person's erasure, whatever comes late", () => {
    given(requested, searched)
      .when(erase)
      .then({
        type: "SubjectAccessErased",
        data: { deletion_id: deletionId.parse("d1") },
      });
    const erased: SubjectAccessEvent = {
      type: "SubjectAccessErased",
      data: { deletion_id: deletionId.parse("d1") },
    };
    const state = given(requested, searched, collected, erased).state();
    expect(accessObjects(state)).toEqual([]);
    given(requested, searched, erased)
      .when(record({ kind: "collected", batch_id: b1, outcome: "collected", part }))
      .thenNothing();
    given(...READY, erased)
      .when(erase)
      .thenNothing();
  });
});

describe("the clock of a request for access", () => {
  it("announces the deadline, and records that it has passed, while there is no answer", () => {
    const soon = "2026-12-22T12:00:00.000Z";
    given(requested)
      .when(note("NoteAccessApproaching", soon))
      .then({ type: "SubjectAccessDeadlineApproaching", data: { days_left: 1, ...deadlines } });
    given(requested)
      .when(note("NoteAccessDue", DEADLINE))
      .then({ type: "SubjectAccessOverdue", data: deadlines });
    given(requested).when(note("NoteAccessDue", soon)).thenNothing();
    for (const answered of [GIVEN, OLDER]) {
      given(...answered)
        .when(note("NoteAccessDue", DEADLINE))
        .thenNothing();
      given(...answered)
        .when(note("NoteAccessApproaching", soon))
        .thenNothing();
    }
  });

  it("goes on while nobody was given the file", () => {
    given(...READY)
      .when(note("NoteAccessApproaching", "2026-12-22T12:00:00.000Z"))
      .then({ type: "SubjectAccessDeadlineApproaching", data: { days_left: 1, ...deadlines } });
    given(...READY)
      .when(note("NoteAccessDue", DEADLINE))
      .then({ type: "SubjectAccessOverdue", data: deadlines });
    given(...READY)
      .when(note("ExpireSubjectAccess", "2099-01-01T00:00:00.000Z"))
      .thenNothing();
  });

  it("says once that it is overdue", () => {
    const overdue: SubjectAccessEvent = { type: "SubjectAccessOverdue", data: deadlines };
    given(requested, overdue).when(note("NoteAccessDue", DEADLINE)).thenNothing();
    expect(given(requested, overdue).state()).toMatchObject({ overdue: true });
  });

  it("ends the file after its days, and not before", () => {
    given(...GIVEN)
      .when(note("ExpireSubjectAccess", expires_at))
      .then({ type: "SubjectAccessExpired", data: { expires_at } });
    given(...GIVEN)
      .when(note("ExpireSubjectAccess", NOW))
      .thenNothing();
    const expired: SubjectAccessEvent = { type: "SubjectAccessExpired", data: { expires_at } };
    expect(accessObjects(given(...GIVEN, expired).state())).toEqual([]);
    given(...GIVEN, expired)
      .when(note("ExpireSubjectAccess", expires_at))
      .thenNothing();
    given(...OLDER)
      .when(note("ExpireSubjectAccess", expires_at))
      .then({ type: "SubjectAccessExpired", data: { expires_at } });
  });
});

describe("the file of a request for access", () => {
  it("answers it when a URL to it is given out for the first time, and is kept from then on", () => {
    expect(handedOut(given(...READY).state(), NOW)).toEqual([handed]);
    const state = given(...GIVEN).state();
    expect(state).toMatchObject({ status: "ready", expires_at });
    expect(state).not.toMatchObject({ handed_out_at: null });
    for (const events of [[], [requested], COLLECTED, GIVEN, OLDER]) {
      expect(handedOut(given(...events).state(), NOW)).toEqual([]);
    }
  });
});
