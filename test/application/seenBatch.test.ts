import { describe, expect, it } from "vitest";
import type { Reader } from "../../src/application/reader.ts";
import { seenBatch } from "../../src/application/seenBatch.ts";
import type { Role } from "../../src/domain/member/roles.ts";
import {
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
} from "../support/facts.ts";

const read = {
  dataset: () => datasetAfter(datasetRegistered({ subject_column: "id" })),
  contract: () => contractAfter(contractDefined()),
} as unknown as Reader;

const rule = (column: string) => ({ column, rule: "x", failures: 1, sample_rows: [1] });
const report = { rows: 3, passed_rows: 2, failed_rows: 1, rules: [rule("id"), rule("amount")] };
const view = {
  dataset: "sales",
  contract_id: "contract1",
  rows: 3,
  quality: { contract: { passed: true, rules: {}, report, checked_at: "" }, request: null },
  privacy: { rules: { amount: "noise", email: "keep" }, report: { rows: 3 } },
  proposed_privacy: { rules: { email: "hash" } },
  published: { rows: 3, suppressed_rows: 0, k_anonymity: null },
  work: { state: "failed", reason: "smallest group 1" },
};

const seen = (...roles: readonly Role[]) => seenBatch({ roles }, view, read);

describe("a batch's view", () => {
  it("is whole for who may open rejected rows, whatever else they are, and where nobody is told apart", () => {
    expect(seenBatch({ roles: null }, view, read)).toBe(view);
    expect(seen("owner")).toBe(view);
    expect(seen("analyst", "engineer")).toBe(view);
  });

  it("has no row numbers of the subject's column, nor of what it was made with, for others", () => {
    for (const roles of [["steward"], ["auditor", "analyst"], ["privacy_officer"]] as const) {
      const { quality, ...rest } = seen(...roles);
      expect(JSON.stringify(quality)).not.toContain('"sample_rows":[');
      expect(quality).toMatchObject({ contract: { rules: {}, report: { rows: 3 } } });
      const { quality: _, ...others } = view;
      expect(rest).toEqual(others);
    }
  });

  it("has for an analyst nothing of what is under way, or has failed", () => {
    expect(seen("analyst")).toMatchObject({ work: null, proposed_privacy: null, rows: 3 });
  });

  it("has the least for whoever has no role", () => {
    expect(seen()).toEqual(seen("analyst"));
  });

  it("of a batch that is arriving, or has expired, is what it is", () => {
    const arriving = { dataset: "sales", contract_id: "contract1", state: "appending" };
    expect(seenBatch({ roles: ["auditor"] }, arriving, read)).toEqual(arriving);
    const nothing = { contract: null, request: null };
    const expired = { ...arriving, quality: nothing, published: null, privacy: null };
    expect(seenBatch({ roles: ["steward"] }, expired, read)).toEqual(expired);
  });
});
