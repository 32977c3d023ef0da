import { describe, expect, it } from "vitest";
import { evolveBatch, initialBatch } from "../../../src/domain/batch/batch.ts";
import { admitPublish, type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { COMPLIANCE_LEVELS } from "../../../src/domain/lake/lake.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  anonymized,
  BATCH,
  batchAppended,
  check,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  publication,
  published,
  qualityPassed,
  quarantined,
  released,
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
const publish = {
  type: "PublishData",
  batch_id: BATCH,
  publication: publication("published/1"),
} as const;

const ruled = {
  ...usual,
  contract: contractAfter(contractDefined({ quality_rules: { amount: ">0" } })),
};
const failed: BatchEvent = {
  type: "QualityCheckFailed",
  data: { check: check({ passed: false }), warnings: [] },
};

describe("publishing a batch", () => {
  it("records the publication", () => {
    given(...batchAppended())
      .when(publish)
      .then(published("published/1"));
  });

  it("of one that is published already changes nothing, whatever the rules say now", () => {
    given(...batchAppended(), published())
      .knowing({ ...ruled, lake: lakeAt("strict") })
      .when(publish)
      .thenNothing();
  });

  it("is refused when its dataset or contract is gone", () => {
    given(...batchAppended())
      .knowing({ ...usual, dataset: datasetAfter() })
      .when(publish)
      .thenRejected("batch-not-found");
    given(...batchAppended())
      .knowing({ ...usual, contract: contractAfter() })
      .when(publish)
      .thenRejected("batch-not-found");
  });
});

describe("a contract with quality rules", () => {
  it.each(COMPLIANCE_LEVELS)("lets nothing unchecked be published at level %s", (level) => {
    given(...batchAppended(), anonymized())
      .knowing({ ...ruled, lake: lakeAt(level) })
      .when(publish)
      .thenRejected("quality-check-required", "wrong_state");
  });

  it("is satisfied by a passed check under its own rules", () => {
    given(...batchAppended(), qualityPassed())
      .knowing(ruled)
      .when(publish)
      .then(published("published/1"));
  });

  it("is not satisfied by rules that came with a request", () => {
    given(...batchAppended(), qualityPassed({ source: "request" }))
      .knowing(ruled)
      .when(publish)
      .thenRejected("quality-check-required");
  });

  it("is not satisfied by releasing a batch that failed", () => {
    given(...batchAppended(), failed, quarantined(), released)
      .knowing(ruled)
      .when(publish)
      .thenRejected("quality-check-required");
  });

  it("goes by the latest check, not by the best", () => {
    given(...batchAppended(), qualityPassed(), failed)
      .knowing(ruled)
      .when(publish)
      .thenRejected("quality-check-required");
  });
});

describe("personal data", () => {
  const whoSays = {
    "the dataset": { dataset: true, batch: false },
    "the batch": { dataset: false, batch: true },
    both: { dataset: true, batch: true },
  };

  describe.each(Object.entries(whoSays))("declared by %s", (_, { dataset, batch }) => {
    const context = {
      ...usual,
      dataset: datasetAfter(datasetRegistered({ contains_pii: dataset })),
    };
    const appended = batchAppended({ contains_pii: batch });

    it("is published at level standard with a warning", () => {
      const [event] = given(...appended)
        .knowing(context)
        .when(publish)
        .events();
      expect(event?.type === "DataPublished" && event.data.warnings).toHaveLength(1);
    });

    it.each(["gdpr", "strict"] as const)("is not published at level %s in clear", (level) => {
      const refused = given(...appended)
        .knowing({ ...context, lake: lakeAt(level) })
        .when(publish)
        .thenRejected("privacy-run-required", "compliance");
      expect(refused.detail).toContain(level);
    });

    it.each(COMPLIANCE_LEVELS)("is published at level %s after a privacy run", (level) => {
      given(...appended, anonymized())
        .knowing({ ...context, lake: lakeAt(level) })
        .when(publish)
        .then(published("published/1"));
    });
  });

  it("is none of a concern where nobody declared any", () => {
    const dataset = datasetAfter(datasetRegistered({ contains_pii: null }));
    given(...batchAppended({ contains_pii: null }))
      .knowing({ ...usual, dataset, lake: lakeAt("gdpr") })
      .when(publish)
      .then(published("published/1"));
  });
});

describe("admission to publication", () => {
  it("looks at quarantine first", () => {
    const state = given(...batchAppended(), quarantined()).state();
    const dataset = datasetAfter(datasetRegistered());
    const contract = contractAfter(contractDefined({ quality_rules: { amount: ">0" } }));
    if (state.status !== "held" || dataset.status === "absent" || contract.status === "absent") {
      throw new Error("nothing to admit");
    }
    expect(admitPublish(state.batch, lakeAt("gdpr"), dataset, contract)).toMatchObject({
      ok: false,
      error: { code: "batch-quarantined" },
    });
  });
});
