import { describe, expect, it } from "vitest";
import { initialBatch, objectsOf, progressOf } from "../../../src/domain/batch/batch.ts";
import type { BatchCommand, ReplayBatch } from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import type { ContractState } from "../../../src/domain/contract/contract.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  anonymized,
  BATCH,
  batchAppended,
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
  REPLAY,
  RUN,
  run,
  SCHEMA,
} from "../../support/facts.ts";

const defined = contractDefined({ privacy_rules: { email: "hash" } });
const strict: BatchContext = {
  lake: lakeAt("strict"),
  dataset: datasetAfter(datasetRegistered({ contains_pii: true, encryption_enabled: true })),
  contract: contractAfter(defined, contractApproved),
};
const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  strict,
);
const appended = (...events: readonly BatchEvent[]) => given(...batchAppended(), ...events);

const replay = (rules = run("clean/2").rules): ReplayBatch => ({
  type: "ReplayBatch",
  batch_id: BATCH,
  replay_id: REPLAY,
  result: {
    kind: "derived",
    rows: 3,
    schema: SCHEMA,
    check: null,
    run: { ...run("clean/2"), rules },
    publication: publication("published/2"),
  },
});

/** Who has approved what the replay makes of a batch that was published with this approval. */
const approverAfter = (approver: string | null, rules?: ReturnType<typeof run>["rules"]) =>
  appended(anonymized("clean/1", { approver }), published())
    .when(replay(rules))
    .events()
    .flatMap((event) => (event.type === "DataAnonymized" ? [event.data.approver] : []));

describe("the approval of what a replay derives", () => {
  it("is kept for the same rules, and the contract's where there was none or for others", () => {
    expect(approverAfter("petra")).toEqual(["petra"]);
    expect(approverAfter(null)).toEqual(["anna"]);
    expect(approverAfter("petra", { email: "mask" })).toEqual(["anna"]);
  });

  it("is demanded at level strict: without it nothing is switched", () => {
    const unapproved = { ...strict, contract: contractAfter(defined) };
    const before = appended(anonymized(), published());
    before.knowing(unapproved).when(replay()).thenRejected("contract-not-approved", "compliance");
    appended(anonymized()).knowing(unapproved).when(replay()).thenRejected("contract-not-approved");
    const gdpr = { ...unapproved, lake: lakeAt("gdpr") };
    expect(before.knowing(gdpr).when(replay()).events()).toHaveLength(4);
  });

  it("is still the contract's when that was deprecated after it was approved", () => {
    const deprecated = contractAfter(defined, contractApproved, contractDeprecated);
    const replayed = appended(anonymized(), published())
      .knowing({ ...strict, contract: deprecated })
      .when(replay())
      .events();
    expect(replayed).toContainEqual(
      expect.objectContaining({
        type: "DataAnonymized",
        data: expect.objectContaining({ approver: "anna" }),
      }),
    );
    expect(replayed.at(-1)?.type).toBe("DataPublished");
  });
});

describe("a replay under a declined contract", () => {
  const declined = { ...strict, contract: contractAfter(defined, contractDeclined) };

  it("publishes nothing anew, below level strict as well", () => {
    const gdpr = { ...declined, lake: lakeAt("gdpr") };
    appended(anonymized(), published())
      .knowing(gdpr)
      .when(replay())
      .thenRejected("contract-declined", "wrong_state");
    const rederived = appended(anonymized()).knowing(gdpr).when(replay()).events();
    expect(rederived.map(({ type }) => type)).not.toContain("DataPublished");
  });
});

describe("a privacy run that awaits approval", () => {
  const proposed: BatchEvent = {
    type: "PrivacyRunProposed",
    data: { ...run("clean/2"), run_id: RUN },
  };
  const derived: ReplayBatch = {
    ...replay(),
    result: { kind: "derived", rows: 3, schema: SCHEMA, check: null, run: null, publication: null },
  };
  const approve: BatchCommand = {
    type: "ApprovePrivacyRun",
    batch_id: BATCH,
    run_id: RUN,
    approver: "petra",
  };

  it("is void once a replay has derived the batch anew, and its object goes", () => {
    const replayed = [proposed, ...appended(proposed).when(derived).events()];
    const state = appended(...replayed).state();
    if (state.status !== "held") throw new Error(`the batch is ${state.status}`);
    expect(state.batch.proposal).toBeNull();
    expect(objectsOf(state.batch).map(({ key }) => key)).not.toContain("clean/2");
    appended(...replayed)
      .when(approve)
      .thenRejected("privacy-run-closed", "wrong_state");
  });
});

describe("a check that a replay has left behind", () => {
  const agreed = qualityPassed({ rules: { amount: ">0" } });
  const asked = qualityPassed({ source: "request", rules: { email: "not_null" } });
  const left = (contract: ContractState) => {
    const given = appended(agreed, asked).knowing({ ...strict, lake: lakeAt("gdpr"), contract });
    const [mark] = given.when(replay()).events();
    if (mark === undefined) throw new Error("nothing was replayed");
    const state = appended(agreed, asked, mark).state();
    if (state.status !== "held") throw new Error(`the batch is ${state.status}`);
    const { contract: one, request: other } = progressOf(state.batch).quality;
    return { mark, quality: [one?.rules ?? null, other?.rules ?? null] };
  };
  const data = { replay_id: REPLAY };

  it("is the contract's where it has no rules any more", () => {
    expect(left(contractAfter(contractDefined()))).toEqual({
      mark: { type: "BatchReplayed", data: { ...data, outdated_checks: ["contract"] } },
      quality: [null, { email: "not_null" }],
    });
  });

  it("is a request's where its rules do not fit the schema any more", () => {
    const schema = { id: "int", amount: "float" } as const;
    const contract = contractAfter(contractDefined({ schema, quality_rules: { id: "unique" } }));
    expect(left(contract)).toEqual({
      mark: { type: "BatchReplayed", data: { ...data, outdated_checks: ["request"] } },
      quality: [{ amount: ">0" }, null],
    });
  });

  it("is none where both have a say", () => {
    expect(left(contractAfter(contractDefined({ quality_rules: { id: "unique" } })))).toEqual({
      mark: { type: "BatchReplayed", data },
      quality: [{ amount: ">0" }, { email: "not_null" }],
    });
  });
});
