import { describe, expect, it } from "vitest";
import { datasetName, deletionId } from "../../src/contracts/fields.ts";
import { append, beginAppend, defineContract, done, registerSales } from "../support/batchSteps.ts";
import { execute } from "../support/erasureSteps.ts";
import { DAY_MS, type TestLake, testLake } from "../support/testLake.ts";

/** A lake whose clock was a month ahead when its last event was recorded, and is right again. */
const setBack = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake, { subject_column: "email" });
  defineContract(lake);
  done(append(lake, "b1"));
  const access = { accessor_id: "alice", dataset_id: datasetName.parse("sales") } as const;
  lake.pass(30 * DAY_MS);
  lake.run({ type: "AuditAccess", ...access, action: "read", purpose: null });
  lake.pass(-30 * DAY_MS);
  return lake;
};

const dueNow = (lake: TestLake) => lake.log.schedule.due(lake.now(), 100).map(({ kind }) => kind);

describe("what is to be done at once", () => {
  it("is due at once after a clock that was ahead: work and erasures", () => {
    const lake = setBack();
    done(beginAppend(lake, "b2"));
    expect(dueNow(lake)).toContain("work_step");
    const about = { subject_id: "jane", reason: "please", requested_by: "petra" };
    const said = { ...about, identity_verified: null, received_at: null };
    const asked = lake.run({ type: "RequestDeletion", ...said });
    lake.run(
      execute(deletionId.parse((asked.body.deletion as { deletion_id: string }).deletion_id)),
    );
    expect(dueNow(lake)).toContain("erase_step");
  });

  it("is in the log no earlier than what was before it", () => {
    const lake = setBack();
    done(beginAppend(lake, "b2"));
    const times = lake.log.events().map(({ recorded_at }) => recorded_at);
    expect(times).toEqual([...times].sort());
  });
});
