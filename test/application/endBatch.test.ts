/** A batch that is ended before its retention, unless it is kept for somebody's sake. */
import { describe, expect, it } from "vitest";
import type { EndBatch } from "../../src/application/endBatch.ts";
import { batchId, deletionId } from "../../src/contracts/fields.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import {
  append,
  beginAppend,
  consumeRequest,
  defineContract,
  done,
  publish,
  registerSales,
} from "../support/batchSteps.ts";
import { eventTypes, type TestLake, testLake } from "../support/testLake.ts";

const salesLake = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake, { subject_column: "email" });
  defineContract(lake);
  done(append(lake, "b1"));
  done(publish(lake, "b1"));
  return lake;
};

const held = (lake: TestLake, subject_id: string): DeletionId => {
  const about = { subject_id, reason: "please", requested_by: "petra" };
  const said = { ...about, identity_verified: null, received_at: null };
  const { body } = lake.run({ type: "RequestDeletion", ...said });
  const id = deletionId.parse((body.deletion as { deletion_id: string }).deletion_id);
  const ground = "Art. 18(1)(a)";
  lake.run({ type: "HoldDeletion", deletion_id: id, reason: "a claim", ground, until: null });
  return id;
};

const end = (more: Partial<EndBatch> = {}): EndBatch => ({
  type: "EndBatch",
  batch_id: batchId.parse("b1"),
  reason: "a wrong file",
  asked: [],
  held: [],
  ...more,
});

const keepers = (lake: TestLake) => {
  const reply = lake.ask({ kind: "keepers", batch_id: batchId.parse("b1") });
  return reply.kind === "list" ? reply.items.map(({ deletion_id }) => deletion_id) : [];
};

describe("a batch that is ended by hand", () => {
  it("is gone for consumers at once, and its objects are owed their deletion", () => {
    const lake = salesLake();
    const answer = lake.run(end());
    expect(eventTypes(answer)).toEqual(["BatchExpired"]);
    expect(answer.body.batch).toMatchObject({
      state: "expired",
      ended_by: "request",
      reason: "a wrong file",
    });
    expect(lake.refused(consumeRequest("b1")).code).toBe("batch-expired");
    const kinds = lake.log.duties().map(({ kind }) => kind);
    expect(kinds).toContain("delete_objects");
    expect(kinds).not.toContain("retention_due");
    expect(eventTypes(lake.run(end()))).toEqual([]);
  });

  it("is kept while a person's erasure is on hold who may be in it, and no longer", () => {
    const lake = salesLake();
    const id = held(lake, "jane");
    expect(keepers(lake)).toEqual([id]);
    const refused = lake.refused(end({ asked: [id], held: [id] }));
    expect(refused).toMatchObject({ reason: "wrong_state", code: "batch-kept" });
    expect(refused.detail).toContain(id);
    lake.run({ type: "ReleaseDeletionHold", deletion_id: id, reason: "settled" });
    expect(keepers(lake)).toEqual([]);
    expect(eventTypes(lake.run(end({ asked: [id], held: [id] })))).toEqual(["BatchExpired"]);
  });

  it("is not ended on what was looked up before another hold came", () => {
    const lake = salesLake();
    const id = held(lake, "jane");
    const asked = keepers(lake) as string[];
    held(lake, "joe");
    expect(lake.refused(end({ asked })).code).toBe("changed-meanwhile");
    expect(asked).toEqual([id]);
    const all = keepers(lake) as string[];
    expect(eventTypes(lake.run(end({ asked: all })))).toEqual(["BatchExpired"]);
  });

  it("waits for what is under way on it, and is to be there", () => {
    const lake = salesLake();
    done(beginAppend(lake, "b2"));
    expect(lake.refused(end({ batch_id: batchId.parse("b2") })).code).toBe("batch-busy");
    expect(lake.refused(end({ batch_id: batchId.parse("none") })).code).toBe("batch-not-found");
  });
});
