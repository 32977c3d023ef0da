import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { admitPublish } from "../../../src/domain/batch/publishing.ts";
import { COMPLIANCE_LEVELS } from "../../../src/domain/lake/lake.ts";
import type { Schema } from "../../../src/domain/table.ts";
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
  publication,
  published,
  qualityPassed,
  quarantined,
  released,
  run,
  SCHEMA,
} from "../../support/facts.ts";

/** Everything in order at every level, so that only the test's own question is asked. */
const usual: BatchContext = {
  lake: lakeAt("standard"),
  dataset: datasetAfter(datasetRegistered({ encryption_enabled: true })),
  contract: contractAfter(contractDefined(), contractApproved),
};
const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  usual,
);
const publish = {
  type: "PublishData",
  batch_id: BATCH,
  publication: publication("published/1"),
  run: null,
} as const;

const under = (more: Parameters<typeof contractDefined>[0]) => ({
  ...usual,
  contract: contractAfter(contractDefined(more), contractApproved),
});
const ruled = under({ quality_rules: { amount: ">0" } });
const failed: BatchEvent = {
  type: "QualityCheckFailed",
  data: { ...check({ passed: false }), warnings: [] },
};

describe("publishing a batch", () => {
  it.each(COMPLIANCE_LEVELS)("in order is recorded at level %s", (level) => {
    given(...batchAppended())
      .knowing({ ...usual, lake: lakeAt(level) })
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

  it("is refused at level strict under a contract nobody approves any more", () => {
    given(...batchAppended())
      .knowing({ ...usual, lake: lakeAt("strict"), contract: contractAfter(contractDefined()) })
      .when(publish)
      .thenRejected("contract-not-approved", "compliance");
  });

  it("goes on at level strict under a contract that was approved, and deprecated since", () => {
    const encrypted = datasetAfter(datasetRegistered({ encryption_enabled: true }));
    const contract = contractAfter(contractDefined(), contractApproved, contractDeprecated);
    given(...batchAppended())
      .knowing({ ...usual, dataset: encrypted, lake: lakeAt("strict"), contract })
      .when(publish)
      .then(published("published/1"));
  });
});

describe("a declined contract", () => {
  const declined = contractAfter(contractDefined(), contractDeclined);

  it.each(COMPLIANCE_LEVELS)("publishes nothing at level %s, and says what to do", (level) => {
    const refused = given(...batchAppended())
      .knowing({ ...usual, lake: lakeAt(level), contract: declined })
      .when(publish)
      .thenRejected("contract-declined", "wrong_state");
    // Approving alone is refused for a declined contract.
    expect(refused.detail).toMatch(
      /PUT \/contracts\/contract1 .*; then POST \/contracts\/contract1\/approve /,
    );
  });
});

describe("a contract whose schema has changed since the batch was read", () => {
  it.each([
    ["a column of another type", { ...SCHEMA, amount: "int" }, "amount"],
    ["a column more", { ...SCHEMA, zip: "string" }, "zip"],
    ["a column less", { id: "int", amount: "float" }, "email"],
  ] satisfies [string, Schema, string][])(
    "by %s publishes nothing before a replay has read it anew",
    (_, schema, column) => {
      const refused = given(...batchAppended())
        .knowing(under({ schema }))
        .when(publish)
        .thenRejected("schema-changed", "wrong_state");
      expect(refused.detail).toContain(`(${column})`);
      expect(refused.detail).toContain("POST /replay reads it anew");
    },
  );

  it("only in the order of its columns publishes as before", () => {
    given(...batchAppended())
      .knowing(under({ schema: { amount: "float", id: "int", email: "string" } }))
      .when(publish)
      .then(published("published/1"));
  });

  it("publishes what was read under the present one", () => {
    const schema = { id: "int", email: "string", amount: "int" } as const;
    given(...batchAppended(), { type: "SchemaValidated", data: { schema } })
      .knowing(under({ schema }))
      .when(publish)
      .then(published("published/1"));
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

  it("is not satisfied by a check under the rules it had before", () => {
    given(...batchAppended(), qualityPassed())
      .knowing(under({ quality_rules: { amount: ">1" } }))
      .when(publish)
      .thenRejected("quality-check-required");
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

describe("a contract with privacy rules", () => {
  const guarded = under({ privacy_rules: { email: "hash" } });

  it("is kept by publishing itself when nobody has run them", () => {
    given(...batchAppended())
      .knowing(guarded)
      .when({ ...publish, run: run("clean/1") })
      .then(anonymized("clean/1"), published("published/1"));
  });

  it("is not kept by a publication that was planned before it had them", () => {
    given(...batchAppended())
      .knowing(guarded)
      .when(publish)
      .thenRejected("changed-meanwhile", "wrong_state");
  });

  it("is kept by a run of them", () => {
    given(...batchAppended(), anonymized())
      .knowing(guarded)
      .when(publish)
      .then(published("published/1"));
  });

  it("is not kept by a run of those it had before", () => {
    const refused = given(...batchAppended(), anonymized())
      .knowing(under({ privacy_rules: { email: "redact" } }))
      .when(publish)
      .thenRejected("privacy-run-required", "wrong_state");
    expect(refused.detail).toContain("email");
  });
});

describe("personal data", () => {
  const whoSays = {
    "the dataset": { dataset: true, batch: false },
    "the batch": { dataset: false, batch: true },
    both: { dataset: true, batch: true },
  };

  describe.each(Object.entries(whoSays))("declared by %s", (_, { dataset, batch }) => {
    const declared = { contains_pii: dataset, encryption_enabled: true };
    const context = { ...usual, dataset: datasetAfter(datasetRegistered(declared)) };
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
      const approver = level === "strict" ? "petra" : null;
      given(...appended, anonymized("clean/1", { approver }))
        .knowing({ ...context, lake: lakeAt(level) })
        .when(publish)
        .then(published("published/1"));
    });
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
    const publishing = { batch: state.batch, lake: lakeAt("gdpr"), dataset, contract };
    expect(admitPublish(publishing, null)).toMatchObject({
      ok: false,
      error: { code: "batch-quarantined" },
    });
  });
});
