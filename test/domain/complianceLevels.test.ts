/** The table of compliance levels in DESIGN.md, row by row. */
import { describe, expect, it } from "vitest";
import { deletionId } from "../../src/contracts/fields.ts";
import { admitAppend } from "../../src/domain/batch/admission.ts";
import { initialBatch } from "../../src/domain/batch/batch.ts";
import { decideBatch } from "../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../src/domain/batch/events.ts";
import { evolveBatch } from "../../src/domain/batch/evolveBatch.ts";
import { initialDataset } from "../../src/domain/dataset/dataset.ts";
import { decideDataset } from "../../src/domain/dataset/decide.ts";
import type { Result } from "../../src/domain/decider.ts";
import { decideDeletion } from "../../src/domain/deletion/decide.ts";
import { initialDeletion } from "../../src/domain/deletion/deletion.ts";
import { COMPLIANCE_LEVELS, type ComplianceLevel } from "../../src/domain/lake/lake.ts";
import type { Rejection } from "../../src/domain/rejection.ts";
import { parsePrivacyRules } from "../../src/domain/rules/privacy.ts";
import { FIRST_RECORDED_AT } from "../support/deciderSpec.ts";
import {
  appendData,
  BATCH,
  batchAppended,
  contractAfter,
  contractApproved,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  publication,
  SALES,
} from "../support/facts.ts";
import { subjectRef } from "../support/subjects.ts";

/** What a level makes of an attempt: how many warnings it comes with, or the code of its refusal. */
type Verdict = "accepted" | "warning" | string;
type Attempt = (level: ComplianceLevel) => Verdict;

const verdict = (result: Result<unknown, Rejection>, warnings: readonly string[] = []): Verdict => {
  if (!result.ok) return result.error.code;
  return warnings.length > 0 ? "warning" : "accepted";
};

const append =
  (said: {
    contains_pii: boolean | null;
    encryption_enabled: boolean;
    approved: boolean;
  }): Attempt =>
  (level) => {
    const { contains_pii, encryption_enabled, approved } = said;
    const admitted = admitAppend(appendData(), initialBatch, {
      lake: lakeAt(level),
      dataset: datasetAfter(datasetRegistered({ contains_pii, encryption_enabled })),
      contract: contractAfter(contractDefined(), ...(approved ? [contractApproved] : [])),
    });
    return verdict(admitted, admitted.ok ? admitted.value.warnings : []);
  };

const ingest =
  (contains_pii: boolean | null): Attempt =>
  (level) => {
    const decided = decideDataset(
      { type: "IngestDataset", dataset_id: SALES, data_source: "x", record_count: 1, contains_pii },
      initialDataset,
      { lake: lakeAt(level) },
    );
    const ingested = decided.ok ? decided.value.at(-1) : undefined;
    return verdict(decided, ingested?.type === "DatasetIngested" ? ingested.data.warnings : []);
  };

const register: Attempt = (level) =>
  verdict(
    decideDataset({ type: "RegisterDataset", ...datasetRegistered().data }, initialDataset, {
      lake: lakeAt(level),
    }),
  );

const requestDeletion: Attempt = (level) =>
  verdict(
    decideDeletion(
      {
        type: "RequestGDPRDeletion",
        deletion_id: deletionId.parse("deletion1"),
        subject_ref: subjectRef("jane"),
        subject_id: { sealed: "AA==" },
        reason: { sealed: "AA==" },
        requested_by: "petra",
        identity_verified: null,
        received_at: FIRST_RECORDED_AT,
        deadline: FIRST_RECORDED_AT,
        statutory_deadline: FIRST_RECORDED_AT,
      },
      initialDeletion,
      { lake: lakeAt(level) },
    ),
  );

const publish =
  (said: { contains_pii: boolean; quality_rules: Record<string, string> }): Attempt =>
  (level) => {
    const { contains_pii, quality_rules } = said;
    const state = batchAppended({ contains_pii }).reduce(
      (folded, event: BatchEvent) =>
        evolveBatch(folded, { ...event, recorded_at: FIRST_RECORDED_AT }),
      initialBatch,
    );
    const decided = decideBatch(
      { type: "PublishData", batch_id: BATCH, publication: publication("published/1"), run: null },
      state,
      {
        lake: lakeAt(level),
        dataset: datasetAfter(datasetRegistered({ contains_pii, encryption_enabled: true })),
        contract: contractAfter(contractDefined({ quality_rules }), contractApproved),
      },
    );
    const event = decided.ok ? decided.value.at(0) : undefined;
    return verdict(decided, event?.type === "DataPublished" ? event.data.warnings : []);
  };

/** Everything in order, so that only the row's own question is asked. */
const inOrder = { contains_pii: false, encryption_enabled: true, approved: true };

const TABLE: readonly {
  readonly row: string;
  readonly attempt: Attempt;
  readonly expected: Readonly<Record<ComplianceLevel, Verdict>>;
}[] = [
  {
    row: "an append of a dataset nobody declared",
    attempt: append({ ...inOrder, contains_pii: null }),
    expected: { standard: "accepted", gdpr: "pii-flag-required", strict: "pii-flag-required" },
  },
  {
    row: "an ingestion nobody declared",
    attempt: ingest(null),
    expected: { standard: "accepted", gdpr: "pii-flag-required", strict: "pii-flag-required" },
  },
  {
    row: "an append with personal data",
    attempt: append({ ...inOrder, contains_pii: true }),
    expected: { standard: "warning", gdpr: "accepted", strict: "accepted" },
  },
  {
    row: "an ingestion with personal data",
    attempt: ingest(true),
    expected: { standard: "warning", gdpr: "accepted", strict: "encryption-required" },
  },
  {
    row: "an append without personal data",
    attempt: append(inOrder),
    expected: { standard: "accepted", gdpr: "accepted", strict: "accepted" },
  },
  {
    row: "an append without encryption",
    attempt: append({ ...inOrder, encryption_enabled: false }),
    expected: { standard: "accepted", gdpr: "accepted", strict: "encryption-required" },
  },
  {
    row: "registering a dataset without encryption",
    attempt: register,
    expected: { standard: "accepted", gdpr: "accepted", strict: "encryption-required" },
  },
  {
    row: "a deletion request",
    attempt: requestDeletion,
    expected: { standard: "gdpr-level-required", gdpr: "accepted", strict: "accepted" },
  },
  {
    row: "publishing personal data without a privacy run",
    attempt: publish({ contains_pii: true, quality_rules: {} }),
    expected: {
      standard: "warning",
      gdpr: "privacy-run-required",
      strict: "privacy-run-required",
    },
  },
  {
    row: "publishing without a passed check under a contract with rules",
    attempt: publish({ contains_pii: false, quality_rules: { amount: ">0" } }),
    expected: {
      standard: "quality-check-required",
      gdpr: "quality-check-required",
      strict: "quality-check-required",
    },
  },
  {
    row: "publishing what contains no personal data under a contract without rules",
    attempt: publish({ contains_pii: false, quality_rules: {} }),
    expected: { standard: "accepted", gdpr: "accepted", strict: "accepted" },
  },
  {
    row: "an append under a contract nobody approved",
    attempt: append({ ...inOrder, approved: false }),
    expected: { standard: "accepted", gdpr: "accepted", strict: "contract-not-approved" },
  },
];

describe.each(TABLE)("$row", ({ attempt, expected }) => {
  it.each(COMPLIANCE_LEVELS)("is met at level %s as the design says", (level) => {
    expect(attempt(level)).toBe(expected[level]);
  });
});

describe("a plain, unsalted hash", () => {
  it.each(["md5", "sha1", "sha256", "sha-256", "plain_hash"])("%s is no strategy", (strategy) => {
    expect(parsePrivacyRules({ email: strategy }).ok).toBe(false);
  });

  it("cannot be asked for as an option of the keyed one either", () => {
    expect(parsePrivacyRules({ email: { strategy: "hash", keyed: false } }).ok).toBe(false);
    expect(parsePrivacyRules({ email: { strategy: "hash", algorithm: "md5" } }).ok).toBe(false);
  });
});
