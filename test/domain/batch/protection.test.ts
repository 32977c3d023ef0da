import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import {
  admitExposure,
  protecting,
  protects,
  unprotectedColumns,
} from "../../../src/domain/batch/protection.ts";
import { COMPLIANCE_LEVELS, type ComplianceLevel } from "../../../src/domain/lake/lake.ts";
import { FIRST_RECORDED_AT } from "../../support/deciderSpec.ts";
import {
  batchAppended,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
} from "../../support/facts.ts";

type Rules = Readonly<Record<string, unknown>>;

/** What becomes of data of this kind that is to leave a lake of this level. */
const verdict = (
  level: ComplianceLevel,
  {
    dataset = false,
    batch = false,
    rules = null,
    subject_column = null,
    encrypted = true,
  }: {
    dataset?: boolean | null;
    batch?: boolean | null;
    rules?: Rules | null;
    subject_column?: string | null;
    encrypted?: boolean;
  },
): string | number => {
  const held = batchAppended({ contains_pii: batch }).reduce(
    (state, event) => evolveBatch(state, { ...event, recorded_at: FIRST_RECORDED_AT }),
    initialBatch,
  );
  const registered = datasetAfter(
    datasetRegistered({ contains_pii: dataset, subject_column, encryption_enabled: encrypted }),
  );
  if (held.status !== "held" || registered.status === "absent") throw new Error("nothing there");
  const admitted = admitExposure({
    lake: lakeAt(level),
    dataset: registered,
    batch: held.batch,
    privacy: rules === null ? null : { rules },
  });
  return admitted.ok ? admitted.value.length : admitted.error.code;
};

const ALL = (standard: string | number, others: string | number) => ({
  standard,
  gdpr: others,
  strict: others,
});

describe("data that is to leave the lake", () => {
  it.each([
    ["harmless", {}, ALL(0, 0)],
    ["that nobody declared", { dataset: null, batch: null }, ALL(0, "pii-flag-required")],
    ["that the dataset alone calls harmless", { batch: null }, ALL(0, 0)],
    ["that the batch alone calls harmless", { dataset: null }, ALL(0, 0)],
    ["personal by the dataset", { dataset: true }, ALL(1, "privacy-run-required")],
    ["personal by the batch", { batch: true }, ALL(1, "privacy-run-required")],
    ["personal by one of them", { dataset: true, batch: null }, ALL(1, "privacy-run-required")],
    ["personal and hashed", { dataset: true, rules: { email: "hash" } }, ALL(0, 0)],
    [
      "personal and only kept",
      { dataset: true, rules: { email: "keep", id: { strategy: "keep" } } },
      ALL(1, "privacy-run-required"),
    ],
    [
      "personal with the subject in clear",
      { dataset: true, subject_column: "email", rules: { id: "mask" } },
      ALL(1, 1),
    ],
    [
      "personal with the subject protected",
      { dataset: true, subject_column: "email", rules: { email: "hash" } },
      ALL(0, 0),
    ],
    [
      "without encryption",
      { encrypted: false },
      { standard: 0, gdpr: 0, strict: "encryption-required" },
    ],
  ])("%s is admitted or refused by the level", (_, said, expected) => {
    for (const level of COMPLIANCE_LEVELS) expect(verdict(level, said)).toBe(expected[level]);
  });
});

describe("rules that protect", () => {
  it("are all but keep, however it is written", () => {
    const rules = { a: "hash", b: "keep", c: { strategy: "keep" }, d: { strategy: "mask" } };
    expect(protecting(rules)).toEqual({ a: "hash", d: { strategy: "mask" } });
    expect(protects(rules)).toBe(true);
    expect(protects({ b: "keep" })).toBe(false);
    expect(protects({})).toBe(false);
  });
});

describe("columns that a contract protects today", () => {
  const bare = (agreed: Rules, rules: Rules | null, requested: Rules = {}) => {
    const contract = contractAfter(contractDefined({ privacy_rules: agreed }));
    if (contract.status === "absent") throw new Error("no contract");
    return unprotectedColumns(contract, rules && { rules, requested });
  };

  it.each([
    ["all, without a run", { email: "hash", id: "mask" }, null, {}, ["email", "id"]],
    ["none that it only keeps", { email: "keep" }, null, {}, []],
    ["none, after a run of its rules", { email: "hash" }, { email: "hash" }, {}, []],
    ["those it treats otherwise now", { email: "redact" }, { email: "hash" }, {}, ["email"]],
    ["those it did not know then", { email: "hash", id: "mask" }, { email: "hash" }, {}, ["id"]],
    [
      "none that a request protected in its own way",
      { email: "hash" },
      { email: "mask" },
      { email: "mask" },
      [],
    ],
    [
      "those that a request kept in clear",
      { email: "hash" },
      { email: "keep" },
      { email: "keep" },
      ["email"],
    ],
  ])("are left bare: %s", (_, agreed, rules, requested, expected) => {
    expect(bare(agreed, rules, requested)).toEqual(expected);
  });
});
