import { describe, expect, it } from "vitest";
import type { DomainEvent } from "../../src/domain/decider.ts";
import type { Deletion } from "../../src/domain/deletion/deletion.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import { requestIn as requestOf } from "../support/erasureSteps.ts";
import { DAY_MS, refusal, type TestLake, testLake } from "../support/testLake.ts";

const SUBJECT = "jane.doe@example.com";

const requestIn = (lake: TestLake, subject_id = SUBJECT) => requestOf(lake, subject_id);

describe("a request whose key does not open, when it is to be revealed", () => {
  const lakeWithoutKeys = () => {
    const keys = { gone: false };
    const lake = testLake({
      level: "gdpr",
      keysSeenAs: (stored) => ({
        ...stored,
        find: (id) => (keys.gone && id.startsWith("subject-half/") ? null : stored.find(id)),
      }),
    });
    return { lake, keys };
  };
  const complete = (
    lake: TestLake,
    id: DeletionId,
    before: readonly DomainEvent[] = [],
    type = "GDPRDeletionCompleted",
  ) => {
    const data = { completed_at: lake.now(), datasets: [] };
    const stream = `deletion/${id}` as const;
    const change = {
      stream,
      expected_version: lake.log.load(stream).version,
      events: [...before, { type, data }],
    };
    lake.log.append([change], {
      command_id: "command",
      actor: "tester",
      correlation_id: "correlation",
      causation_id: null,
      now: lake.now(),
    });
  };
  const erased = { subject_id: { erased: true }, reason: { erased: true } };

  it("says erased when it was carried out, or another one of that person has been since", () => {
    const { lake, keys } = lakeWithoutKeys();
    const rejected = requestIn(lake);
    lake.run({ type: "RejectDeletion", deletion_id: rejected, reason: "No", ground: null });
    lake.pass(DAY_MS);
    const carried_out = requestIn(lake);
    complete(lake, carried_out);
    keys.gone = true;
    for (const deletion_id of [carried_out, rejected]) {
      expect(lake.see({ kind: "reveal", deletion_id })).toMatchObject(erased);
    }
    const answers = [{ decision: "rejected", reason: { erased: true } }];
    expect(lake.see({ kind: "reveal", deletion_id: rejected })).toMatchObject({ answers });
  });

  it("says erased when that was under another spelling of their id", () => {
    const { lake, keys } = lakeWithoutKeys();
    const rejected = requestIn(lake, "7");
    lake.run({ type: "RejectDeletion", deletion_id: rejected, reason: "No", ground: null });
    lake.pass(DAY_MS);
    const { subject_ref } = lake.log.load(`deletion/${rejected}`).state as Deletion;
    const data = {
      cause: "command",
      reason: null,
      subject_refs: { int: subject_ref },
      withheld: [],
    };
    const started = { type: "GDPRDeletionStarted", data: { ...data, resumed: false } };
    complete(lake, requestIn(lake, "007"), [started]);
    keys.gone = true;
    expect(lake.see({ kind: "reveal", deletion_id: rejected })).toMatchObject(erased);
  });

  it("says erased when it was with what had been withheld of an earlier request", () => {
    const { lake, keys } = lakeWithoutKeys();
    const first = requestIn(lake);
    complete(lake, first);
    lake.pass(DAY_MS);
    const later = requestIn(lake);
    lake.run({ type: "RejectDeletion", deletion_id: later, reason: "No", ground: null });
    lake.pass(DAY_MS);
    complete(lake, first, [], "GDPRDeletionRemainderErased");
    keys.gone = true;
    expect(lake.see({ kind: "reveal", deletion_id: later })).toMatchObject(erased);
    const one = { kind: "one", aggregate: "deletion", id: later, when: null } as const;
    expect(lake.see(one)).toMatchObject(erased);
  });

  it("says of nobody that they were erased who was not, and records no access", () => {
    const { lake, keys } = lakeWithoutKeys();
    complete(lake, requestIn(lake));
    const others = requestIn(lake, "somebody else");
    complete(lake, others);
    lake.pass(DAY_MS);
    const deletion_id = requestIn(lake);
    keys.gone = true;
    const asked = lake.service.ask(lake.call(), { kind: "reveal", deletion_id });
    expect(refusal(asked)).toMatchObject({ reason: "unavailable", code: "subject-key-missing" });
    expect(lake.log.countOf("AccessAudited")).toBe(0);
  });

  it("says so of a request for access too", () => {
    const { lake, keys } = lakeWithoutKeys();
    const about = { subject_id: SUBJECT, requested_by: "petra", received_at: null };
    const answer = lake.run({ type: "RequestAccess", ...about });
    const { subject_access_id } = answer.body.subject_access as { subject_access_id: string };
    const question = { kind: "reveal_access", subject_access_id } as const;
    keys.gone = true;
    const asked = lake.service.ask(lake.call(), question);
    expect(refusal(asked).code).toBe("subject-key-missing");
    keys.gone = false;
    lake.pass(DAY_MS);
    complete(lake, requestIn(lake));
    keys.gone = true;
    expect(lake.see(question)).toMatchObject({ subject_id: { erased: true } });
  });
});
