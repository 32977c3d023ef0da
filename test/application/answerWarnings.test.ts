/** What an answer warns of besides what its events say. */
import { describe, expect, it } from "vitest";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import { contractId, datasetName } from "../../src/contracts/fields.ts";
import { append, defineContract, nameSubject, registerSales } from "../support/batchSteps.ts";
import { requestIn } from "../support/erasureSteps.ts";
import { refusal, type TestLake, testLake } from "../support/testLake.ts";

const warnings = (lake: TestLake, request: LakeRequest) =>
  lake.run(request).body.warnings as readonly string[];

const raise = (compliance_level: "gdpr" | "strict"): LakeRequest => ({
  type: "ChangeComplianceLevel",
  compliance_level,
});

const register = (lake: TestLake, name: string, encryption_enabled = false) =>
  registerSales(lake, { name: datasetName.parse(name), encryption_enabled });

describe("a lake that is raised to strict", () => {
  it("names the datasets that nothing comes into or leaves any more, and what to do", () => {
    const lake = testLake({ level: "standard" });
    register(lake, "open");
    register(lake, "sealed", true);
    expect(warnings(lake, raise("gdpr"))).toEqual([]);
    expect(warnings(lake, raise("strict"))).toEqual([
      "Not encrypted is open: at level strict nothing is appended to it, published or handed out " +
        "any more. Register another dataset with encryption_enabled and append the data there.",
    ]);
    expect(warnings(lake, raise("strict"))).toEqual([]);
  });

  it("names no more than fit into a sentence, and counts the rest", () => {
    const lake = testLake({ level: "gdpr" });
    for (let n = 0; n < 22; n += 1) register(lake, `d${n}`);
    const [said] = warnings(lake, raise("strict"));
    expect(said).toMatch(/^Not encrypted are d0, d1, .*, d19 and 2 more: .* appended to them,/);
  });

  it("says nothing when every dataset is encrypted", () => {
    const lake = testLake({ level: "gdpr" });
    register(lake, "sealed", true);
    expect(warnings(lake, raise("strict"))).toEqual([]);
  });

  it("refuses to append to one with what to do instead", () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake);
    defineContract(lake);
    lake.run({
      type: "ApproveContract",
      contract_id: contractId.parse("contract1"),
      approver: "anna",
    });
    lake.run(raise("strict"));
    const { code, detail } = refusal(append(lake, "b"));
    expect(code).toBe("encryption-required");
    expect(detail).toContain("Register another dataset with encryption_enabled");
  });
});

describe("a request to be forgotten that is rejected", () => {
  const reject = (lake: TestLake, subject: string, ground: string | null) =>
    warnings(lake, {
      type: "RejectDeletion",
      deletion_id: requestIn(lake, subject),
      reason: "no",
      ground,
    });

  it("is told to have no ground in law when none is given, and rejected all the same", () => {
    const lake = testLake({ level: "gdpr" });
    expect(reject(lake, "jane", null)).toEqual([
      expect.stringMatching(/^No ground in law is on record for this rejection/),
    ]);
    expect(reject(lake, "otto", "Art. 17(3)(b)")).toEqual([]);
  });
});

describe("a request of a person", () => {
  it("is told of datasets whose column of persons several of them may share", () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake);
    nameSubject(lake, "amount");
    registerSales(lake, { name: datasetName.parse("right"), subject_column: "email" });
    const asked = {
      type: "RequestDeletion",
      ...{ subject_id: "1", reason: "please", requested_by: "petra" },
      ...{ identity_verified: null, received_at: null },
    } as const;
    expect(warnings(lake, asked)).toEqual([
      expect.stringMatching(/^Searched by a column that several people may share: sales\. /),
    ]);
  });
});
