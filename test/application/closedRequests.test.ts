/** Requests that are closed, and what comes of their persons afterwards. */
import { describe, expect, it } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import { datasetName } from "../../src/contracts/fields.ts";
import { registerSales } from "../support/batchSteps.ts";
import { endWithholding, erase, execute, requestIn as requestOf } from "../support/erasureSteps.ts";
import { DAY_MS, granted, type TestLake, testLake } from "../support/testLake.ts";

const SUBJECT = "jane.doe@example.com";
const SEALED = { sealed: true };
const ERASED = { erased: true };

const requestIn = (lake: TestLake, subject_id = SUBJECT) => requestOf(lake, subject_id);

const stateOf = (lake: TestLake, deletion_id: ReturnType<typeof requestIn>) => {
  const state = lake.log.load(`deletion/${deletion_id}`).state as StateOf<"deletion">;
  if (state.status === "absent") throw new Error("there is no such request");
  return state;
};

const rejectedIn = (lake: TestLake, subject_id = SUBJECT) => {
  const deletion_id = requestIn(lake, subject_id);
  lake.run({ type: "RejectDeletion", deletion_id, reason: "why", ground: "Art. 12(5)" });
  return deletion_id;
};

const forgotten = (lake: TestLake, deletion_id: ReturnType<typeof requestIn>) => {
  granted(lake.service.command(lake.call(), execute(deletion_id)));
  erase(lake, deletion_id);
  const { erasure } = stateOf(lake, deletion_id);
  lake.service.forgetKeys(lake.call().lake_id, Object.values(erasure?.subject_refs ?? {}));
};

const shown = (lake: TestLake, id: string) =>
  lake.see({ kind: "one", aggregate: "deletion", id, when: null });

describe("a rejected request", () => {
  it("shows as erased what was sealed, once its person is erased at another request", () => {
    const lake = testLake({ level: "gdpr" });
    const rejected = rejectedIn(lake);
    const other = rejectedIn(lake, "somebody else");
    lake.pass(DAY_MS);
    const later = requestIn(lake);
    expect(shown(lake, rejected)).toMatchObject({
      subject_id: SEALED,
      answers: [{ reason: SEALED }],
    });
    forgotten(lake, later);
    const answers = [{ decision: "rejected", ground: "Art. 12(5)", reason: ERASED }];
    const gone = { subject_id: ERASED, reason: ERASED, answers };
    expect(shown(lake, rejected)).toMatchObject({ status: "rejected", ...gone });
    expect(lake.see({ kind: "reveal", deletion_id: rejected })).toMatchObject(gone);
    const list = { kind: "deletion", limit: 9 } as const;
    const listed = granted(lake.service.ask(lake.call(), { kind: "list", filter: list }));
    expect(listed).toMatchObject({ items: [gone, { subject_id: SEALED }, { subject_id: ERASED }] });
    expect(shown(lake, other)).toMatchObject({ subject_id: SEALED, reason: SEALED });
  });

  it("of a person who was erased before, and has come again, is still sealed", () => {
    const lake = testLake({ level: "gdpr" });
    forgotten(lake, requestIn(lake));
    lake.pass(DAY_MS);
    const rejected = rejectedIn(lake);
    expect(shown(lake, rejected)).toMatchObject({ subject_id: SEALED, reason: SEALED });
    expect(lake.see({ kind: "reveal", deletion_id: rejected })).toMatchObject({
      subject_id: SUBJECT,
    });
  });
});

describe("a request whose remainder is erased later", () => {
  it("has kept its deadline, which was for what was not withheld", () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake);
    const deletion_id = requestIn(lake);
    const until = new Date(Date.parse(lake.now()) + 90 * DAY_MS).toISOString();
    const kept = { dataset: datasetName.parse("sales"), ground: "Art. 17(3)(b)", until };
    granted(lake.service.command(lake.call(), execute(deletion_id, { withhold: [kept] })));
    erase(lake, deletion_id);
    const { completed_at } = stateOf(lake, deletion_id);
    lake.pass(91 * DAY_MS);
    granted(endWithholding(lake));
    erase(lake, deletion_id);
    const [first] = lake.log.read({ type: "GDPRDeletionCompleted", after: 0, limit: 1 });
    expect(first?.data).toMatchObject({ deadline_kept: true });
    expect(first?.data).not.toHaveProperty("answered_at");
    const [last] = lake.log.read({ type: "GDPRDeletionRemainderErased", after: 0, limit: 1 });
    expect(last?.data).toMatchObject({
      deadline_kept: true,
      answered_at: completed_at,
      completed_at: lake.now(),
    });
  });
});
