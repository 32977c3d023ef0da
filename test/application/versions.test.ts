import { describe, expect, it } from "vitest";
import { batchId, contractId, datasetName } from "../../src/contracts/fields.ts";
import {
  anonymize,
  append,
  defineContract,
  done,
  registerSales,
  updateContract,
} from "../support/batchSteps.ts";
import { MISFIT } from "../support/facts.ts";
import { type TestLake, testLake } from "../support/testLake.ts";

const sales = datasetName.parse("sales");
const batch_id = batchId.parse("batch1");

const withBatch = (): TestLake => {
  const lake = testLake({ level: "standard" });
  registerSales(lake);
  defineContract(lake);
  done(append(lake, "batch1"));
  return lake;
};

describe("If-Match", () => {
  it("lets a command pass at the version its client saw", () => {
    const lake = testLake({ level: "standard" });
    const { version } = registerSales(lake);
    const deprecated = lake.run(
      { type: "DeprecateDataset", dataset: sales },
      { if_match: version },
    );
    expect([version, deprecated.version]).toEqual([1, 2]);
  });

  it("refuses one that saw an older version, naming both, and changes nothing", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    lake.run({ type: "DeprecateDataset", dataset: sales });
    const stored = lake.log.dump();
    const refused = lake.refused({ type: "DeprecateDataset", dataset: sales }, { if_match: 1 });
    expect(refused).toMatchObject({ reason: "stale_version", code: "stale-version" });
    expect(refused.detail).toMatch(/version 1.*version 2/);
    expect(lake.log.dump()).toBe(stored);
  });

  it("goes by the stream the command is about, not by the lake", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    const contract_id = contractId.parse("contract1");
    defineContract(lake);
    lake.run({ type: "DeprecateDataset", dataset: sales });
    expect(
      lake.run({ type: "ApproveContract", contract_id, approver: "anna" }, { if_match: 1 }).version,
    ).toBe(2);
  });

  it("of version 0 demands that there is nothing yet", () => {
    const lake = testLake({ level: "standard" });
    const register = {
      type: "RegisterDataset",
      name: sales,
      schema: { id: "int" },
      description: null,
      contains_pii: null,
      encryption_enabled: false,
      subject_column: null,
    } as const;
    expect(lake.run(register, { if_match: 0 }).version).toBe(1);
    expect(lake.refused(register, { if_match: 0 }).code).toBe("stale-version");
  });

  it("refuses work before any byte of it is read", () => {
    const lake = withBatch();
    const refused = lake.openRefused({ kind: "publish", batch_id }, { if_match: 2 });
    expect(refused.code).toBe("stale-version");
    expect(lake.log.duties().map(({ kind }) => kind)).not.toContain("sweep_attempt");
    expect(lake.open({ kind: "publish", batch_id }, { if_match: 3 }).plan.kind).toBe("publish");
  });
});

describe("work whose ground moved while it was done", () => {
  const privacy = {
    kind: "privacy",
    batch_id,
    rules: { email: "hash" },
    dry_run: false,
  } as const;

  it("is refused when the batch changed", () => {
    const lake = withBatch();
    const { attempt } = lake.open(privacy);
    done(anonymize(lake, "batch1", { email: "mask" }));
    const refused = lake.refused(
      { type: "RecordMisfit", batch_id, misfit: MISFIT },
      {},
      {
        ...(attempt ? { attempt } : {}),
      },
    );
    expect(refused).toMatchObject({ reason: "wrong_state", code: "changed-meanwhile" });
  });

  it("is refused when the contract changed", () => {
    const lake = withBatch();
    const { attempt } = lake.open(privacy);
    updateContract(lake, { retention_days: 7 });
    const refused = lake.refused(
      { type: "RecordMisfit", batch_id, misfit: MISFIT },
      {},
      {
        ...(attempt ? { attempt } : {}),
      },
    );
    expect(refused.code).toBe("changed-meanwhile");
  });

  it("is refused when the contract of an append changed", () => {
    const lake = withBatch();
    const request = {
      batch_id: batchId.parse("batch2"),
      dataset: sales,
      contract_id: contractId.parse("contract1"),
      file_url: "two.csv",
      format: "csv",
    } as const;
    const { attempt } = lake.open({ kind: "append", ...request });
    updateContract(lake, { schema: { id: "int" } });
    const taken = {
      object: { key: "k", format: "csv", bytes: 1, sha256: "", rows: 1 },
      misfit: null,
      unexpected_columns: [],
      suspicions: [],
    } as const;
    const refused = lake.refused(
      { type: "AppendData", ...request, taken },
      {},
      {
        ...(attempt ? { attempt } : {}),
      },
    );
    expect(refused.code).toBe("changed-meanwhile");
  });

  it("is refused without a trace: its duty stays until it is swept or abandoned", () => {
    const lake = withBatch();
    const { attempt } = lake.open(privacy);
    updateContract(lake, { retention_days: 7 });
    const stored = lake.log.dump();
    lake.refused(
      { type: "RecordMisfit", batch_id, misfit: MISFIT },
      {},
      {
        ...(attempt ? { attempt } : {}),
      },
    );
    expect(lake.log.dump()).toBe(stored);
  });
});
