import { describe, expect, it } from "vitest";
import type { WorkRequest } from "../../src/application/lakeGateway.ts";
import { mergeQuality } from "../../src/application/planRefine.ts";
import { WORK_LIMITS } from "../../src/application/planWork.ts";
import type { WorkPlan } from "../../src/application/workPlan.ts";
import { batchId, contractId, datasetName, replayId } from "../../src/contracts/fields.ts";
import {
  anonymize,
  append,
  beginAppend,
  checkQuality,
  defineContract,
  done,
  publish,
  registerSales,
  updateContract,
  workStep,
} from "../support/batchSteps.ts";
import { type TestLake, testLake } from "../support/testLake.ts";

const batch_id = batchId.parse("batch1");

const withBatch = (contract: Parameters<typeof defineContract>[1] = {}): TestLake => {
  const lake = testLake({ level: "standard" });
  registerSales(lake, { subject_column: "email" });
  defineContract(lake, contract);
  done(append(lake, "batch1"));
  return lake;
};

const plan = <Kind extends WorkPlan["kind"]>(
  lake: TestLake,
  request: WorkRequest,
  kind: Kind,
): Extract<WorkPlan, { readonly kind: Kind }> => {
  const opened = lake.open(request);
  if (opened.plan.kind !== kind) throw new Error(`planned as ${opened.plan.kind}`);
  return opened.plan as Extract<WorkPlan, { readonly kind: Kind }>;
};

describe("an append", () => {
  const request = {
    kind: "append",
    batch_id: batchId.parse("batch2"),
    dataset: datasetName.parse("sales"),
    contract_id: contractId.parse("contract1"),
    file_url: "2026/two.csv",
    format: "csv",
  } as const;

  it("reads the landed upload and writes below the batch, by the contract's schema", () => {
    const lake = withBatch();
    expect(plan(lake, request, "append")).toEqual({
      kind: "append",
      source: "lakes/north/landing/2026/two.csv",
      target: expect.stringMatching(/^lakes\/north\/batches\/batch2\/1\/raw\/[\w-]+\.csv$/),
      schema: { id: "int", email: "string", amount: "float" },
      dialect: {},
      sync_bytes: WORK_LIMITS.sync_bytes,
      subjects: {
        column: "email",
        key: expect.any(Uint8Array),
        index_key: expect.stringMatching(
          /^lakes\/north\/batches\/batch2\/1\/raw\/[\w-]+\.subjects$/,
        ),
        watched: [],
      },
    });
  });

  it("reads a CSV file as the contract says, and the request otherwise, any other as it is", () => {
    const reading = { delimiter: ";", decimal_separator: ",", trim: true } as const;
    const lake = withBatch({ reading });
    const dialectOf = (more: object) => plan(lake, { ...request, ...more }, "append").dialect;
    expect(dialectOf({})).toEqual({
      delimiter: ";",
      reading: { decimal_separator: ",", trim: true },
    });
    const changes = { decimal_separator: null, trim: null, encoding: "windows-1252" } as const;
    expect(dialectOf({ delimiter: "|", reading: changes })).toEqual({
      delimiter: "|",
      reading: { encoding: "windows-1252" },
    });
    expect(
      dialectOf({ reading: { delimiter: null, decimal_separator: null, trim: null } }),
    ).toEqual({});
    expect(dialectOf({ format: "jsonl", file_url: "two.jsonl" })).toEqual({});
  });

  it("is refused when contract and request together say what cannot be", () => {
    const lake = withBatch({ reading: { decimal_separator: "," } });
    const rejection = lake.openRefused({ ...request, reading: { thousands_separator: "," } });
    expect(rejection).toMatchObject({ reason: "invalid", code: "invalid-reading" });
    expect(rejection.errors).toMatchObject([{ path: "reading.thousands_separator" }]);
  });

  it("of a large file is not recorded under another contract than its rows were read by", () => {
    const lake = withBatch();
    done(beginAppend(lake, "large"));
    // Landed, and both of its segments gone through.
    for (let taken = 0; taken < 3; taken += 1) done(workStep(lake, "large"));
    const contracted = { id: "int", email: "string", amount: "string" } as const;
    const late = workStep(lake, "large", false, () => updateContract(lake, { schema: contracted }));
    expect(late).toMatchObject({ ok: false, error: { code: "changed-meanwhile" } });
    expect(done(workStep(lake, "large")).body.message).toContain("contract has changed");
  });

  it("is refused before a byte is read when it would be refused afterwards", () => {
    const lake = withBatch();
    expect(lake.openRefused({ ...request, batch_id }).code).toBe("batch-exists");
  });
});

describe("a quality check", () => {
  it("takes the contract's rules unless the request brings some", () => {
    const lake = withBatch({ quality_rules: { amount: ">0" } });
    const own = plan(lake, { kind: "quality", batch_id, rules: null }, "quality");
    expect(own).toMatchObject({
      check_source: "contract",
      refine: { quality_rules: { amount: ">0" }, privacy_rules: {}, subject_column: "email" },
      rederive: null,
    });
    const rules = { id: "not_null" };
    const asked = plan(lake, { kind: "quality", batch_id, rules }, "quality");
    expect(asked).toMatchObject({ check_source: "request", refine: { quality_rules: rules } });
  });

  it("of a request keeps rejecting the rows that the request before it rejected", () => {
    const lake = withBatch();
    const positive = { rule: ">0", on_fail: "quarantine_rows" };
    const counted = { ...positive, threshold: 1 };
    done(checkQuality(lake, "batch1", { rules: { amount: [counted, "<9"] }, diverts: true }));
    const asked = (rules: Readonly<Record<string, unknown>>) =>
      plan(lake, { kind: "quality", batch_id, rules }, "quality").refine.quality_rules;
    expect(asked({ id: "not_null" })).toEqual({ id: "not_null", amount: [positive] });
    expect(asked({ amount: "not_null" })).toEqual({ amount: ["not_null", positive] });
    expect(asked({ amount: counted })).toEqual({ amount: counted });
    done(checkQuality(lake, "batch1", { rules: { id: "not_null" }, diverts: true }));
    const published = plan(lake, { kind: "publish", batch_id }, "publish").from;
    expect("quality_rules" in published && published.quality_rules).toMatchObject({
      amount: [positive],
    });
  });

  it("of an anonymised batch derives its clean rows anew, with the same strategies", () => {
    const lake = withBatch({ privacy_rules: { email: "hash" } });
    done(anonymize(lake, "batch1", { id: "tokenize" }));
    const { rederive } = plan(lake, { kind: "quality", batch_id, rules: null }, "quality");
    expect(rederive).toMatchObject({
      refine: { privacy_rules: { email: "hash", id: "tokenize" } },
      requested_privacy: { id: "tokenize" },
      clean_key: expect.stringContaining("/clean/"),
    });
  });

  it("of an anonymised batch brings no row back that another check has rejected", () => {
    const lake = withBatch({ quality_rules: { amount: ">0" }, privacy_rules: { email: "hash" } });
    done(checkQuality(lake, "batch1", { diverts: true }));
    done(anonymize(lake, "batch1"));
    const rules = { id: "not_null" };
    const planned = plan(lake, { kind: "quality", batch_id, rules }, "quality");
    expect(planned.refine.quality_rules).toEqual(rules);
    expect(planned.rederive?.refine.quality_rules).toEqual({ id: ["not_null"], amount: [">0"] });
  });

  it("is refused with rules that do not fit the batch", () => {
    const lake = withBatch();
    const refused = lake.openRefused({ kind: "quality", batch_id, rules: { nowhere: ">0" } });
    expect(refused).toMatchObject({ reason: "invalid", code: "invalid-rules" });
    expect(refused.errors?.at(0)?.path).toBe("quality_rules.nowhere");
  });
});

describe("a privacy run", () => {
  const request = (rules: Readonly<Record<string, unknown>> | null) =>
    ({ kind: "privacy", batch_id, rules, dry_run: false }) as const;

  it("takes the contract's rules with the request's over them", () => {
    const lake = withBatch({ privacy_rules: { email: "hash", id: "keep" } });
    expect(plan(lake, request({ email: "mask" }), "privacy")).toMatchObject({
      refine: { privacy_rules: { email: "mask", id: "keep" } },
      requested_privacy: { email: "mask" },
    });
    expect(plan(lake, request(null), "privacy")).toMatchObject({
      refine: { privacy_rules: { email: "hash", id: "keep" } },
      requested_privacy: {},
    });
  });

  it("moves values under keys of the batch's dataset, and hashes them under those of the lake", () => {
    const lake = withBatch();
    const dataset = datasetName.parse("returns");
    registerSales(lake, { name: dataset });
    defineContract(lake, { dataset });
    done(append(lake, "batch2", { dataset, contract: "contract2" }));
    const keysOf = (batch: string) =>
      plan(lake, { ...request({ amount: "noise" }), batch_id: batchId.parse(batch) }, "privacy")
        .refine.keys;
    const { noise, date_shift, ...joined } = keysOf("batch1");
    expect(keysOf("batch2")).toMatchObject(joined);
    expect(keysOf("batch2").noise).not.toEqual(noise);
    expect(keysOf("batch2").date_shift).not.toEqual(date_shift);
  });

  it("names the columns that it treats otherwise than the contract that protects them", () => {
    const lake = withBatch({ privacy_rules: { email: "hash", id: "keep" } });
    const overruled = (rules: Readonly<Record<string, unknown>> | null) =>
      plan(lake, { ...request(rules), dry_run: true }, "privacy").overruled_columns;
    expect(overruled({ email: { strategy: "mask", keep_first: 3 } })).toEqual(["email"]);
    expect(overruled({ email: "hash", id: "redact", amount: "redact" })).toEqual([]);
    expect(overruled(null)).toEqual([]);
  });

  it("names the columns of persons of which a rule that nobody agreed on would leave a part", () => {
    const ends = { email: { strategy: "mask", keep_last: 3 } };
    const hidden = (lake: TestLake, rules: Readonly<Record<string, unknown>>) =>
      plan(lake, { ...request(rules), dry_run: true }, "privacy").overruled_columns;
    // The subject's column, which the contract says nothing about.
    expect(hidden(withBatch(), ends)).toEqual(["email"]);
    expect(
      hidden(withBatch(), { email: "mask", amount: { strategy: "noise", percent: 5 } }),
    ).toEqual([]);
    expect(hidden(withBatch({ privacy_rules: ends }), ends)).toEqual([]);
  });

  it.each([{ email: "keep" }, { email: { strategy: "keep" } }])(
    "may not leave in clear by %j what the contract protects",
    (rules) => {
      const lake = withBatch({ privacy_rules: { email: { strategy: "hash" }, id: "keep" } });
      const refused = lake.openRefused(request(rules));
      expect(refused).toMatchObject({ reason: "invalid", code: "contract-protects-column" });
      expect(refused.errors?.at(0)?.path).toBe("privacy_rules.email");
    },
  );

  it("may keep in clear what the contract keeps or does not speak of", () => {
    const lake = withBatch({ privacy_rules: { email: "hash", id: "keep" } });
    const { refine } = plan(lake, request({ id: "keep", amount: "keep" }), "privacy");
    expect(refine.privacy_rules).toEqual({ email: "hash", id: "keep", amount: "keep" });
  });

  it("leaves out the rows that checks have rejected, as of the moment they did", () => {
    const lake = withBatch({ quality_rules: { amount: ">0" } });
    done(checkQuality(lake, "batch1"));
    const checked_at = lake.now();
    lake.pass(60_000);
    done(checkQuality(lake, "batch1", { rules: { id: "not_null", amount: "<9" } }));
    lake.pass(60_000);
    expect(plan(lake, request({ email: "hash" }), "privacy").refine).toMatchObject({
      quality_rules: { amount: [">0", "<9"], id: ["not_null"] },
      now: checked_at,
    });
  });
});

describe("a publication", () => {
  it("copies the anonymised object", () => {
    const lake = withBatch();
    done(anonymize(lake, "batch1", { email: "hash" }));
    const { from } = plan(lake, { kind: "publish", batch_id }, "publish");
    expect(from).toMatchObject({ copy: { key: expect.stringContaining("/clean/") } });
  });

  it("passes the raw rows through the checks when there was no privacy run", () => {
    const lake = withBatch({ quality_rules: { amount: ">0" } });
    done(checkQuality(lake, "batch1"));
    const { from } = plan(lake, { kind: "publish", batch_id }, "publish");
    expect(from).toMatchObject({ quality_rules: { amount: [">0"] }, privacy_rules: {} });
  });

  it("that was made has nothing left to do", () => {
    const lake = withBatch();
    done(publish(lake, "batch1"));
    expect(lake.open({ kind: "publish", batch_id }).plan).toEqual({ kind: "nothing" });
  });
});

describe("a column named like what every object has", () => {
  const schema = { constructor: "string", toString: "int", email: "string" } as const;
  const contract = {
    schema,
    quality_rules: { constructor: "not_null", toString: ">0" },
    privacy_rules: { constructor: "hash" },
  };

  it("is a column like any other for checks, runs and publications", () => {
    const lake = withBatch(contract);
    done(checkQuality(lake, "batch1"));
    done(checkQuality(lake, "batch1", { rules: { constructor: "unique" } }));
    const merged = { constructor: ["not_null", "unique"], toString: [">0"] };
    const run = plan(
      lake,
      { kind: "privacy", batch_id, rules: { toString: "mask" }, dry_run: false },
      "privacy",
    );
    expect(run.refine.quality_rules).toEqual(merged);
    expect(run.refine.privacy_rules).toEqual({ constructor: "hash", toString: "mask" });
  });

  it("cannot be left in clear by a request when its contract protects it", () => {
    const lake = withBatch(contract);
    const rules = { constructor: "keep", email: "hash" };
    const refused = lake.openRefused({ kind: "privacy", batch_id, rules, dry_run: false });
    expect(refused.code).toBe("contract-protects-column");
  });

  it("keeps in a replay the protection that a request gave it", () => {
    const lake = withBatch({ schema });
    done(anonymize(lake, "batch1", { constructor: "hash" }));
    const answer = lake.run({
      type: "Replay",
      dataset: datasetName.parse("sales"),
      batch_id: null,
    });
    const { replay_id } = answer.body.replay as { replay_id: string };
    const replay = { kind: "replay", replay_id: replayId.parse(replay_id) } as const;
    const { refine } = plan(lake, replay, "replay");
    expect(refine.privacy_rules).toEqual({ constructor: "hash" });
  });
});

describe("rules of the contract and of a request together", () => {
  it("each keep their place in the list of their column", () => {
    expect(mergeQuality({ a: ">0", b: ["x", "y"] }, undefined, { a: [">1"], c: "z" })).toEqual({
      a: [">0", ">1"],
      b: ["x", "y"],
      c: ["z"],
    });
    expect(mergeQuality()).toEqual({});
  });
});
