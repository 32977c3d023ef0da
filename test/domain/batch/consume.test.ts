import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import type { GrantConsumption } from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  anonymized,
  BATCH,
  batchAppended,
  check,
  contractAfter,
  contractApproved,
  contractDeclined,
  contractDefined,
  contractDeprecated,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  published,
  qualityPassed,
} from "../../support/facts.ts";

const usual: BatchContext = {
  lake: lakeAt("standard"),
  dataset: datasetAfter(datasetRegistered()),
  contract: contractAfter(contractDefined()),
};
const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  usual,
);
const appended = (...events: readonly BatchEvent[]) => given(...batchAppended(), ...events);

const consume: GrantConsumption = {
  type: "GrantConsumption",
  batch_id: BATCH,
  consumer: "alice",
  purpose: "research",
  format: "parquet",
  object_key: "published/1",
  signed_at: "2026-11-23T12:00:00.000Z",
  expires_at: "2026-11-23T12:15:00.000Z",
};

describe("granting consumption", () => {
  it("records who, why, what and for how long, and not the object's key", () => {
    appended(published())
      .when(consume)
      .then({
        type: "ConsumptionGranted",
        data: {
          consumer: "alice",
          purpose: "research",
          format: "parquet",
          signed_at: "2026-11-23T12:00:00.000Z",
          expires_at: "2026-11-23T12:15:00.000Z",
        },
      });
  });

  it.each([
    ["appended", []],
    ["checked", [qualityPassed()]],
    ["anonymized", [anonymized()]],
  ])("is refused while the batch is %s", (status, events) => {
    const refused = appended(...events)
      .when(consume)
      .thenRejected("batch-not-published", "wrong_state");
    expect(refused.detail).toContain(status);
  });
});

describe("a batch that failed its contract after it was published", () => {
  const failed = { ...check({ passed: false }), warnings: [] };
  const released: readonly BatchEvent[] = [
    { type: "BatchQuarantined", data: { cause: "quality", reason: "it failed" } },
    { type: "QuarantineReleased", data: { reason: "seen", warnings: [] } },
  ];

  it("is not handed out when it is released, until it is derived anew", () => {
    const withdrawn = appended(
      published(),
      { type: "QualityCheckFailed", data: failed },
      ...released,
    );
    withdrawn.when(consume).thenRejected("replay-required", "wrong_state");
  });

  it("or no longer fits its schema is not handed out either", () => {
    appended(
      published(),
      {
        type: "SchemaValidationFailed",
        data: { reason: "x", issues: [], issue_count: 1, contract_version: 1 },
      },
      ...released,
    )
      .when(consume)
      .thenRejected("replay-required", "wrong_state");
  });
});

describe("a batch that was published in clear before the level was raised", () => {
  const dataset = datasetAfter(datasetRegistered({ contains_pii: true }));

  it("is not handed out any more", () => {
    appended(published())
      .knowing({ ...usual, dataset, lake: lakeAt("gdpr") })
      .when(consume)
      .thenRejected("privacy-run-required", "compliance");
    appended(published())
      .knowing({ ...usual, dataset: datasetAfter() })
      .when(consume)
      .thenRejected("dataset-not-found");
  });

  it("is handed out when it had a privacy run", () => {
    const [granted] = appended(anonymized(), published())
      .knowing({ ...usual, dataset, lake: lakeAt("gdpr") })
      .when(consume)
      .events();
    expect(granted?.type).toBe("ConsumptionGranted");
  });
});

describe("a batch that was published before the level was raised to strict", () => {
  const dataset = datasetAfter(datasetRegistered({ contains_pii: true, encryption_enabled: true }));
  const strict = { ...usual, dataset, lake: lakeAt("strict") };
  const approved = { ...strict, contract: contractAfter(contractDefined(), contractApproved) };

  it("is not handed out while nobody has approved its run or its contract", () => {
    const refused = appended(anonymized(), published())
      .knowing(strict)
      .when(consume)
      .thenRejected("contract-not-approved", "wrong_state");
    expect(refused.detail).toContain("POST /contracts/contract1/approve");
  });

  it("is handed out once its contract or its run is approved", () => {
    const granted = (context: BatchContext, approver: string | null) =>
      appended(anonymized("clean/1", { approver }), published())
        .knowing(context)
        .when(consume)
        .events()
        .map(({ type }) => type);
    expect(granted(approved, null)).toEqual(["ConsumptionGranted"]);
    expect(granted(strict, "petra")).toEqual(["ConsumptionGranted"]);
  });
});

describe("a batch at level strict whose contract was deprecated", () => {
  const dataset = datasetAfter(datasetRegistered({ contains_pii: true, encryption_enabled: true }));
  const strict = { ...usual, dataset, lake: lakeAt("strict") };

  it("is handed out as long as its contract was approved", () => {
    const contract = contractAfter(contractDefined(), contractApproved, contractDeprecated);
    const [granted] = appended(anonymized(), published())
      .knowing({ ...strict, contract })
      .when(consume)
      .events();
    expect(granted?.type).toBe("ConsumptionGranted");
  });

  it("is refused with a way out that there is, when nobody had", () => {
    const contract = contractAfter(contractDefined(), contractDeprecated);
    const { detail } = appended(anonymized(), published())
      .knowing({ ...strict, contract })
      .when(consume)
      .thenRejected("contract-not-approved", "wrong_state");
    expect(detail).toContain("POST /append-batch with batch_id batch1");
    expect(detail).not.toContain("/approve");
  });
});

describe("a batch whose contract has come to protect more since it was published", () => {
  const under = (privacy_rules: Readonly<Record<string, unknown>>): BatchContext => ({
    ...usual,
    contract: contractAfter(contractDefined({ privacy_rules })),
  });

  it("is not handed out until it is derived anew", () => {
    for (const events of [[published()], [anonymized(), published()]]) {
      const refused = appended(...events)
        .knowing(under({ email: "hash", id: "redact" }))
        .when(consume)
        .thenRejected("replay-required", "wrong_state");
      expect(refused.detail).toContain("id otherwise now");
      expect(refused.detail).toContain("POST /replay");
    }
  });

  it("is not handed out with a column treated as the contract said before", () => {
    appended(anonymized(), published())
      .knowing(under({ email: "redact" }))
      .when(consume)
      .thenRejected("replay-required");
  });

  it("is handed out when its run did what the contract says now, or the contract asks less", () => {
    for (const rules of [{ email: "hash" }, { email: "hash", id: "keep" }, {}]) {
      const [granted] = appended(anonymized(), published())
        .knowing(under(rules))
        .when(consume)
        .events();
      expect(granted?.type).toBe("ConsumptionGranted");
    }
  });
});

describe("a batch whose contract was declined after it was published", () => {
  it("is not handed out any more", () => {
    const declined = contractAfter(contractDefined(), contractApproved, contractDeclined);
    appended(published())
      .knowing({ ...usual, contract: declined })
      .when(consume)
      .thenRejected("contract-declined", "wrong_state");
  });
});
