import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import type { AppendData } from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { privacyRunId } from "../../../src/domain/ids.ts";
import type { Suspicion } from "../../../src/domain/suspicion.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  appendData,
  batchAppended,
  contractAfter,
  contractApproved,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  MISFIT,
  publication,
  published,
  REPLAY,
  released,
  run,
  SCHEMA,
} from "../../support/facts.ts";

const CONTACT: Suspicion = {
  column: "contact",
  signs: [
    { kind: "email", found_by: "values", share: 0.98 },
    { kind: "phone", found_by: "name", share: 0.6 },
  ],
};
const NAME: Suspicion = {
  column: "name",
  signs: [{ kind: "person_name", found_by: "name", share: 1 }],
};

type Terms = Partial<Parameters<typeof datasetRegistered>[0]>;

const context = (
  level: "standard" | "gdpr" | "strict",
  dataset: Terms = {},
  privacy_rules: Readonly<Record<string, unknown>> = {},
): BatchContext => ({
  lake: lakeAt(level),
  dataset: datasetAfter(
    datasetRegistered({ contains_pii: false, encryption_enabled: true, ...dataset }),
  ),
  contract: contractAfter(contractDefined({ privacy_rules }), contractApproved),
});

const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  context("gdpr"),
);

const appending = (
  suspicions: readonly Suspicion[],
  more: Partial<AppendData["taken"]> = {},
): AppendData => appendData({ taken: { ...appendData().taken, suspicions, ...more } });

const WARNING =
  "Column contact (email, phone) looks like personal data, which nobody has declared: dataset " +
  "sales has no contains_pii, contract contract1 no privacy rule for it.";

const columnsOf = (known: BatchContext, suspicions: readonly Suspicion[]) =>
  given()
    .knowing(known)
    .when(appending(suspicions))
    .events()
    .flatMap((event) => (event.type === "PersonalDataSuspected" ? event.data.columns : []))
    .map(({ column }) => column);

describe("appending a file with columns that look like personal data", () => {
  it("is accepted with a warning that names column and kinds", () => {
    given()
      .when(appending([CONTACT]))
      .then(...batchAppended({}, [CONTACT]), {
        type: "PersonalDataSuspected",
        data: { columns: [CONTACT], warnings: [WARNING] },
      });
  });

  it("ends in quarantine at level strict, from where a person may release it", () => {
    const known = context("strict");
    const reason =
      "Columns look like personal data that nobody has declared: contact (email, phone), " +
      "name (person name)";
    const events = given()
      .knowing(known)
      .when(appending([CONTACT, NAME]))
      .events();
    expect(events.at(-1)).toEqual({
      type: "BatchQuarantined",
      data: { cause: "personal_data", reason },
    });
    given(...events)
      .knowing(known)
      .when({ type: "ReleaseQuarantine", batch_id: appendData().batch_id, reason: "test data" })
      .then({ type: "QuarantineReleased", data: { reason: "test data", warnings: [] } });
    const state = given(...events, released).state();
    expect(state).toMatchObject({
      batch: { progress: { status: "appended" }, suspicions: [CONTACT, NAME] },
    });
  });

  it("is asked about at level strict before a file that did not fit comes out as well", () => {
    const release = {
      type: "ReleaseQuarantine",
      batch_id: appendData().batch_id,
      reason: "the contract was wrong",
    } as const;
    const out: BatchEvent = {
      type: "QuarantineReleased",
      data: { reason: release.reason, warnings: [expect.stringContaining("did not fit")] },
    };
    const events = given()
      .knowing(context("strict"))
      .when(appending([CONTACT], { misfit: MISFIT }))
      .events();
    const changed = (level: "gdpr" | "strict", dataset: Terms = {}, rules = {}): BatchContext => {
      const defined = contractDefined({ privacy_rules: rules, version: 2 });
      return { ...context(level, dataset), contract: contractAfter(defined, contractApproved) };
    };
    const released = (known: BatchContext) =>
      given(...events)
        .knowing(known)
        .when(release)
        .events();
    const kept = released(changed("strict"));
    expect(kept).toEqual([
      out,
      { type: "BatchQuarantined", data: { cause: "personal_data", reason: expect.any(String) } },
    ]);
    given(...events, ...kept)
      .knowing(changed("strict"))
      .when(release)
      .then(out);
    for (const known of [
      changed("gdpr"),
      changed("strict", { contains_pii: true }),
      changed("strict", {}, { contact: "hash" }),
    ]) {
      expect(released(known)).toEqual([out]);
    }
  });

  it("is only warned of where the dataset declares personal data and no rule treats the column", () => {
    const events = given()
      .knowing(context("strict", { contains_pii: true }, { name: "hash" }))
      .when(appending([CONTACT, NAME]))
      .events();
    expect(events.at(-1)).toEqual({
      type: "PersonalDataSuspected",
      data: {
        columns: [CONTACT],
        warnings: [
          "Column contact (email, phone) looks like personal data and contract contract1 has no " +
            "privacy rule for it.",
        ],
      },
    });
  });

  it("says nothing of columns that a rule protects or that name the subject", () => {
    const both = [CONTACT, NAME];
    expect(columnsOf(context("gdpr"), both)).toEqual(["contact", "name"]);
    expect(columnsOf(context("gdpr", { subject_column: "contact" }), both)).toEqual(["name"]);
    expect(columnsOf(context("gdpr", {}, { contact: "mask" }), both)).toEqual(["name"]);
    expect(columnsOf(context("strict", {}, { contact: "mask", name: "hash" }), both)).toEqual([]);
  });

  it("takes a rule that keeps the values for no protection", () => {
    expect(columnsOf(context("gdpr", {}, { contact: "keep" }), [CONTACT])).toEqual(["contact"]);
  });

  it("goes into quarantine once, for the file that does not fit", () => {
    const events = given()
      .knowing(context("strict"))
      .when(appending([CONTACT], { misfit: MISFIT }))
      .events();
    expect(events.flatMap(({ type, data }) => (type === "BatchQuarantined" ? data : []))).toEqual([
      expect.objectContaining({ cause: "schema" }),
    ]);
    expect(events.at(-1)?.type).toBe("PersonalDataSuspected");
  });

  it("forgets what was suspected when a corrected file takes its place", () => {
    const known = context("strict");
    const first = given()
      .knowing(known)
      .when(appending([CONTACT]))
      .events();
    const second = given(...first)
      .knowing(known)
      .when(appending([]))
      .events();
    expect(given(...first, ...second).state()).toMatchObject({
      batch: { suspicions: [], progress: { status: "appended" } },
    });
  });
});

describe("publishing a batch with columns that look like personal data", () => {
  const { batch_id } = appendData();
  const publish = {
    type: "PublishData",
    batch_id,
    publication: publication("published/1"),
    run: null,
  } as const;
  const keepBack = { type: "KeepBack", batch_id } as const;
  /** Appended before the lake was raised to level strict. */
  const appended = (rules: Readonly<Record<string, unknown>> = {}) =>
    given()
      .knowing(context("gdpr", {}, rules))
      .when(appending([CONTACT, NAME]))
      .events();

  it("is refused at level strict, whatever the level was when it was appended", () => {
    given(...appended())
      .knowing(context("strict"))
      .when(publish)
      .thenRejected("personal-data-suspected", "compliance");
    given(...appended())
      .knowing(context("strict"))
      .when(keepBack)
      .then(
        {
          type: "PersonalDataSuspected",
          data: { columns: [CONTACT, NAME], warnings: [WARNING, expect.stringContaining("name")] },
        },
        {
          type: "BatchQuarantined",
          data: {
            cause: "personal_data",
            reason: expect.stringContaining("contact (email, phone), name (person name)"),
          },
        },
      );
  });

  it("is refused for a column that the contract protected when it was appended and does no more", () => {
    const before = appended({ contact: "hash", name: "hash" });
    expect(before.map(({ type }) => type)).not.toContain("PersonalDataSuspected");
    const events = given(...before)
      .knowing(context("strict", {}, { name: "hash" }))
      .when(keepBack)
      .events();
    expect(events).toMatchObject([{ data: { columns: [CONTACT] } }, { type: "BatchQuarantined" }]);
  });

  it("goes on once somebody has released it, and is asked about every other column", () => {
    const before = appended({ name: "hash" });
    const kept = given(...before)
      .knowing(context("strict", {}, { name: "hash" }))
      .when(keepBack)
      .events();
    const known = (rules = {}) => context("strict", {}, rules);
    const out = [...before, ...kept, released];
    expect(given(...out).state()).toMatchObject({ batch: { cleared_columns: ["contact"] } });
    const hashed = { ...run("clean/1"), rules: { name: "hash" } };
    const approved: BatchEvent = {
      type: "DataAnonymized",
      data: { ...hashed, run_id: privacyRunId(batch_id, 2), approver: "anna" },
    };
    expect(
      given(...out, approved)
        .knowing(known({ name: "hash" }))
        .when(publish)
        .events()
        .map(({ type }) => type),
    ).toEqual(["DataPublished"]);
    given(...out)
      .knowing(known())
      .when(publish)
      .thenRejected("personal-data-suspected", "compliance");
    // A corrected file is another one.
    const again = given(...out, {
      type: "BatchQuarantined",
      data: { cause: "manual", reason: "?" },
    })
      .knowing(known({ name: "hash" }))
      .when(appending([CONTACT]))
      .events();
    expect(again.at(-1)).toMatchObject({ data: { cause: "personal_data" } });
  });

  it("only warns where personal data is declared or the level is lower", () => {
    const [event] = given(...appended())
      .when(publish)
      .events();
    expect(event).toMatchObject({
      type: "DataPublished",
      data: { warnings: [WARNING, expect.stringContaining("name")] },
    });
    for (const known of [context("gdpr"), context("strict", { contains_pii: true })]) {
      given(...appended())
        .knowing(known)
        .when(keepBack)
        .thenRejected("changed-meanwhile", "wrong_state");
    }
  });

  it("keeps the old version when a replay would publish it anew", () => {
    const result = {
      kind: "derived",
      rows: 3,
      schema: SCHEMA,
      check: null,
      run: null,
      publication: publication("published/2"),
    } as const;
    const replay = { type: "ReplayBatch", batch_id, replay_id: REPLAY, result } as const;
    given(...appended(), published())
      .knowing(context("strict"))
      .when(replay)
      .thenRejected("personal-data-suspected", "compliance");
    expect(
      given(...appended(), published())
        .knowing(context("gdpr"))
        .when(replay)
        .events()
        .map(({ type }) => type),
    ).toContain("DataPublished");
  });
});
