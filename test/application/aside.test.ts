/** Whether a view follows from its stream alone: only then does its version tell it. */
import { describe, expect, it } from "vitest";
import { freshnessDuties } from "../../src/application/freshnessDuties.ts";
import type { Question } from "../../src/application/questions.ts";
import { deletionId } from "../../src/contracts/fields.ts";
import {
  append,
  checkQuality,
  defineContract,
  done,
  publish,
  registerSales,
  updateContract,
} from "../support/batchSteps.ts";
import { LAKE, type TestLake, testLake } from "../support/testLake.ts";

type Aggregate = Extract<Question, { kind: "one" }>["aggregate"];

const aside = (lake: TestLake, aggregate: Aggregate, id: string): boolean => {
  const reply = lake.ask({ kind: "one", aggregate, id, when: null });
  if (reply.kind !== "one") throw new Error(`answered with a ${reply.kind}`);
  return reply.aside === true;
};

const salesLake = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake);
  defineContract(lake);
  done(append(lake, "b1"));
  return lake;
};

describe("a view", () => {
  it("of a dataset is of more once the clock has a part in it", async () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake, { schema: { id: "int", seen_at: "datetime" } });
    expect(aside(lake, "dataset", "sales")).toBe(false);
    defineContract(lake, { quality_rules: { "*": "freshness:seen_at,24h" } });
    done(append(lake, "b1"));
    done(checkQuality(lake, "b1"));
    done(publish(lake, "b1", { seen_at: lake.now() }));
    const { log, service } = lake;
    const { freshness_due } = freshnessDuties({
      ...{ log, service, lake_id: LAKE },
      now: () => new Date(lake.now()),
    });
    for (const duty of log.schedule.due(lake.now(), 10, ["freshness_due"]))
      await freshness_due(duty);
    expect(aside(lake, "dataset", "sales")).toBe(true);
  });

  it("of a batch is of more once its contract has changed, and of a contract never", () => {
    const lake = salesLake();
    expect(aside(lake, "batch", "b1")).toBe(false);
    updateContract(lake, { retention_days: 7 });
    expect([aside(lake, "batch", "b1"), aside(lake, "contract", "contract1")]).toEqual([
      true,
      false,
    ]);
  });

  it("of a request to be forgotten is of more until it is closed", () => {
    const lake = salesLake();
    const about = { subject_id: "jane", reason: "please", requested_by: "petra" };
    const said = { ...about, identity_verified: null, received_at: null };
    const { body } = lake.run({ type: "RequestDeletion", ...said });
    const id = deletionId.parse((body.deletion as { deletion_id: string }).deletion_id);
    expect(aside(lake, "deletion", id)).toBe(true);
    lake.run({ type: "RejectDeletion", deletion_id: id, reason: "too much", ground: "Art. 12(5)" });
    expect(aside(lake, "deletion", id)).toBe(false);
  });

  it("is of more in a lake that was restored: its versions have come to mean something else", () => {
    const lake = salesLake();
    const lost = { lost_size: 9, lost_root: "root" };
    const noted = lake.service.fulfil(
      lake.call().lake_id,
      { type: "NoteRestore", lost },
      {
        kind: "write_checkpoint",
        ref: "log",
        due_at: lake.now(),
        payload: {},
      },
    );
    expect(noted.ok).toBe(true);
    expect(aside(lake, "contract", "contract1")).toBe(true);
  });
});
