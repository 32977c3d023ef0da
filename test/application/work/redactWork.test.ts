import { describe, expect, it } from "vitest";
import type { BatchToVerify } from "../../../src/application/erasePlans.ts";
import { verifyBatch } from "../../../src/application/work/redactWork.ts";
import { refine } from "../../../src/data/refine.ts";
import { subjectPlane } from "../../../src/data/subjects/subjectPlane.ts";
import { parsePrivacyRules } from "../../../src/domain/rules/privacy.ts";
import { parseQualityRules } from "../../../src/domain/rules/quality.ts";
import type { ColumnType, ObjectRef } from "../../../src/domain/table.ts";
import { A } from "../../support/erasureSpecs.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { privacyKeys } from "../../support/privacyKeys.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";

const WITH = "person,amount\n7,1\n8,2\n007,3\n";
const WITHOUT = "person,amount\n8,2\n";

/** A batch whose raw object says one thing, and what was made of it, hashed, perhaps another. */
const verified = async (derivedFrom: string, type: ColumnType = "int") => {
  const store = memoryObjectStore();
  store.put("raw", WITHOUT);
  store.put("before", derivedFrom);
  const schema = { person: type, amount: "int" } as const;
  const source = (key: string, text: string, rows: number): ObjectRef => ({
    key,
    format: "csv",
    bytes: text.length,
    sha256: "",
    rows,
  });
  const [privacy, quality] = [parsePrivacyRules({ person: "hash" }), parseQualityRules({})];
  if (!privacy.ok || !quality.ok) throw new Error("rules");
  const refined = await refine(store, {
    source: source("before", derivedFrom, derivedFrom.split("\n").length - 2),
    schema,
    quality: quality.value,
    privacy: privacy.value,
    keys: privacyKeys(),
    subject_column: "person",
    now: new Date(0),
    clean_key: "clean",
  });
  if (!refined.ok || refined.value.clean === undefined) throw new Error("misfit");
  const { clean, clean_schema } = refined.value;
  const raw = {
    source: source("raw", WITHOUT, 1),
    schema,
    subject_column: "person",
    subjects: subjectSet(["7"], true),
    key: SUBJECT_KEY,
  };
  const batch: BatchToVerify = {
    batch_id: A,
    raw,
    raw_lost: false,
    rejected: [],
    tables: [],
    hashed: {
      tables: [{ source: clean, schema: clean_schema, column: "person" }],
      subject_ids: ["7"],
      type,
      hash_key: privacyKeys().hash,
    },
  };
  return verifyBatch(batch, subjectPlane(store));
};

describe("the last look at a batch without a person", () => {
  it("finds by their hash the rows that stayed in what was derived", async () => {
    expect(await verified(WITH)).toMatchObject({ objects: 2, rows_read: 4, rows_found: 2 });
  });

  it("finds nothing where it was derived anew", async () => {
    expect(await verified(WITHOUT)).toMatchObject({ objects: 2, rows_read: 2, rows_found: 0 });
  });

  it("reads the raw object alone where one id has several hashes", async () => {
    expect(await verified(WITHOUT, "decimal")).toMatchObject({ objects: 1, rows_found: 0 });
  });
});
