/** Which batches an erasure asks again, after the round in which it asked them all. */
import { describe, expect, test } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import { VERIFIED_AT_ONCE } from "../../src/application/planErase.ts";
import { FOUND_AT_ONCE } from "../../src/application/planLook.ts";
import { WORK_LIMITS } from "../../src/application/planWork.ts";
import { batchId, datasetName, deletionId } from "../../src/contracts/fields.ts";
import { runningErasure } from "../../src/domain/deletion/deletion.ts";
import type { Erasure } from "../../src/domain/deletion/erasure.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import type { WrittenIndex } from "../../src/domain/subjects.ts";
import type { ColumnType } from "../../src/domain/table.ts";
import {
  append,
  beginAppend,
  defineContract,
  registerSales,
  replayAll,
} from "../support/batchSteps.ts";
import { eraseOnce, execute } from "../support/erasureSteps.ts";
import { granted, type TestLake, testLake } from "../support/testLake.ts";

/** A lake whose dataset names people by their address, and these batches, a while ago. */
const lakeOf = (...batches: readonly string[]): TestLake => filled(batches);

const filled = (batches: readonly string[], limits = WORK_LIMITS): TestLake => {
  const lake = testLake({ level: "gdpr", limits });
  registerSales(lake, { contains_pii: true, subject_column: "email" });
  defineContract(lake);
  for (const batch of batches) granted(append(lake, batch));
  lake.pass(1_000);
  return lake;
};

const begin = (lake: TestLake): DeletionId => {
  const about = { subject_id: "jane@example.org", reason: "please", requested_by: "petra" };
  const nothing = { identity_verified: null, received_at: null };
  const { body } = lake.run({ type: "RequestDeletion", ...about, ...nothing });
  const id = deletionId.parse((body.deletion as { deletion_id: string }).deletion_id);
  lake.run(execute(id));
  lake.pass(1_000);
  return id;
};

const erasureOf = (lake: TestLake, id: DeletionId): Erasure => {
  const erasure = runningErasure(lake.log.load(`deletion/${id}`).state as StateOf<"deletion">);
  if (erasure === null) throw new Error("it is not under way");
  return erasure;
};

/** An index of one block, which names everybody or nobody; kept beside the log, or not. */
const indexOf = (
  batch: string,
  { names, kept = true, type = "string" }: { names: boolean; kept?: boolean; type?: ColumnType },
): WrittenIndex => {
  const bytes = Buffer.alloc(64, names ? 0xff : 0);
  const ref = { key: `index-of-${batch}`, bytes: bytes.length, column: "email", type, subjects: 1 };
  return kept ? { ...ref, object: bytes.toString("base64") } : ref;
};

/** What the next step finds out by itself, and leaves to be read. */
const look = (lake: TestLake, deletion_id: DeletionId) => {
  const { plan } = lake.open({ kind: "erase", deletion_id });
  if (plan.kind !== "erase" || plan.step.kind !== "look") throw new Error("it does not look");
  return plan.step;
};

/** Takes it on until the second round begins. */
const toSecondRound = (lake: TestLake, id: DeletionId): void => {
  while (erasureOf(lake, id).round === 1) granted(eraseOnce(lake, id));
};

/** The batches whose index is asked next. */
const asked = (lake: TestLake, id: DeletionId): readonly string[] =>
  look(lake, id).looks.map(({ batch_id }) => batch_id);

const replay = (lake: TestLake): string => {
  const { body } = lake.run({
    type: "Replay",
    dataset: datasetName.parse("sales"),
    batch_id: null,
  });
  return (body.replay as { replay_id: string }).replay_id;
};

const quarantine = (lake: TestLake, batch: string): void => {
  const batch_id = batchId.parse(batch);
  lake.run({ type: "QuarantineBatch", batch_id, reason: "the wrong file" });
};

describe("a step of an erasure that looks", () => {
  test("finds no more than a step may, and the next one goes on there", () => {
    const names = Array.from({ length: FOUND_AT_ONCE + 10 }, (_, n) => `b${n}`);
    const lake = lakeOf(...names);
    const id = begin(lake);
    expect(asked(lake, id)).toEqual(names.slice(0, FOUND_AT_ONCE));
    const found = { opened: "clear", left: 0 } as const;
    while (erasureOf(lake, id).hits.length > 0 || erasureOf(lake, id).after === 0) {
      granted(eraseOnce(lake, id, found));
    }
    expect(erasureOf(lake, id)).toMatchObject({ phase: "looking", looked: false });
    expect(asked(lake, id)).toEqual(names.slice(FOUND_AT_ONCE));
    granted(eraseOnce(lake, id, found));
    expect(erasureOf(lake, id)).toMatchObject({ looked: true, looked_in_round: names.length });
  });
});

describe("a step of an erasure that asks kept indexes", () => {
  test("takes each answer for its own batch, and reads only where there is none", () => {
    const names = Array.from({ length: FOUND_AT_ONCE + 90 }, (_, n) => `b${n}`);
    const indexes = [
      (batch: string) => indexOf(batch, { names: true }),
      (batch: string) => indexOf(batch, { names: false }),
      (batch: string) => indexOf(batch, { names: true, kept: false }),
      () => null,
      (batch: string) => indexOf(batch, { names: true, type: "int" }),
    ];
    const lake = lakeOf();
    for (const [n, batch] of names.entries()) {
      const subject_index = indexes[n % indexes.length]?.(batch) ?? null;
      granted(append(lake, batch, { subject_index }));
    }
    const step = look(lake, begin(lake));
    // Of five batches four are found; the last one that a step may find is the 313th.
    const through = names.slice(0, 313);
    const where = (...kinds: readonly number[]) =>
      through.filter((_, n) => kinds.includes(n % indexes.length));
    expect(step.known_hits).toEqual(where(0));
    expect(step.looks.map(({ batch_id }) => batch_id)).toEqual(where(2, 3, 4));
    expect(step.known_hits.length + step.looks.length).toBe(FOUND_AT_ONCE);
    expect(step.asked).toBe(where(0, 1).length);
    expect(step.done).toBe(false);
    const listed = lake.log.directory.list({ kind: "batch", after: 0, limit: 1_000 });
    expect(step.after).toBe(listed[through.length - 1]?.created_seq);
  });

  test("ends before a batch that is being taken over, and looks at none behind it", () => {
    const before = Array.from({ length: FOUND_AT_ONCE + 5 }, (_, n) => `b${n}`);
    const lake = lakeOf();
    const put = (batch: string, names: boolean) =>
      granted(append(lake, batch, { subject_index: indexOf(batch, { names }) }));
    for (const batch of before) put(batch, batch === "b7");
    granted(beginAppend(lake, "arriving"));
    put("behind", true);
    const id = begin(lake);
    expect(look(lake, id)).toMatchObject({
      known_hits: ["b7"],
      looks: [],
      asked: before.length,
      done: false,
    });
  });
});

describe("the second round of an erasure", () => {
  test("asks nothing again of what is as it was when the erasure began", () => {
    const lake = lakeOf("a", "b");
    const id = begin(lake);
    expect(asked(lake, id)).toEqual(["a", "b"]);
    toSecondRound(lake, id);
    expect(asked(lake, id)).toEqual([]);
  });

  test("asks what was appended since, whenever in the first round that was", () => {
    const lake = lakeOf("a", "b");
    const id = begin(lake);
    let arrived = 0;
    while (erasureOf(lake, id).round === 1) {
      granted(eraseOnce(lake, id));
      arrived += 1;
      granted(append(lake, `late${arrived}`));
    }
    const late = Array.from({ length: arrived }, (_, n) => `late${n + 1}`);
    expect(asked(lake, id)).toEqual(late);
  });

  test("asks what was appended in the moment in which the erasure began", () => {
    const lake = lakeOf("a");
    granted(append(lake, "b"));
    const id = begin(lake);
    toSecondRound(lake, id);
    expect(asked(lake, id)).toEqual(["b"]);
  });

  test("asks a batch in quarantine whose file was replaced since", () => {
    const lake = lakeOf("a", "b");
    quarantine(lake, "b");
    const id = begin(lake);
    toSecondRound(lake, id);
    expect(asked(lake, id)).toEqual([]);
    granted(append(lake, "b"));
    expect(asked(lake, id)).toEqual(["b"]);
  });

  test("asks what was replayed since: another type of the column names other people", () => {
    const lake = lakeOf("a", "b");
    const id = begin(lake);
    toSecondRound(lake, id);
    granted(replayAll(lake, replay(lake)));
    expect(asked(lake, id)).toEqual(["a", "b"]);
  });

  test("asks what a replay that had begun before has reached since", () => {
    const lake = lakeOf("a", "b");
    const replay_id = replay(lake);
    lake.pass(1_000);
    const id = begin(lake);
    toSecondRound(lake, id);
    granted(replayAll(lake, replay_id));
    expect(asked(lake, id)).toEqual(["a", "b"]);
  });

  test("asks nothing again of what was replayed before", () => {
    const lake = lakeOf("a", "b");
    granted(replayAll(lake, replay(lake)));
    lake.pass(1_000);
    const id = begin(lake);
    toSecondRound(lake, id);
    expect(asked(lake, id)).toEqual([]);
  });

  test("of one that failed and goes on still asks what came before it went on", () => {
    const lake = lakeOf("a", "b");
    const id = begin(lake);
    toSecondRound(lake, id);
    const { recorded_at } = lake.log.events().at(-1) ?? { recorded_at: lake.now() };
    expect(erasureOf(lake, id).started_at < recorded_at).toBe(true);
    granted(append(lake, "late"));
    const failed = { type: "FailErasure", deletion_id: id, failure: "no way", now: lake.now() };
    lake.run(failed as Parameters<TestLake["run"]>[0]);
    lake.pass(1_000);
    lake.run(execute(id));
    expect(erasureOf(lake, id).round).toBe(2);
    expect(asked(lake, id)).toEqual(["late"]);
  });
});

describe("batches that were rewritten", () => {
  const verifying = (lake: TestLake, id: DeletionId): void => {
    while (erasureOf(lake, id).phase !== "verifying") granted(eraseOnce(lake, id));
  };

  const readAgain = (lake: TestLake, deletion_id: DeletionId): readonly string[] => {
    const { plan } = lake.open({ kind: "erase", deletion_id });
    if (plan.kind !== "erase" || plan.step.kind !== "verify") throw new Error("it reads nothing");
    return plan.step.batches.map(({ batch_id }) => batch_id);
  };

  test("are read again together, as many as a step may, each with an event of its own", () => {
    const names = Array.from({ length: VERIFIED_AT_ONCE + 2 }, (_, n) => `b${n}`);
    const lake = lakeOf(...names);
    const id = begin(lake);
    verifying(lake, id);
    expect(readAgain(lake, id)).toEqual(names.slice(0, VERIFIED_AT_ONCE));
    const before = lake.log.events().length;
    granted(eraseOnce(lake, id));
    const noted = lake.log.events().slice(before);
    expect(noted.map(({ data }) => data)).toEqual(
      names.slice(0, VERIFIED_AT_ONCE).map((batch_id) => ({
        round: 2,
        step: { kind: "verified", batch_id, objects: 1, rows_read: 2, rows_found: 0 },
      })),
    );
    expect(erasureOf(lake, id).unverified).toEqual(names.slice(VERIFIED_AT_ONCE));
  });

  test("are read alone where two are more than a request may be given", () => {
    const lake = filled(["a", "b", "c"], { ...WORK_LIMITS, sync_bytes: 1 });
    const id = begin(lake);
    verifying(lake, id);
    expect(readAgain(lake, id)).toEqual(["a"]);
  });

  test("are passed over while others are at them", () => {
    const lake = lakeOf("a", "b");
    const id = begin(lake);
    verifying(lake, id);
    quarantine(lake, "a");
    granted(beginAppend(lake, "a"));
    expect(readAgain(lake, id)).toEqual(["b"]);
    granted(eraseOnce(lake, id));
    expect(lake.open({ kind: "erase", deletion_id: id }).plan).toEqual({ kind: "wait" });
  });
});
