import { describe, expect, it } from "vitest";
import { batchId, datasetName } from "../../../src/contracts/fields.ts";
import {
  ACCESS_ACTIONS,
  type AccessEvent,
  type AccessState,
  evolveAccess,
  initialAccess,
} from "../../../src/domain/access/access.ts";
import {
  type AccessCommand,
  type AccessContext,
  decideAccess,
  decideAccesses,
} from "../../../src/domain/access/decide.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import { datasetAfter, datasetDeprecated, datasetRegistered, SALES } from "../../support/facts.ts";

const known: AccessContext = { dataset: datasetAfter(datasetRegistered()) };
const given = deciderSpec(
  {
    decide: (command: AccessCommand, _: AccessState, context: AccessContext) =>
      decideAccess(command, context),
    evolve: evolveAccess,
    initialState: initialAccess,
  },
  known,
);

const audited = (
  more: Partial<Extract<AccessEvent, { type: "AccessAudited" }>["data"]> = {},
): AccessEvent => ({
  type: "AccessAudited",
  data: {
    accessor_id: "alice",
    dataset_id: SALES,
    action: "read",
    purpose: "research",
    object: null,
    ...more,
  },
});
const lifetime = {
  signed_at: "2026-11-23T12:00:00.000Z",
  expires_at: "2026-11-23T12:15:00.000Z",
};
const sign = (
  more: Partial<Extract<AccessCommand, { type: "GenerateSignedUrl" }>> = {},
): AccessCommand => ({
  type: "GenerateSignedUrl",
  dataset: SALES,
  filename: "sales.csv",
  method: "GET",
  accessor_id: "alice",
  purpose: "research",
  ...lifetime,
  ...more,
});
const signed = (method: "GET" | "PUT", dataset: string | null = SALES): AccessEvent => ({
  type: "SignedUrlCreated",
  data: { dataset, filename: "sales.csv", method, ...lifetime },
});

describe("auditing an access", () => {
  it.each(ACCESS_ACTIONS)("records a %s", (action) => {
    given()
      .when({
        type: "AuditAccess",
        accessor_id: "alice",
        dataset_id: SALES,
        action,
        purpose: "research",
      })
      .then(audited({ action }));
  });

  it("is refused for a dataset that was never registered and not for a deprecated one", () => {
    const audit = {
      type: "AuditAccess",
      accessor_id: "alice",
      dataset_id: SALES,
      action: "read",
      purpose: null,
    } as const;
    given()
      .knowing({ dataset: datasetAfter() })
      .when(audit)
      .thenRejected("dataset-not-found", "not_found");
    given()
      .knowing({ dataset: datasetAfter(datasetRegistered(), datasetDeprecated) })
      .when(audit)
      .then(audited({ purpose: null }));
  });
});

describe("auditing several accesses at once", () => {
  const entry = (dataset_id: typeof SALES, accessor_id: string) =>
    ({ accessor_id, dataset_id, action: "read", purpose: "research" }) as const;
  const known = (name: string) =>
    name === SALES ? datasetAfter(datasetRegistered()) : datasetAfter();
  const decide = (...entries: readonly ReturnType<typeof entry>[]) =>
    decideAccesses({ type: "AuditAccesses", entries }, known);

  it("records each of them in order", () => {
    expect(decide(entry(SALES, "alice"), entry(SALES, "bob"))).toEqual({
      ok: true,
      value: [audited(), audited({ accessor_id: "bob" })],
    });
  });

  it("records none when one is of an unknown dataset, and says which", () => {
    const decided = decide(entry(SALES, "alice"), entry(datasetName.parse("nowhere"), "bob"));
    expect(decided).toMatchObject({ ok: false, error: { code: "dataset-not-found" } });
    expect(!decided.ok && decided.error.detail).toMatch(/^Entry 1: .*nowhere/);
  });
});

describe("handing out a signed URL", () => {
  it("to read is an access and on record as one", () => {
    given()
      .when(sign())
      .then(signed("GET"), audited({ object: "sales.csv" }));
  });

  it("to write is on record, but is no access yet", () => {
    given()
      .when(sign({ method: "PUT" }))
      .then(signed("PUT"));
  });

  it("is possible for a file of no dataset", () => {
    given()
      .knowing({ dataset: null })
      .when(sign({ dataset: null }))
      .then(signed("GET", null), audited({ dataset_id: null, object: "sales.csv" }));
  });

  it("is refused for a file of an unknown dataset", () => {
    given()
      .knowing({ dataset: datasetAfter() })
      .when(sign())
      .thenRejected("dataset-not-found", "not_found");
  });

  it("to a deprecated dataset lets its files be read, but none be added", () => {
    const deprecated = { dataset: datasetAfter(datasetRegistered(), datasetDeprecated) };
    given()
      .knowing(deprecated)
      .when(sign({ method: "PUT" }))
      .thenRejected("dataset-deprecated", "wrong_state");
    given()
      .knowing(deprecated)
      .when(sign())
      .then(signed("GET"), audited({ object: "sales.csv" }));
  });

  it("never records which object it opens", () => {
    const batch_id = batchId.parse("b");
    const events = given()
      .when(sign({ batch_object: { batch_id, key: "lakes/north/batches/b/2/quarantine/x.jsonl" } }))
      .events();
    expect(JSON.stringify(events)).not.toContain("lakes/north");
  });
});

describe("revealing sealed fields", () => {
  it("is an access to the thing that is opened", () => {
    given()
      .knowing({ dataset: null })
      .when({ type: "RevealSealed", accessor_id: "petra", object: "deletion/1" })
      .then(
        audited({
          accessor_id: "petra",
          dataset_id: null,
          purpose: "sealed fields revealed",
          object: "deletion/1",
        }),
      );
  });
});

describe("the access state", () => {
  it("only counts, so that it stays small", () => {
    expect(given(audited(), signed("PUT"), signed("GET"), audited()).state()).toEqual({
      audited: 2,
      signed_urls: 2,
    });
  });
});
