import { describe, expect, it } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import { datasetName, deletionId } from "../../src/contracts/fields.ts";
import type { Withheld } from "../../src/domain/deletion/events.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import { append, defineContract, done, registerSales } from "../support/batchSteps.ts";
import { erase, execute } from "../support/erasureSteps.ts";
import { DAY_MS, type TestLake, testLake } from "../support/testLake.ts";

const [SALES, BILLS] = [datasetName.parse("sales"), datasetName.parse("bills")];
const ground = "Art. 17(3)(b)";

const request = (lake: TestLake, subject_id = "jane"): DeletionId => {
  const about = { subject_id, reason: "please", requested_by: "petra" };
  const said = { ...about, identity_verified: null, received_at: null };
  const answer = lake.run({ type: "RequestDeletion", ...said });
  return deletionId.parse((answer.body.deletion as { deletion_id: string }).deletion_id);
};

const withheldBy = (lake: TestLake, id: DeletionId) => {
  const state = lake.log.load(`deletion/${id}`).state as StateOf<"deletion">;
  return state.status === "absent" ? [] : state.withheld;
};

/** A lake in which an erasure of jane is complete but for her sales, which are kept for two months. */
const keptLake = () => {
  const lake = testLake({ level: "gdpr" });
  for (const name of [SALES, BILLS]) registerSales(lake, { name, subject_column: "email" });
  defineContract(lake);
  done(append(lake, "b"));
  lake.pass(1);
  const kept: Withheld = { dataset: SALES, ground, until: inDays(lake, 60) };
  const id = request(lake);
  lake.run(execute(id, { withhold: [kept] }));
  erase(lake, id);
  return { lake, kept };
};

const inDays = (lake: TestLake, days: number): string =>
  new Date(Date.parse(lake.now()) + days * DAY_MS).toISOString();

const looks = (lake: TestLake, id: DeletionId): readonly string[] => {
  const { plan } = lake.open({ kind: "erase", deletion_id: id });
  if (plan.kind !== "erase" || plan.step.kind !== "look") throw new Error("it looks at nothing");
  return plan.step.looks.map(({ batch_id }) => batch_id);
};

describe("what an erasure withholds", () => {
  it("is withheld from the next one of the same person too, as long as its ground lasts", () => {
    const { lake, kept } = keptLake();
    const again = request(lake);
    lake.run(execute(again));
    expect(withheldBy(lake, again)).toEqual([kept]);
    expect(looks(lake, again)).toEqual([]);
  });

  it("is withheld beside what that is said to withhold, which counts for its own dataset", () => {
    const { lake, kept } = keptLake();
    const bills = { dataset: BILLS, ground, until: inDays(lake, 9) };
    const again = request(lake);
    lake.run(execute(again, { withhold: [bills] }));
    expect(withheldBy(lake, again)).toEqual([bills, kept]);
    erase(lake, again);
    const once_more = request(lake);
    const shorter = { ...kept, until: inDays(lake, 30) };
    lake.run(execute(once_more, { withhold: [shorter] }));
    expect(withheldBy(lake, once_more)).toEqual([shorter, bills]);
  });

  it("is nobody else's, and nothing once its ground has ended", () => {
    const { lake } = keptLake();
    const other = request(lake, "otto");
    lake.run(execute(other));
    expect(withheldBy(lake, other)).toEqual([]);
    lake.pass(60 * DAY_MS);
    const again = request(lake);
    lake.run(execute(again));
    expect(withheldBy(lake, again)).toEqual([]);
    expect(looks(lake, again)).toEqual(["b"]);
  });
});
