/** A dataset that names its persons only after batches have come: who is looked for in them, and how. */
import { describe, expect, test } from "vitest";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import {
  batchId,
  contractId,
  datasetName,
  deletionId,
  subjectAccessId,
} from "../../src/contracts/fields.ts";
import { privacyRunId } from "../../src/domain/ids.ts";
import type { WrittenIndex } from "../../src/domain/subjects.ts";
import {
  anonymize,
  append,
  beginAppend,
  defineContract,
  done,
  publish,
  registerSales,
  replayAll,
  updateContract,
  workStep,
} from "../support/batchSteps.ts";
import { erase, eraseOnce, execute, requestIn } from "../support/erasureSteps.ts";
import { SCHEMA } from "../support/facts.ts";
import { DAY_MS, type TestLake, testLake } from "../support/testLake.ts";

const SALES = datasetName.parse("sales");

const amend = (more: Partial<Extract<LakeRequest, { type: "AmendDataset" }>>): LakeRequest => ({
  type: "AmendDataset",
  dataset: SALES,
  description: null,
  contains_pii: null,
  subject_column: null,
  ...more,
});
const NAMED = amend({ subject_column: "email" });

/** A lake with a dataset that names nobody. */
const salesLake = (level: "gdpr" | "strict" = "gdpr"): TestLake => {
  const lake = testLake({ level });
  registerSales(lake, { contains_pii: true, encryption_enabled: level === "strict" });
  defineContract(lake, { privacy_rules: { amount: { strategy: "noise", percent: 5 } } });
  lake.run({ type: "ApproveContract", contract_id: contractId.parse("contract1"), approver: "a" });
  return lake;
};

const named = (lake: TestLake): void => {
  lake.pass(1_000);
  lake.run(NAMED);
  lake.pass(1_000);
};

const indexOf = (column: string): WrittenIndex => ({
  key: `index-of-${column}`,
  bytes: 64,
  column,
  type: column === "id" ? "int" : "string",
  subjects: 1,
  object: Buffer.alloc(64).toString("base64"),
});

const replay = (lake: TestLake): string => {
  const { body } = lake.run({ type: "Replay", dataset: SALES, batch_id: null });
  return (body.replay as { replay_id: string }).replay_id;
};

const ask = (lake: TestLake): string => {
  const about = { subject_id: "jane", requested_by: "petra", received_at: null };
  const { body } = lake.run({ type: "RequestAccess", ...about });
  return (body.subject_access as { subject_access_id: string }).subject_access_id;
};

const warnings = (lake: TestLake, request: LakeRequest) =>
  lake.run(request).body.warnings as readonly string[];

describe("batches that were there before", () => {
  test("are opened by an erasure, whatever column they have an index of", () => {
    const lake = salesLake();
    done(append(lake, "without"));
    done(append(lake, "other", { subject_index: indexOf("id") }));
    named(lake);
    done(append(lake, "since", { subject_index: indexOf("email") }));
    const id = requestIn(lake, "jane");
    lake.run(execute(id));
    const { plan } = lake.open({ kind: "erase", deletion_id: id });
    expect(plan).toMatchObject({
      kind: "erase",
      step: {
        kind: "look",
        asked: 1,
        known_hits: [],
        looks: [
          { batch_id: "without", index: null, column: { name: "email", type: "string" } },
          { batch_id: "other", index: { column: "id" } },
        ],
      },
    });
    erase(lake, id);
    expect(lake.see({ kind: "one", aggregate: "deletion", id, when: null })).toMatchObject({
      erasure: { batches: { opened: 2, hit: 2 } },
    });
  });

  test("are opened for a request for access, but for those that have no such column", () => {
    const lake = salesLake();
    done(append(lake, "before"));
    const { email: _, ...narrow } = SCHEMA;
    updateContract(lake, { schema: narrow });
    done(append(lake, "narrow"));
    updateContract(lake, { schema: SCHEMA });
    const said = warnings(lake, NAMED);
    expect(said).toEqual([expect.stringContaining("schema version 2, which has no column email")]);
    const subject_access_id = subjectAccessId.parse(ask(lake));
    const { plan } = lake.open({ kind: "access_step", subject_access_id });
    expect(plan).toMatchObject({
      kind: "subject_access",
      step: { kind: "search", batches: 1, lookups: [{ batch_id: "before", index: null }] },
    });
  });

  test("keep their dataset among those not searched while one was read without the column", () => {
    const lake = salesLake();
    const { email: _, ...narrow } = SCHEMA;
    updateContract(lake, { schema: narrow });
    done(append(lake, "narrow"));
    updateContract(lake, { schema: SCHEMA });
    named(lake);
    const id = requestIn(lake, "jane");
    const notSearched = (at: string | null = null) => {
      const when = at === null ? null : { at };
      return lake.see({ kind: "one", aggregate: "deletion", id, when }).not_searched;
    };
    expect(notSearched()).toEqual(["sales"]);
    const told = [expect.stringMatching(/^Not searched for the person: sales\..*amend.*replay/s)];
    const about = { subject_id: "anna", requested_by: "petra", received_at: null };
    expect(warnings(lake, { type: "RequestAccess", ...about })).toEqual(told);
    const before = lake.now();
    lake.pass(1_000);
    done(replayAll(lake, replay(lake)));
    expect(notSearched()).toEqual([]);
    expect(notSearched(before)).toEqual(["sales"]);
  });

  test("do not keep it there when they have the column, or are of no schema and looked into", () => {
    const lake = salesLake();
    done(append(lake, "wide"));
    const { email: _, ...narrow } = SCHEMA;
    updateContract(lake, { schema: narrow });
    done(append(lake, "misfit", { fits: false }));
    updateContract(lake, { schema: SCHEMA });
    named(lake);
    const id = requestIn(lake, "jane");
    const shown = lake.see({ kind: "one", aggregate: "deletion", id, when: null });
    expect(shown.not_searched).toEqual([]);
  });

  test("are kept past their retention for whoever is on hold", () => {
    const lake = salesLake();
    done(append(lake, "before"));
    const id = requestIn(lake, "jane");
    const hold = { reason: "a lawsuit", ground: "Art. 17(3)(e)", until: null };
    lake.run({ type: "HoldDeletion", deletion_id: id, ...hold });
    const asked = {
      kind: "held_in",
      batch_id: batchId.parse("before"),
      before: "expiry",
      after: "",
    } as const;
    expect(lake.open(asked).plan.kind).toBe("nothing");
    named(lake);
    expect(lake.open(asked).plan).toMatchObject({
      kind: "held_in",
      step: { lookup: { index: null, column: { name: "email" } }, held: [{ deletion_id: id }] },
    });
  });

  test("are derived by their persons from the next replay on, and not by an erasure before it", () => {
    const lake = salesLake();
    done(append(lake, "b"));
    done(anonymize(lake, "b"));
    done(publish(lake, "b"));
    named(lake);
    const derivedBy = () => {
      const id = requestIn(lake, `jane ${lake.now()}`);
      lake.run(execute(id));
      done(eraseOnce(lake, id));
      const { plan } = lake.open({ kind: "erase", deletion_id: id });
      if (plan.kind !== "erase" || plan.step.kind !== "redact")
        throw new Error("it does not erase");
      expect(plan.step.raw.subject_column).toBe("email");
      erase(lake, id);
      return plan.step.derive?.refine.subject_column;
    };
    expect(derivedBy()).toBeNull();
    // What an erasure has left is still what it was.
    expect(derivedBy()).toBeNull();
    done(replayAll(lake, replay(lake)));
    expect(derivedBy()).toBe("email");
  });
});

describe("a column that is named in the middle of something", () => {
  const refusedNow = (lake: TestLake) => {
    const { code, detail } = lake.refused(NAMED);
    expect(code).toBe("subject-column-in-use");
    return detail;
  };

  test("waits for the end of a replay", () => {
    const lake = salesLake();
    done(append(lake, "b"));
    const id = replay(lake);
    expect(refusedNow(lake)).toContain(`Replay ${id} is under way`);
    done(replayAll(lake, id));
    lake.run(NAMED);
  });

  test("waits for the end of long work, on a batch of this dataset", () => {
    const lake = salesLake();
    registerSales(lake, { name: datasetName.parse("other") });
    done(beginAppend(lake, "large"));
    lake.run(amend({ dataset: datasetName.parse("other"), subject_column: "email" }));
    while (lake.log.load("batch/large").state !== null) {
      expect(refusedNow(lake)).toContain("Work on batch large is under way");
      if (done(workStep(lake, "large")).body.message === "Work on batch large is complete.") break;
    }
    lake.run(NAMED);
  });

  test("waits for the end of an erasure, also of one that is on hold or has failed", () => {
    const lake = salesLake();
    done(append(lake, "b"));
    const id = requestIn(lake, "jane");
    lake.run(execute(id));
    expect(refusedNow(lake)).toContain(`Deletion request ${id} is being carried out`);
    const hold = { reason: "a lawsuit", ground: null, until: null };
    lake.run({ type: "HoldDeletion", deletion_id: id, ...hold });
    refusedNow(lake);
    lake.run({ type: "ReleaseDeletionHold", deletion_id: id, reason: "it is over" });
    lake.run({ type: "FailErasure", deletion_id: id, failure: "because" });
    refusedNow(lake);
    lake.run(execute(id));
    erase(lake, id);
    lake.run(NAMED);
  });

  test("does not wait for what has not begun, or keeps the dataset back", () => {
    const lake = salesLake();
    requestIn(lake, "otto");
    const id = requestIn(lake, "jane");
    const until = new Date(Date.parse(lake.now()) + DAY_MS).toISOString();
    lake.run(execute(id, { withhold: [{ dataset: SALES, ground: "Art. 17(3)(b)", until }] }));
    lake.run(NAMED);
    erase(lake, id);
  });

  test("waits for the end of a request for access", () => {
    const lake = salesLake();
    const id = ask(lake);
    expect(refusedNow(lake)).toContain(`Request for access ${id} is being answered`);
    lake.run({
      type: "RejectAccess",
      subject_access_id: subjectAccessId.parse(id),
      reason: "unknown",
      ground: null,
    });
    lake.run(NAMED);
  });

  test("undoes an append that is read meanwhile, and a privacy run", () => {
    const lake = salesLake();
    done(append(lake, "b"));
    const batch_id = batchId.parse("b");
    const privacy = { kind: "privacy", batch_id, rules: null, dry_run: false } as const;
    const { attempt } = lake.open(privacy);
    if (attempt === null) throw new Error("it writes something");
    named(lake);
    const late = { type: "QuarantineBatch", batch_id, reason: "late" } as const;
    expect(lake.refused(late, {}, { attempt }).code).toBe("changed-meanwhile");
    const about = { batch_id: batchId.parse("c"), dataset: SALES, file_url: "c.csv" };
    const contract_id = contractId.parse("contract1");
    const reads = { kind: "append", ...about, contract_id, format: "csv" } as const;
    expect(lake.open(reads).attempt?.expects).toContainEqual({
      subjects_of: "sales",
      column: "email",
    });
  });

  test("makes a proposed privacy run void", () => {
    const lake = salesLake("strict");
    done(append(lake, "b"));
    done(anonymize(lake, "b"));
    named(lake);
    const batch_id = batchId.parse("b");
    const { body } = lake.run(amend({ description: "Sales" }));
    expect(body.message).toBe("Dataset sales amended: description.");
    const run_id = privacyRunId(batch_id, 2);
    const approve = { type: "ApprovePrivacyRun", batch_id, run_id, approver: "petra" } as const;
    expect(lake.refused(approve).code).toBe("privacy-run-stale");
  });
});

describe("what an amendment warns of", () => {
  test("are requests that were answered without looking into the dataset", () => {
    const lake = salesLake();
    const id = requestIn(lake, "jane");
    lake.run(execute(id));
    erase(lake, id);
    expect(deletionId.parse(id)).toBe(id);
    done(append(lake, "b"));
    expect(warnings(lake, NAMED)).toEqual([
      expect.stringContaining("1 to be forgotten and 0 for access"),
    ]);
  });

  test("is nothing while the dataset is empty", () => {
    const lake = salesLake();
    const id = requestIn(lake, "jane");
    lake.run(execute(id));
    erase(lake, id);
    expect(warnings(lake, NAMED)).toEqual([]);
  });

  test("is what is published in clear and turns out to be personal", () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake, { contains_pii: null });
    expect(warnings(lake, amend({ contains_pii: false }))).toEqual([]);
    defineContract(lake);
    done(append(lake, "b"));
    done(publish(lake, "b"));
    expect(warnings(lake, amend({ contains_pii: true }))).toEqual([
      expect.stringContaining("is not handed out any more"),
    ]);
  });
});
