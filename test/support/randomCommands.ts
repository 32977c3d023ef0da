/** Random life of a lake: commands that are valid, and many that are not, over few names. */

import type { StateOf } from "../../src/application/aggregates.ts";
import { keepersOfBatch } from "../../src/application/endBatch.ts";
import { lookAtFreshness } from "../../src/application/freshnessDuties.ts";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import type { DutyKind } from "../../src/application/ports.ts";
import {
  batchId,
  contractId,
  datasetName,
  deletionId,
  replayId,
  webhookId,
} from "../../src/contracts/fields.ts";
import { ok } from "../../src/domain/decider.ts";
import { type BatchId, type PrivacyRunId, privacyRunId } from "../../src/domain/ids.ts";
import { COMPLIANCE_LEVELS, type ComplianceLevel } from "../../src/domain/lake/lake.ts";
import type { Format } from "../../src/domain/table.ts";
import {
  anonymize,
  append,
  beginAppend,
  checkQuality,
  consumeRequest,
  exportAs,
  publish,
  replayStep,
  type Step,
  workStep,
} from "./batchSteps.ts";
import { callerDeeds } from "./callerDeeds.ts";
import { endWithholding, erase, eraseOnce, execute } from "./erasureSteps.ts";
import { SCHEMA } from "./facts.ts";
import fc from "./property.ts";
import { rights } from "./randomRights.ts";
import { DAY_MS, type TestLake } from "./testLake.ts";

/** Something that happens to a lake. `keyed` ones may be sent again under the same key. */
export type Deed =
  | {
      readonly kind: "request";
      readonly name: string;
      readonly of: (lake: TestLake) => LakeRequest;
    }
  | { readonly kind: "step"; readonly name: string; readonly take: (lake: TestLake) => Step }
  | { readonly kind: "reveal"; readonly name: string; readonly index: number }
  | { readonly kind: "pass"; readonly name: string; readonly ms: number };

// Some names come often, so that lives get far; some hardly ever, so that much is refused.
const dataset = fc.constantFrom("sales", "sales", "sales", "d1");
const contract = fc.constantFrom("contract1", "contract1", "contract1", "contract2", "contract3");
const batch = fc.constantFrom("b1", "b1", "b2", "b3");
const flag = fc.constantFrom(null, true, false);
const index = fc.constantFrom(0, 0, 0, 1, 2);
const often = <const Value>(value: Value, ...others: readonly Value[]): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(value) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
const privacyRules = fc.constantFrom({}, { email: "hash" }, { id: "mask" }, { email: "vanish" });
const qualityRules = often<Readonly<Record<string, string>>>(
  {},
  { amount: ">0" },
  { nowhere: ">0" },
);

const request = (name: string, of: (lake: TestLake) => LakeRequest): Deed => ({
  kind: "request",
  name,
  of,
});
const step = (name: string, take: (lake: TestLake) => Step): Deed => ({ kind: "step", name, take });

const refuseHandOut = (lake: TestLake, id: string): Step => {
  const about = { batch_id: batchId.parse(id), accessor_id: "alice", purpose: null };
  const refused = { type: "RefuseHandOut", ...about, deletion_ids: [] } as const;
  return lake.service.command(lake.call(), refused);
};

/** The id of the n-th thing of its kind, or one that does not exist. */
const nth = (lake: TestLake, kind: "deletion" | "replay" | "webhook", n: number): string =>
  lake.log.directory.list({ kind, limit: 10 })[n]?.id ?? "nobody";

/** The privacy run that can be decided on, or one that does not exist. */
const runOf = (lake: TestLake, batch_id: BatchId): PrivacyRunId => {
  const state = lake.log.load(`batch/${batch_id}`).state as StateOf<"batch">;
  if (state.status !== "held") return privacyRunId(batch_id, 99);
  const { proposal, progress } = state.batch;
  const current = "privacy" in progress ? progress.privacy : null;
  return (proposal ?? current)?.run_id ?? privacyRunId(batch_id, 99);
};

const decision = fc.constantFrom("ApprovePrivacyRun", "RejectPrivacyRun", "RollBackPrivacyRun");

const decide = (
  lake: TestLake,
  id: string,
  type: "ApprovePrivacyRun" | "RejectPrivacyRun" | "RollBackPrivacyRun",
): LakeRequest => {
  const batch_id = batchId.parse(id);
  const run_id = runOf(lake, batch_id);
  if (type === "ApprovePrivacyRun") return { type, batch_id, run_id, approver: "petra" };
  return { type, batch_id, run_id, reason: "looked at" };
};

const datasets = fc.oneof(
  fc.record({ name: dataset, contains_pii: flag, encryption_enabled: fc.boolean() }).map((said) =>
    request(`register ${said.name}`, () => ({
      type: "RegisterDataset",
      schema: SCHEMA,
      description: null,
      subject_column: null,
      ...said,
      name: datasetName.parse(said.name),
    })),
  ),
  fc.record({ dataset, contains_pii: flag }).map((said) =>
    request(`ingest ${said.dataset}`, () => ({
      type: "IngestDataset",
      dataset_id: datasetName.parse(said.dataset),
      data_source: "elsewhere",
      record_count: 5,
      contains_pii: said.contains_pii,
    })),
  ),
  fc.record({ dataset, version: fc.constantFrom(1, 2, 2, 3) }).map((said) =>
    said.version === 3
      ? request(`amend ${said.dataset}`, () => ({
          type: "AmendDataset",
          dataset: datasetName.parse(said.dataset),
          description: "amended",
          contains_pii: null,
          subject_column: "email",
        }))
      : request(`activate ${said.dataset} ${said.version}`, () => ({
          type: "ActivateDatasetVersion",
          dataset: datasetName.parse(said.dataset),
          version: said.version,
        })),
  ),
  often("d1", "sales").map((name) =>
    request(`deprecate ${name}`, () => ({
      type: "DeprecateDataset",
      dataset: datasetName.parse(name),
    })),
  ),
);

const terms = fc.record({
  retention_days: fc.integer({ min: 1, max: 3 }),
  schema: fc.constantFrom(null, SCHEMA, { id: "int", email: "string" } as const),
  privacy_rules: privacyRules,
  quality_rules: qualityRules,
  k_anonymity: fc.constant(null),
});

const contracts = fc.oneof(
  fc.tuple(fc.option(contract), dataset, terms).map(([id, about, said]) =>
    request(`define ${id}`, () => ({
      type: "CreateContract",
      contract_id: id === null ? null : contractId.parse(id),
      dataset: datasetName.parse(about),
      ...said,
    })),
  ),
  fc.tuple(contract, terms).map(([id, said]) =>
    request(`update ${id}`, () => ({
      type: "UpdateContract",
      contract_id: contractId.parse(id),
      ...said,
    })),
  ),
  fc
    .tuple(contract, often("ApproveContract", "DeclineContract", "DeprecateContract"))
    .map(([id, type]) =>
      request(`${type} ${id}`, (lake) => {
        const contract_id = contractId.parse(id);
        const { status } = lake.log.load(`contract/${id}`).state as StateOf<"contract">;
        // As when the level is raised, by whoever comes to approve it once more.
        const again = type === "ApproveContract" && status === "approved";
        if (again) return { type: "RevokeApproval", contract_id };
        if (type === "ApproveContract") return { type, contract_id, approver: "anna" };
        if (type === "DeclineContract") return { type, contract_id, reason: "too long" };
        return { type, contract_id };
      }),
    ),
);

const batches = fc.oneof(
  fc
    .tuple(
      batch,
      dataset,
      contract,
      fc.boolean(),
      fc.boolean(),
      often(false, true),
      fc.constantFrom(0, 0, 1),
    )
    .map(([id, about, under, fits, really, suspicious, erased]) =>
      step(`append ${id}`, (lake) => {
        const what = { dataset: about, contract: under, fits: fits || really, suspicious, erased };
        return append(lake, id, what);
      }),
    ),
  fc
    .record({ id: batch, own: fc.boolean(), passed: often(true, false), diverts: fc.boolean() })
    .map(({ id, own, ...found }) =>
      step(`check ${id}`, (lake) =>
        checkQuality(lake, id, { rules: own ? null : { id: "not_null" }, ...found }),
      ),
    ),
  fc
    .tuple(batch, privacyRules)
    .map(([id, rules]) => step(`anonymize ${id}`, (lake) => anonymize(lake, id, rules))),
  fc
    .tuple(batch, decision)
    .map(([id, type]) => request(`${type} ${id}`, (lake) => decide(lake, id, type))),
  // What is proposed seldom stays so until it is decided on by chance.
  fc.tuple(batch, decision).map(([id, type]) =>
    step(`anonymize ${id} and ${type}`, (lake) => {
      const run = anonymize(lake, id, { email: "hash" });
      return run.ok ? lake.service.command(lake.call(), decide(lake, id, type)) : run;
    }),
  ),
  batch.map((id) => step(`publish ${id}`, (lake) => publish(lake, id))),
  batch.map((id) =>
    step(`export ${id} and hand it to nobody`, (lake) => {
      const exported = exportAs(lake, id, "csv");
      return exported.ok ? refuseHandOut(lake, id) : exported;
    }),
  ),
  fc
    .tuple(batch, fc.constantFrom("parquet", "csv"), often(false, true))
    .map(([id, format, whole]) =>
      whole
        ? request(`consume the dataset as ${format}`, () => consumeSales(format))
        : request(`consume ${id}`, () => consumeRequest(id, format)),
    ),
  batch.map((id) => step(`correct ${id}`, (lake) => append(lake, id))),
  fc.tuple(batch, often(false, true)).map(([id, by_hand]) =>
    step("end of retention, or by hand", (lake) => {
      const [duty] = lake.log.schedule
        .due(lake.now(), 100)
        .filter(({ kind }) => kind === "retention_due");
      if (duty === undefined) return by_hand ? endByHand(lake, id) : ok(null);
      const due = {
        type: "ExpireBatch",
        batch_id: batchId.parse(duty.ref),
        now: lake.now(),
      } as const;
      return lake.service.fulfil(lake.call().lake_id, due, duty);
    }),
  ),
  fc
    .tuple(batch, fc.constantFrom("QuarantineBatch", "ReleaseQuarantine", "ReleaseQuarantine"))
    .map(([id, type]) =>
      request(`${type} ${id}`, () => ({ type, batch_id: batchId.parse(id), reason: "looked at" })),
    ),
);

const endByHand = (lake: TestLake, id: string): Step => {
  const about = { batch_id: batchId.parse(id), reason: "a wrong file" };
  const asked = keepersOfBatch(lake.log, about.batch_id, lake.now());
  const ending = { type: "EndBatch", ...about, asked, held: [] } as const;
  return lake.service.command(lake.call(), ending);
};

const consumeSales = (format: Format): LakeRequest => ({
  type: "ConsumeDataset",
  dataset: datasetName.parse("sales"),
  ...{ consumer: "alice", purpose: null, format, expires_in: 900 },
  ...{ schema_version: null, since: null, limit: 2, cursor: null },
});

/** Ids of their own: what is taken over in the background stands in nobody else's way. */
const large = fc.constantFrom("large1", "large2", "large3");

const longWork = fc.oneof(
  large.map((id) => step(`begin appending ${id}`, (lake) => beginAppend(lake, id))),
  large.map((id) =>
    request(`cancel work on ${id}`, () => ({
      type: "CancelWork",
      batch_id: batchId.parse(id),
      reason: null,
      replay_id: null,
    })),
  ),
  {
    weight: 5,
    arbitrary: fc
      .tuple(large, fc.constantFrom(1, 2, 4, 8), often(false, true))
      .map(([id, steps, fails]) =>
        step(`work on ${id}`, (lake) => {
          for (let taken = 1; taken < steps; taken += 1) workStep(lake, id);
          return workStep(lake, id, fails);
        }),
      ),
  },
);

const cancelReplay = (id: string): LakeRequest => ({
  type: "CancelReplay",
  replay_id: replayId.parse(id),
  reason: "asked for by mistake",
});

/** What it has derived by then is given up. */
const givenUp = step("begin a replay and give it up", (lake) => {
  const all = { dataset: datasetName.parse("sales"), batch_id: null };
  const begun = lake.service.command(lake.call(), { type: "Replay", ...all });
  if (!begun.ok) return begun;
  const replays = lake.log.directory.list({ kind: "replay", limit: 1000 });
  const id = replays.at(-1)?.id ?? "nobody";
  const derived = replayStep(lake, id);
  return derived.ok ? lake.service.command(lake.call(), cancelReplay(id)) : derived;
});

const replays = fc.oneof(
  fc.constant(givenUp),
  index.map((n) => request(`cancel replay ${n}`, (lake) => cancelReplay(nth(lake, "replay", n)))),
  {
    weight: 3,
    arbitrary: fc.tuple(dataset, fc.option(batch)).map(([about, id]) =>
      request(`replay ${about}`, () => ({
        type: "Replay",
        dataset: datasetName.parse(about),
        batch_id: id === null ? null : batchId.parse(id),
      })),
    ),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(index, often(true, false))
      .map(([n, passed]) =>
        step(`replay step ${n}`, (lake) => replayStep(lake, nth(lake, "replay", n), passed)),
      ),
  },
);

/** What the alarm says about each duty of a request. */
const NOTES: {
  readonly [Kind in DutyKind]?:
    | "NoteDeletionDue"
    | "NoteDeletionApproaching"
    | "NoteHoldEnd"
    | "NoteWithholdingEnd";
} = {
  deletion_due: "NoteDeletionDue",
  deletion_reminder: "NoteDeletionApproaching",
  hold_end: "NoteHoldEnd",
  withholding_end: "NoteWithholdingEnd",
};

/** The first request is carried out to its end, and what was withheld is too, once it may be. */
const forgetting = step("forget the first", (lake) => {
  const deletion_id = deletionId.parse(nth(lake, "deletion", 0));
  const until = new Date(Date.parse(lake.now()) + 1).toISOString();
  const kept = { dataset: datasetName.parse("sales"), ground: "Art. 17(3)(b)", until };
  const begun = lake.service.command(lake.call(), execute(deletion_id, { withhold: [kept] }));
  if (!begun.ok) return begun;
  erase(lake, deletion_id);
  lake.pass(1);
  const ended = endWithholding(lake);
  if (ended.ok) erase(lake, deletion_id);
  return ended;
});

/** Carrying requests out, step by step, whatever is found. */
const erasures = fc.oneof(
  fc.constant(forgetting),
  fc.tuple(index, fc.boolean()).map(([n, withholds]) =>
    request(`execute ${n}`, (lake) => {
      const until = new Date(Date.parse(lake.now()) + DAY_MS).toISOString();
      const kept = { dataset: datasetName.parse("sales"), ground: "Art. 17(3)(b)", until };
      const withhold = withholds ? [kept] : null;
      return execute(deletionId.parse(nth(lake, "deletion", n)), { withhold });
    }),
  ),
  {
    weight: 6,
    arbitrary: fc
      .record({
        n: index,
        steps: fc.constantFrom(1, 12),
        opened: fc.constantFrom(
          "redacted",
          "redacted",
          "clear",
          "destroyed",
          "destroyed",
          "destroyed",
          "missed",
        ),
        left: often(0, 1),
      })
      .map(({ n, steps, ...findings }) =>
        step(`erase ${n}`, (lake) => {
          const ended = endWithholding(lake);
          if (!ended.ok) return ended;
          const deletion_id = deletionId.parse(nth(lake, "deletion", n));
          for (let taken = 1; taken < steps; taken += 1) {
            if (!eraseOnce(lake, deletion_id, findings).ok) break;
          }
          return eraseOnce(lake, deletion_id, findings);
        }),
      ),
  },
);

const deletions = fc.oneof(
  fc.constantFrom("jane@doe", "john@doe").map((subject_id) =>
    request(`delete ${subject_id}`, () => ({
      type: "RequestDeletion",
      subject_id,
      reason: "please",
      requested_by: "petra",
      identity_verified: null,
      received_at: null,
    })),
  ),
  fc
    .tuple(
      index,
      fc.constantFrom(
        ...(["ExtendDeletion", "HoldDeletion", "ReleaseDeletionHold", "RejectDeletion"] as const),
        "NoteDeletionIdentity",
      ),
      fc.constantFrom(null, 1),
    )
    .map(([n, type, lasts]) =>
      request(`${type} ${n}`, (lake) => {
        const deletion_id = deletionId.parse(nth(lake, "deletion", n));
        const about = { deletion_id, reason: "because" };
        const ground = "Art. 12(5)";
        if (type === "NoteDeletionIdentity") return { type, ...about, verified: lasts === null };
        if (type === "RejectDeletion") return { type, ...about, ground };
        if (type !== "HoldDeletion") return { type, ...about };
        const ends = Date.parse(lake.now()) + (lasts ?? 0);
        const until = lasts === null ? null : new Date(ends).toISOString();
        const held = until === null ? "Art. 18(1)(a)" : "Art. 17(3)(e)";
        return { type, ...about, ground: held, until };
      }),
    ),
  index.map((n): Deed => ({ kind: "reveal", name: `reveal ${n}`, index: n })),
  fc.constant(
    step("alarm", (lake) => {
      for (const duty of lake.log.schedule.due(lake.now(), 100)) {
        const type = NOTES[duty.kind];
        if (type === undefined || lake.log.schedule.find(duty) === null) continue;
        const deletion_id = deletionId.parse(duty.ref);
        const due = { type, deletion_id, now: lake.now() } as const;
        const noted = lake.service.fulfil(lake.call().lake_id, due, duty);
        if (!noted.ok) return noted;
      }
      return ok(null);
    }),
  ),
);

const FRESH = {
  retention_days: 3,
  schema: { ...SCHEMA, seen_at: "datetime" },
  privacy_rules: {},
  quality_rules: { "*": "freshness:seen_at,1m" },
  k_anonymity: null,
} as const;

/** Lives of data whose freshness is watched. */
const freshness = fc.oneof(
  fc.constant(
    request("watch contract1", () => ({
      type: "UpdateContract",
      contract_id: contractId.parse("contract1"),
      ...FRESH,
    })),
  ),
  fc.constantFrom("b1", "b2", "b3", "b4").map((id) =>
    step(`all of ${id}`, (lake) => {
      append(lake, id);
      checkQuality(lake, id);
      return publish(lake, id);
    }),
  ),
  fc.constant(
    step("freshness alarm", (lake) => {
      const { log, service } = lake;
      const now = () => new Date(lake.now());
      const deps = { log, service, lake_id: lake.call().lake_id, now };
      const due = log.schedule.due(lake.now(), 10, ["freshness_due"]);
      for (const duty of due) lookAtFreshness(deps, duty);
      return ok(null);
    }),
  ),
);

const webhooks = fc.oneof(
  fc.constant(
    request("register webhook", () => ({
      type: "RegisterWebhook",
      datasets: null,
      url: "https://example.com/lethe",
      events: ["GDPRDeletionRequested", "BatchQuarantined"],
      secret: null,
    })),
  ),
  index.map((n) =>
    request(`remove webhook ${n}`, (lake) => ({
      type: "RemoveWebhook",
      webhook_id: webhookId.parse(nth(lake, "webhook", n)),
    })),
  ),
);

const countryOf = (lake: TestLake): string | null => {
  const state = lake.log.load("lake").state as StateOf<"lake">;
  return state.status === "absent" ? null : state.country;
};

const others = fc.oneof(
  often<ComplianceLevel>("gdpr", ...COMPLIANCE_LEVELS).map((compliance_level) =>
    // Nothing comes of the lowest level, whatever the lake has.
    compliance_level === "standard"
      ? request("move", (lake) => ({
          type: "ChangeLakeLocality",
          country: countryOf(lake) === "DE" ? "FR" : "DE",
          time_zone: null,
        }))
      : request(`level ${compliance_level}`, () => ({
          type: "ChangeComplianceLevel",
          compliance_level,
        })),
  ),
  dataset.map((name) =>
    request(`audit ${name}`, () => ({
      type: "AuditAccess",
      accessor_id: "alice",
      dataset_id: datasetName.parse(name),
      action: "read",
      purpose: null,
    })),
  ),
  fc.constantFrom("GET" as const, "PUT" as const).map((method) =>
    request(`sign ${method}`, () => ({
      type: "SignUrl",
      dataset: null,
      filename: "sales.csv",
      method,
      expires_in: 900,
      purpose: null,
    })),
  ),
);

const time = fc
  .constantFrom(0, 1, 1000, DAY_MS, 12 * DAY_MS, 24 * DAY_MS, 40 * DAY_MS, -5000)
  .map((ms): Deed => ({ kind: "pass", name: `pass ${ms}`, ms }));

const approveFirst = request("approve contract1", () => ({
  type: "ApproveContract",
  contract_id: contractId.parse("contract1"),
  approver: "anna",
}));

/** What a lake starts with, so that a random life gets far: what its level demands, too. */
export const beginnings = (level: ComplianceLevel): readonly Deed[] => [
  request("register sales", () => ({
    type: "RegisterDataset",
    name: datasetName.parse("sales"),
    schema: SCHEMA,
    description: null,
    contains_pii: false,
    encryption_enabled: level === "strict",
    subject_column: "email",
  })),
  request("define contract1", () => ({
    type: "CreateContract",
    contract_id: null,
    dataset: datasetName.parse("sales"),
    retention_days: 1,
    schema: null,
    privacy_rules: {},
    quality_rules: {},
    k_anonymity: null,
  })),
  ...(level === "strict" ? [approveFirst] : []),
  step("append b1", (lake) => append(lake, "b1")),
];

export interface Planned {
  readonly deed: Deed;
  /** Sent under an idempotency key. */
  readonly keyed: boolean;
  /** `If-Match`, when it is sent with one. */
  readonly if_match: number | null;
}

const planned = (deed: fc.Arbitrary<Deed>): fc.Arbitrary<Planned> =>
  fc.record({
    deed,
    keyed: fc.boolean(),
    if_match: fc.oneof(
      { weight: 9, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.nat({ max: 3 }) },
    ),
  });

export interface Life {
  readonly level: ComplianceLevel;
  readonly deeds: readonly Planned[];
}

export const life = (maxLength: number): fc.Arbitrary<Life> =>
  fc.record({
    level: fc.constantFrom<ComplianceLevel>("standard", "gdpr", "gdpr", "strict"),
    deeds: fc.array(
      planned(
        fc.oneof(
          { weight: 4, arbitrary: datasets },
          { weight: 4, arbitrary: contracts },
          { weight: 12, arbitrary: batches },
          { weight: 4, arbitrary: replays },
          { weight: 5, arbitrary: longWork },
          { weight: 16, arbitrary: deletions },
          { weight: 14, arbitrary: freshness },
          { weight: 6, arbitrary: erasures },
          { weight: 5, arbitrary: rights },
          { weight: 1, arbitrary: webhooks },
          { weight: 2, arbitrary: callerDeeds.map(([name, take]) => step(name, take)) },
          { weight: 3, arbitrary: others },
          { weight: 4, arbitrary: time },
        ),
      ),
      { minLength: maxLength / 2, maxLength, size: "max" },
    ),
  });
