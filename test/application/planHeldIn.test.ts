import { describe, expect, it } from "vitest";
import { anyHeld } from "../../src/application/planHeldIn.ts";
import { retentionDuties } from "../../src/application/retentionDuties.ts";
import { batchId, datasetName, deletionId } from "../../src/contracts/fields.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import { append, defineContract, done, registerSales } from "../support/batchSteps.ts";
import { endWithholding, erase, execute } from "../support/erasureSteps.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import { DAY_MS, LAKE, type TestLake, testLake } from "../support/testLake.ts";

const SALES = datasetName.parse("sales");
const RETENTION_DAYS = 30;
const WITHHELD_DAYS = 60;

const salesLake = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake, { subject_column: "email" });
  registerSales(lake, { name: datasetName.parse("other"), subject_column: "email" });
  defineContract(lake, { retention_days: RETENTION_DAYS });
  defineContract(lake, { dataset: datasetName.parse("other"), retention_days: RETENTION_DAYS });
  done(append(lake, "b"));
  done(append(lake, "o", { dataset: "other", contract: "contract2" }));
  return lake;
};

const request = (lake: TestLake, subject_id = "jane"): DeletionId => {
  const about = { subject_id, reason: "please", requested_by: "petra" };
  const said = { ...about, identity_verified: null, received_at: null };
  const answer = lake.run({ type: "RequestDeletion", ...said });
  return deletionId.parse((answer.body.deletion as { deletion_id: string }).deletion_id);
};

/** Begins it, after every append, with the sales withheld for a while. */
const withhold = (lake: TestLake, id: DeletionId): void => {
  lake.pass(1);
  const until = new Date(Date.parse(lake.now()) + WITHHELD_DAYS * DAY_MS).toISOString();
  lake.run(execute(id, { withhold: [{ dataset: SALES, ground: "Art. 17(3)(b)", until }] }));
};

/** For whom a batch has to be kept, page after page; as many pages as there are. */
const heldIn = (lake: TestLake, batch: string): readonly DeletionId[][] => {
  const pages: DeletionId[][] = [];
  let after: string | null = "";
  while (after !== null) {
    const asked = {
      kind: "held_in",
      batch_id: batchId.parse(batch),
      before: "expiry",
      after,
    } as const;
    const { plan } = lake.open(asked);
    if (plan.kind !== "held_in") break;
    pages.push(plan.step.held.map(({ deletion_id }) => deletion_id));
    after = plan.step.next;
  }
  return pages;
};

/** Does what is due of retention, where every index says that it may hold everybody. */
const ring = async (lake: TestLake): Promise<void> => {
  const { log, service } = lake;
  const now = () => new Date(lake.now());
  const store = memoryObjectStore(now);
  const kept = async (id: string) => heldIn(lake, id).flat();
  const { retention_due } = retentionDuties({
    log,
    service,
    lake_id: LAKE,
    store,
    now,
    heldIn: kept,
  });
  for (const duty of log.schedule.due(lake.now(), 10, ["retention_due"])) await retention_due(duty);
};

const stateOf = (lake: TestLake, id: string) =>
  lake.see({ kind: "one", aggregate: "batch", id, when: null }).state;

describe("a batch whose dataset is withheld from an erasure", () => {
  it("is kept for the person past its retention, until the ground ends", async () => {
    const lake = salesLake();
    const id = request(lake);
    withhold(lake, id);
    erase(lake, id);
    lake.pass(RETENTION_DAYS * DAY_MS);
    await ring(lake);
    expect([stateOf(lake, "b"), stateOf(lake, "o")]).toEqual(["appended", "expired"]);
    lake.pass((WITHHELD_DAYS - RETENTION_DAYS) * DAY_MS - 1);
    await ring(lake);
    expect(stateOf(lake, "b")).toBe("appended");
    lake.pass(1 + DAY_MS);
    await ring(lake);
    expect(stateOf(lake, "b")).toBe("expired");
  });

  it("is found by what the person is called in its rows, although the key to the id is gone", () => {
    const lake = salesLake();
    const id = request(lake);
    expect(anyHeld(lake.log)).toBe(false);
    expect(heldIn(lake, "b")).toEqual([]);
    withhold(lake, id);
    for (const status of ["in_progress", "completed"]) {
      const about = { kind: "one", aggregate: "deletion", id, when: null } as const;
      expect(lake.see(about).status).toBe(status);
      expect(anyHeld(lake.log)).toBe(true);
      expect(heldIn(lake, "b")).toEqual([[id]]);
      expect(heldIn(lake, "o")).toEqual([]);
      erase(lake, id);
    }
  });

  it("is kept for nobody once that is erased too", () => {
    const lake = salesLake();
    const id = request(lake);
    withhold(lake, id);
    erase(lake, id);
    lake.pass(WITHHELD_DAYS * DAY_MS);
    done(endWithholding(lake));
    expect(heldIn(lake, "b")).toEqual([]);
    erase(lake, id);
    expect(anyHeld(lake.log)).toBe(false);
  });
});

describe("a batch, when many erasures are on hold", () => {
  it("is looked through for each of them once, some at a time", () => {
    const lake = salesLake();
    const ids = Array.from({ length: 23 }, (_, n) => request(lake, `person-${n}`));
    for (const deletion_id of ids) {
      const ground = "Art. 18(1)(a)";
      lake.run({ type: "HoldDeletion", deletion_id, reason: "a claim", ground, until: null });
    }
    const pages = heldIn(lake, "b");
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(pages.flat()).toEqual([...ids].sort());
  });
});
