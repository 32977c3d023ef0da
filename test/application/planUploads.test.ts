/** Which uploads one step of an erasure goes through, and which of them it reads. */

import { describe, expect, test } from "vitest";
import { uploadTag } from "../../src/application/digests.ts";
import { READ_AT_ONCE } from "../../src/application/planUploads.ts";
import { deletionId } from "../../src/contracts/fields.ts";
import { append, defineContract, registerSales } from "../support/batchSteps.ts";
import { eraseOnce, execute } from "../support/erasureSteps.ts";
import { granted, LAKE, type TestLake, testLake } from "../support/testLake.ts";

const BATCHES = ["a", "b"];

/** Takes an erasure to where it goes through uploads; what may hold the person comes to that. */
const begin = (lake: TestLake, opened: "clear" | "redacted" = "clear") => {
  const about = { subject_id: "jane@example.org", reason: "please", requested_by: "petra" };
  const nothing = { identity_verified: null, received_at: null };
  const { body } = lake.run({ type: "RequestDeletion", ...about, ...nothing });
  const id = deletionId.parse((body.deletion as { deletion_id: string }).deletion_id);
  lake.run(execute(id));
  for (let steps = 0; steps <= BATCHES.length; steps += 1) {
    granted(eraseOnce(lake, id, { opened, left: 0 }));
  }
  return id;
};

/** What an upload was when it was first appended. */
const etagOf = (filename: string) => `of ${filename}`;

const lakeOf = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake, { contains_pii: true, subject_column: "email" });
  defineContract(lake);
  for (const batch of BATCHES) {
    const upload_etag = (object: string) =>
      uploadTag(lake.service.digestKey(LAKE), object, etagOf(`${batch}.csv`));
    granted(append(lake, batch, { upload_etag }));
  }
  return lake;
};

const uploadsOf = (lake: TestLake, ...filenames: readonly string[]) =>
  filenames.map((filename) => ({
    filename,
    etag: etagOf(filename),
    uploaded_at: lake.now(),
  }));

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

describe("an upload under the name that a batch was appended with", () => {
  const stepOf = (
    lake: TestLake,
    id: ReturnType<typeof begin>,
    ...page: ReturnType<typeof uploadsOf>
  ) => {
    const { plan } = lake.open({ kind: "erase", deletion_id: id, uploads: { page, last: true } });
    if (plan.kind !== "erase" || plan.step.kind !== "uploads") throw new Error("no uploads");
    return plan.step;
  };

  test("goes with its batch when the batch was hit, and nothing else does", () => {
    const lake = lakeOf();
    const id = begin(lake, "redacted");
    const [a] = uploadsOf(lake, "a.csv");
    if (a === undefined) throw new Error("no upload");
    expect(stepOf(lake, id, a)).toMatchObject({
      scan: [],
      remove: [{ key: keyOf("a.csv"), etag: a.etag }],
    });
    // Another file came under its name while the batch was being taken over, or before that.
    const other = { ...a, etag: "another", uploaded_at: "2020-01-01T00:00:00.000Z" };
    expect(stepOf(lake, id, other)).toMatchObject({ scan: [keyOf("a.csv")], remove: [] });
  });

  test("is read when the batch does not say which upload it was taken from", () => {
    const lake = lakeOf();
    granted(append(lake, "c"));
    const [c] = uploadsOf(lake, "c.csv");
    if (c === undefined) throw new Error("no upload");
    const id = begin(lake, "redacted");
    granted(eraseOnce(lake, id));
    expect(stepOf(lake, id, c)).toMatchObject({ scan: [keyOf("c.csv")], remove: [] });
  });
});
