/** Which uploads one step of an erasure goes through, and which of them it reads. */
import { describe, expect, test } from "vitest";
import { READ_AT_ONCE } from "../../src/application/planUploads.ts";
import { deletionId } from "../../src/contracts/fields.ts";
import { append, defineContract, registerSales } from "../support/batchSteps.ts";
import { eraseOnce, execute } from "../support/erasureSteps.ts";
import { granted, LAKE, type TestLake, testLake } from "../support/testLake.ts";

const BATCHES = ["a", "b"];

/** Takes an erasure to where it goes through uploads. */
const begin = (lake: TestLake) => {
  const about = { subject_id: "jane@example.org", reason: "please", requested_by: "petra" };
  const nothing = { identity_verified: null, received_at: null };
  const { body } = lake.run({ type: "RequestDeletion", ...about, ...nothing });
  const id = deletionId.parse((body.deletion as { deletion_id: string }).deletion_id);
  lake.run(execute(id));
  for (let steps = 0; steps <= BATCHES.length; steps += 1) {
    granted(eraseOnce(lake, id, { opened: "clear", left: 0 }));
  }
  return id;
};

const lakeOf = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake, { contains_pii: true, subject_column: "email" });
  defineContract(lake);
  for (const batch of BATCHES) granted(append(lake, batch));
  return lake;
};

const uploadsOf = (lake: TestLake, ...filenames: readonly string[]) =>
  filenames.map((filename) => ({ filename, uploaded_at: lake.now() }));

const keyOf = (filename: string) => `lakes/${LAKE}/landing/${filename}`;

describe("a page of uploads in an erasure", () => {
  const names = Array.from({ length: READ_AT_ONCE + 50 }, (_, n) => `f${1000 + n}.csv`);

  test("is read no further than one step has time for, and goes on there", () => {
    const lake = lakeOf();
    const id = begin(lake);
    // Those that a batch has taken over are not read, and take none of that time.
    const page = uploadsOf(lake, "a.csv", "b.csv", ...names);
    const read = [];
    for (let after: string | null = ""; after !== null; ) {
      const from = after;
      const rest = page.filter(({ filename }) => filename > from);
      const uploads = { page: rest, last: true };
      const { plan } = lake.open({ kind: "erase", deletion_id: id, uploads });
      if (plan.kind !== "erase" || plan.step.kind !== "uploads") throw new Error("no uploads");
      expect(plan.step.scan.length).toBeLessThanOrEqual(READ_AT_ONCE);
      expect(plan.step.remove).toEqual([]);
      read.push(...plan.step.scan);
      ({ after } = plan.step);
    }
    expect(read).toEqual(names.map(keyOf));
  });

  test("goes on behind its last name when that is the last one that is read", () => {
    const lake = lakeOf();
    const id = begin(lake);
    const page = uploadsOf(lake, ...names.slice(0, READ_AT_ONCE));
    const step = (last: boolean) => {
      const uploads = { page, last };
      const { plan } = lake.open({ kind: "erase", deletion_id: id, uploads });
      return plan.kind === "erase" ? plan.step : null;
    };
    expect(step(false)).toMatchObject({ after: names[READ_AT_ONCE - 1] });
    expect(step(true)).toMatchObject({ after: null });
  });
});
