/** What would stand in the log in clear for ever must not name a person. */
import { describe, expect, it } from "vitest";
import { personalInClear } from "../../src/application/clearTexts.ts";
import type { LakeRequest, WorkRequest } from "../../src/application/lakeGateway.ts";
import { append, defineContract, done, registerSales } from "../support/batchSteps.ts";
import { type TestLake, testLake } from "../support/testLake.ts";

const JANE = "jane.doe@example.com";
const SAID = `as ${JANE} wants it`;

/** Each request with the member that holds her, and where the refusal says so. */
const refused: readonly (readonly [string, object, string])[] = [
  ["CreateDataLake", { name: SAID }, "name"],
  ["RegisterDataset", { description: SAID }, "description"],
  ["RegisterDataset", { schema: { id: "int", [JANE]: "string" } }, "schema"],
  ["AmendDataset", { description: SAID }, "description"],
  ["IngestDataset", { data_source: SAID }, "data_source"],
  [
    "CreateContract",
    { quality_rules: { email: ["not_null", `!=${JANE}`] } },
    "quality_rules.email.1",
  ],
  [
    "CreateContract",
    { privacy_rules: { note: { strategy: "redact", text: SAID } } },
    "privacy_rules.note.text",
  ],
  ["UpdateContract", { quality_rules: { [JANE]: "not_null" } }, "quality_rules"],
  ["DeclineContract", { reason: SAID }, "reason"],
  ["AuditAccess", { purpose: SAID }, "purpose"],
  ["AuditAccesses", { entries: [{ purpose: "churn" }, { purpose: SAID }] }, "1.purpose"],
  ["SignUrl", { method: "PUT", filename: "DE89370400440532013000.csv" }, "filename"],
  ["SignUrl", { method: "GET", filename: "a.csv", purpose: SAID }, "purpose"],
  ["CreateContract", { reading: { null_values: ["-", JANE] } }, "reading.null_values.1"],
  ["UpdateContract", { reading: { true_values: [JANE] } }, "reading.true_values.0"],
  ["Consume", { purpose: SAID }, "purpose"],
  ["ConsumeDataset", { purpose: SAID }, "purpose"],
  ["EndBatch", { reason: SAID }, "reason"],
  ["QuarantineBatch", { reason: SAID }, "reason"],
  ["ReleaseQuarantine", { reason: SAID }, "reason"],
  ["RejectPrivacyRun", { reason: SAID }, "reason"],
  ["RollBackPrivacyRun", { reason: SAID }, "reason"],
  ["CancelWork", { reason: SAID }, "reason"],
  ["CancelReplay", { reason: SAID }, "reason"],
  ["IssueToken", { name: SAID }, "name"],
  ["RegisterWebhook", { url: `https://example.com/told?of=${JANE}` }, "url"],
  ["RegisterWebhook", { url: "https://example.com/of/jane%40example.com" }, "url"],
];

const refusedWork: readonly (readonly [string, object, string])[] = [
  ["append", { batch_id: "4111111111111111" }, "batch_id"],
  ["append", { file_url: "people/4111-1111-1111-1111.csv" }, "file_url"],
  ["append", { reading: { null_values: [JANE] } }, "reading.null_values.0"],
  ["quality", { rules: { email: `in:${JANE}` } }, "quality_rules.email"],
  ["privacy", { rules: { note: { strategy: "redact", text: SAID } } }, "privacy_rules.note.text"],
];

describe("a request that would put a person into the log in clear", () => {
  it.each(refused)("is refused: %s %j", (type, members, path) => {
    const found = personalInClear({ type, ...members } as unknown as LakeRequest);
    expect(found).toMatchObject({ reason: "invalid", code: "personal-data-in-clear" });
    expect(found?.errors?.map((issue) => issue.path)).toEqual([path]);
    expect(JSON.stringify(found)).not.toContain(JANE);
  });

  it.each(refusedWork)("is refused before its work begins: %s %j", (kind, members, path) => {
    const found = personalInClear({ kind, ...members } as unknown as WorkRequest);
    expect(found?.errors?.map((issue) => issue.path)).toEqual([path]);
  });

  it("is not, where what is said is sealed, or names what is there already", () => {
    for (const request of [
      { type: "RequestDeletion", subject_id: JANE, reason: SAID, requested_by: "petra" },
      { type: "HoldDeletion", reason: SAID },
      { type: "RequestAccess", subject_id: JANE },
      { type: "RegisterWebhook", url: "https://lethe:secret@example.com/told" },
      { type: "SignUrl", method: "GET", filename: "DE89370400440532013000.csv", purpose: null },
      { type: "ApproveContract", contract_id: "DE89370400440532013000", approver: JANE },
    ]) {
      expect(personalInClear(request as unknown as LakeRequest)).toBeNull();
    }
  });

  it("leaves nothing of it in the lake", () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake);
    defineContract(lake);
    done(append(lake, "b"));
    const batch = { batch_id: "b", reason: SAID } as never as { batch_id: never; reason: string };
    const before = lake.log.head();
    expect(lake.refused({ type: "QuarantineBatch", ...batch }).code).toBe("personal-data-in-clear");
    const rules = { email: `in:${JANE}` };
    const work = { kind: "quality", batch_id: batch.batch_id, rules } as const;
    expect(lake.openRefused(work).code).toBe("personal-data-in-clear");
    expect(lake.log.head()).toBe(before);
  });
});

describe("the name of somebody who acts", () => {
  const audit = (lake: TestLake, ...accessors: readonly string[]) =>
    lake.run({
      type: "AuditAccesses",
      entries: accessors.map((accessor_id) => ({
        accessor_id,
        dataset_id: "sales" as never,
        action: "read",
        purpose: "churn",
      })),
    }).body.warnings;

  it("is recorded, and the answer warns when it is somebody's address", () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake);
    expect(audit(lake, "alice", "privacy@example.com")).toEqual([]);
    expect(audit(lake, "alice", JANE, "john@example.com")).toEqual([
      "accessor_id holds an e-mail address, which stands in the log in clear for ever: name people by " +
        "an id that says nothing elsewhere.",
    ]);
    const asked = { subject_id: "7", reason: "please", requested_by: "+49 170 1234567" };
    const said = { identity_verified: null, received_at: null };
    expect(lake.run({ type: "RequestDeletion", ...asked, ...said }).body.warnings).toEqual([
      expect.stringMatching(/^requested_by holds a phone number, /),
    ]);
  });
});
