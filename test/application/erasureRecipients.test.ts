import { describe, expect, it } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import { recipientsOf } from "../../src/application/erasureRecipients.ts";
import { batchId, datasetName, deletionId } from "../../src/contracts/fields.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import {
  append,
  checkQuality,
  consumeRequest,
  defineContract,
  done,
  publish,
  registerSales,
} from "../support/batchSteps.ts";
import { eraseOnce, execute } from "../support/erasureSteps.ts";
import { granted, type TestLake, testLake } from "../support/testLake.ts";

const SALES = datasetName.parse("sales");

/** Batch `b1`, published, with rejected rows; batch `b2` beside it, of which nothing is erased. */
const salesLake = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake, { subject_column: "email" });
  defineContract(lake);
  for (const id of ["b1", "b2"]) {
    done(append(lake, id));
    done(checkQuality(lake, id, { rules: { amount: ">0" }, diverts: true }));
    done(publish(lake, id));
  }
  return lake;
};

const begin = (lake: TestLake): DeletionId => {
  const about = { subject_id: "jane", reason: "please", requested_by: "petra" };
  const said = { ...about, identity_verified: null, received_at: null };
  const asked = lake.run({ type: "RequestDeletion", ...said });
  const id = deletionId.parse((asked.body.deletion as { deletion_id: string }).deletion_id);
  lake.run(execute(id));
  return id;
};

const erasureOf = (lake: TestLake, id: DeletionId) => {
  const state = lake.log.load(`deletion/${id}`).state as StateOf<"deletion">;
  if (state.status === "absent" || state.erasure === null) throw new Error("nothing has begun");
  return state.erasure;
};

/** Takes the rows out of `b1`, and finds none in `b2`. */
const eraseFirst = (lake: TestLake, id: DeletionId): void => eraseOf(lake, id, ["b1"]);

/** Takes the rows out of those batches, once. */
const eraseOf = (lake: TestLake, id: DeletionId, batches: readonly string[]): void => {
  for (let steps = 0; steps < 100; steps += 1) {
    const { phase, round, hits } = erasureOf(lake, id);
    if (phase === "closing") return;
    const hit = round === 1 && batches.some((batch) => batch === hits[0]);
    granted(eraseOnce(lake, id, { opened: hit ? "redacted" : "clear", left: 0 }));
  }
  throw new Error("an erasure without an end");
};

const named = async (lake: TestLake, id: DeletionId) => {
  const found = await recipientsOf(lake.log, erasureOf(lake, id).erased_from, id);
  return found.map(({ consumer, batches }) => [consumer, ...batches]);
};

const consume = (lake: TestLake, batch: string, consumer: string) =>
  lake.run({ ...consumeRequest(batch), consumer } as ReturnType<typeof consumeRequest>);

const quarantineUrl = (lake: TestLake, batch: string, actor: string) =>
  lake.run(
    { type: "SignQuarantineUrl", batch_id: batchId.parse(batch), expires_in: 60 },
    { actor },
  );

const fileUrl = (lake: TestLake, filename: string, actor: string, method: "GET" | "PUT" = "GET") =>
  lake.run(
    { type: "SignUrl", dataset: null, filename, method, expires_in: 60, purpose: null },
    { actor },
  );

const audit = (lake: TestLake, accessor_id: string, action: "read" | "write") =>
  lake.run({ type: "AuditAccess", accessor_id, dataset_id: SALES, action, purpose: null });

describe("those who are to be told of an erasure", () => {
  it("are all who were given data of a batch while the person was in it, by whatever door", async () => {
    const lake = salesLake();
    consume(lake, "b1", "alice");
    quarantineUrl(lake, "b1", "quentin");
    fileUrl(lake, "b1.csv", "dora");
    audit(lake, "rita", "read");
    const id = begin(lake);
    eraseFirst(lake, id);
    expect(await named(lake, id)).toEqual([
      ["alice", "b1"],
      ["dora", "b1"],
      ["quentin", "b1"],
      ["rita", "b1"],
    ]);
  });

  it("are those too who were given it after the erasure had begun and before it got there", async () => {
    const lake = salesLake();
    const id = begin(lake);
    lake.pass(1);
    consume(lake, "b1", "alice");
    eraseFirst(lake, id);
    consume(lake, "b1", "late");
    expect(await named(lake, id)).toEqual([["alice", "b1"]]);
  });

  it("are none who were given other batches, brought data, or read before the batch was there", async () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake, { subject_column: "email" });
    audit(lake, "early", "read");
    defineContract(lake);
    for (const batch of ["b1", "b2"]) {
      fileUrl(lake, `${batch}.csv`, "sender", "PUT");
      done(append(lake, batch));
      done(checkQuality(lake, batch, { rules: { amount: ">0" }, diverts: true }));
      done(publish(lake, batch));
    }
    consume(lake, "b2", "bob");
    quarantineUrl(lake, "b2", "bob");
    fileUrl(lake, "b2.csv", "bob");
    audit(lake, "writer", "write");
    const id = begin(lake);
    eraseFirst(lake, id);
    expect(await named(lake, id)).toEqual([]);
  });

  it("are named once, with all of their batches and the last time", async () => {
    const lake = salesLake();
    consume(lake, "b1", "alice");
    consume(lake, "b2", "alice");
    lake.pass(1000);
    consume(lake, "b1", "alice");
    const last_at = lake.now();
    const id = begin(lake);
    eraseOf(lake, id, ["b1", "b2"]);
    expect(await recipientsOf(lake.log, erasureOf(lake, id).erased_from, id)).toEqual([
      { consumer: "alice", batches: ["b1", "b2"], batches_omitted: 0, last_at },
    ]);
  });
});
