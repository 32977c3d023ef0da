/** What the last look of an erasure waits for, and what it looks at. */
import { describe, expect, test } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import { doomedKeys } from "../../src/application/erasureLeftovers.ts";
import type { Attempt } from "../../src/application/lakeGateway.ts";
import { batchId, contractId, datasetName } from "../../src/contracts/fields.ts";
import type { Erasure } from "../../src/domain/deletion/erasure.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import { append, beginAppend, defineContract, registerSales } from "../support/batchSteps.ts";
import { eraseOnce, execute, FOUND, requestIn } from "../support/erasureSteps.ts";
import { granted, type TestLake, testLake } from "../support/testLake.ts";

const CLEAR = { ...FOUND, opened: "clear" } as const;

const lakeOf = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake, { contains_pii: true, subject_column: "email" });
  defineContract(lake);
  granted(append(lake, "a"));
  lake.pass(1);
  return lake;
};

const begin = (lake: TestLake): DeletionId => {
  const id = requestIn(lake, "jane@example.org");
  lake.run(execute(id));
  lake.pass(1);
  return id;
};

const erasureOf = (lake: TestLake, id: DeletionId): Erasure => {
  const state = lake.log.load(`deletion/${id}`).state as StateOf<"deletion">;
  if (state.status === "absent" || state.erasure === null) throw new Error("nothing has begun");
  return state.erasure;
};

/** On to where nothing is left but the last look. */
const upToLastLook = (lake: TestLake, id: DeletionId): void => {
  while (erasureOf(lake, id).scanned_at === null) granted(eraseOnce(lake, id, CLEAR));
  lake.pass(1);
};

const planOf = (lake: TestLake, deletion_id: DeletionId) =>
  lake.open({ kind: "erase", deletion_id }).plan;

/** The batches that the next step asks. */
const asked = (lake: TestLake, id: DeletionId): readonly string[] => {
  const plan = planOf(lake, id);
  if (plan.kind !== "erase") throw new Error(`planned as ${plan.kind}`);
  if (plan.step.kind === "note") return [];
  if (plan.step.kind !== "look") throw new Error(`planned as ${plan.step.kind}`);
  return plan.step.looks.map(({ batch_id }) => batch_id);
};

/** An append that has read its upload, and is not on record. */
const openAppend = (lake: TestLake, batch: string): Attempt => {
  const { attempt } = lake.open({
    kind: "append",
    batch_id: batchId.parse(batch),
    dataset: datasetName.parse("sales"),
    contract_id: contractId.parse("contract1"),
    file_url: `${batch}.csv`,
    format: "csv",
  });
  if (attempt === null) throw new Error("it writes nothing");
  lake.pass(1);
  return attempt;
};

const end = (lake: TestLake, { attempt_id }: Attempt): void =>
  lake.service.abandon(lake.call(), attempt_id);

describe("the last look of an erasure", () => {
  test("asks nobody when nothing has come, and is the end of it", () => {
    const lake = lakeOf();
    const id = begin(lake);
    upToLastLook(lake, id);
    expect(asked(lake, id)).toEqual([]);
    granted(eraseOnce(lake, id, CLEAR));
    expect(erasureOf(lake, id).phase).toBe("closing");
  });

  test("asks what has come since the round began, each batch once", () => {
    const lake = lakeOf();
    const id = begin(lake);
    granted(eraseOnce(lake, id, CLEAR));
    granted(append(lake, "late"));
    const batch_id = batchId.parse("late");
    lake.run({ type: "QuarantineBatch", batch_id, reason: "the wrong file" });
    granted(append(lake, "late"));
    upToLastLook(lake, id);
    granted(append(lake, "later"));
    expect(asked(lake, id)).toEqual(["late", "later"]);
    granted(eraseOnce(lake, id, CLEAR));
    expect(erasureOf(lake, id)).toMatchObject({ phase: "opening", hits: ["late", "later"] });
  });

  test("leads to another round when a person is found in it", () => {
    const lake = lakeOf();
    const id = begin(lake);
    granted(eraseOnce(lake, id, CLEAR));
    granted(append(lake, "late"));
    upToLastLook(lake, id);
    granted(eraseOnce(lake, id));
    granted(eraseOnce(lake, id));
    expect(erasureOf(lake, id)).toMatchObject({ phase: "looking", round: 2, scanned_at: null });
  });

  test("waits for an append that had begun before the uploads were gone through", () => {
    const lake = lakeOf();
    const id = begin(lake);
    const attempt = openAppend(lake, "late");
    upToLastLook(lake, id);
    expect(planOf(lake, id).kind).toBe("wait");
    end(lake, attempt);
    expect(planOf(lake, id).kind).toBe("erase");
  });

  test("waits for none that begins later: it reads what is without the person, or came anew", () => {
    const lake = lakeOf();
    const id = begin(lake);
    upToLastLook(lake, id);
    openAppend(lake, "later");
    expect(planOf(lake, id).kind).toBe("erase");
  });

  test("waits for none that cannot be recorded any more, and has what it wrote deleted", () => {
    const lake = lakeOf();
    const attempt = openAppend(lake, "late");
    const id = begin(lake);
    upToLastLook(lake, id);
    expect(planOf(lake, id).kind).toBe("erase");
    expect(doomedKeys(lake.log, erasureOf(lake, id))).toEqual(attempt.writes);
  });

  test("waits for a file that is taken over in the background, if that had begun by then", () => {
    const lake = lakeOf();
    const id = begin(lake);
    granted(eraseOnce(lake, id, CLEAR));
    granted(beginAppend(lake, "late"));
    lake.pass(1);
    upToLastLook(lake, id);
    expect(planOf(lake, id).kind).toBe("wait");
    const about = { batch_id: batchId.parse("late"), reason: null, replay_id: null };
    lake.run({ type: "CancelWork", ...about });
    granted(beginAppend(lake, "later"));
    expect(planOf(lake, id).kind).toBe("erase");
  });
});
