/**
 * Plans for the passes over a batch that a person asks for: check, anonymise, publish. Each starts
 * from the raw object, so that every rule that has a say is in the plan.
 */
import { type Batch, progressOf } from "../domain/batch/batch.ts";
import type { RawRules } from "../domain/batch/events.ts";
import { protecting, protects } from "../domain/batch/protection.ts";
import { admitPublish } from "../domain/batch/publishing.ts";
import { workable } from "../domain/batch/quarantine.ts";
import { PERSONAL_DATA_SUSPECTED } from "../domain/batch/suspected.ts";
import type { Contract } from "../domain/contract/contract.ts";
import { ruleIssues } from "../domain/contract/decide.ts";
import { ok, type Result } from "../domain/decider.ts";
import { freshnessTerms } from "../domain/freshness/decide.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { type KAnonymity, kAnonymityIssues } from "../domain/rules/kAnonymity.ts";
import type { UniqueCheck } from "../domain/rules/uniqueScope.ts";
import type { Schema } from "../domain/table.ts";
import { withCarried } from "./carriedRules.ts";
import { reader } from "./commands.ts";
import { hiddenInDryRun, sampleRows } from "./dryRun.ts";
import type { WorkRequest } from "./lakeGateway.ts";
import { cleanKey, hashesKey, partKeys, publishedKey, quarantineKey } from "./objectKeys.ts";
import { isLarge } from "./planSteps.ts";
import { NOTHING, type Planned, type Planner, type Subject } from "./planWork.ts";
import { gateOf, peopleIn } from "./publicationGate.ts";
import { comparisonOf, publishedAfter, scopedIn, type Which } from "./uniqueHashes.ts";
import type { RefinePlan } from "./workPlan.ts";

/** Rules of the contract and of requests together: each diverts the rows it would. */
export const mergeQuality = (...all: readonly (RawRules | undefined)[]): RawRules => {
  const merged = new Map<string, unknown[]>();
  for (const rules of all) {
    for (const [column, rule] of Object.entries(rules ?? {})) {
      merged.set(column, [...(merged.get(column) ?? []), ...(Array.isArray(rule) ? rule : [rule])]);
    }
  }
  return Object.fromEntries(merged);
};

/** The pass that leads from the raw object to where the batch stands. */
export const refineOf = (
  { batch, dataset, lake }: Pick<Subject, "batch" | "dataset" | "lake">,
  { keyring, log, attempt_id }: Planner,
  rules: {
    readonly schema: Schema;
    readonly quality: RawRules;
    readonly privacy: RawRules;
    readonly now: string;
    /** Which other batches rules in the scope of the dataset compare with. */
    readonly which: Which;
  },
): RefinePlan => ({
  dataset: batch.dataset,
  batch_id: batch.batch_id,
  source: batch.raw,
  schema: rules.schema,
  quality_rules: rules.quality,
  privacy_rules: rules.privacy,
  keys: keyring().privacyKeys(batch.dataset),
  subject_column: dataset.subject_column,
  now: rules.now,
  unique: comparisonOf(
    log,
    reader(log),
    batch,
    rules.quality,
    partKeys(lake.lake_id, batch.batch_id, batch.revision + 1, attempt_id).seen_part,
    rules.which,
  ),
});

/** What a pass of this plan writes and deletes again. */
export const passing = ({ unique }: RefinePlan): readonly string[] =>
  unique === null ? [] : [unique.seen_key];

/** A later pass compares with what the check compared with, so that it lets through the same. */
const asOfCheck = (unique: UniqueCheck | undefined): Which =>
  unique === undefined ? {} : { until: unique.as_of };

/** Rows rejected by the checks so far stay rejected, as of the moment they were checked. */
export const checkedRules = ({ batch }: Subject, now: string) => {
  const { contract, request } = progressOf(batch).quality;
  return {
    rules: mergeQuality(contract?.rules, request?.rules),
    now: contract?.checked_at ?? request?.checked_at ?? now,
    which: asOfCheck(contract?.unique ?? request?.unique),
  };
};

/**
 * Columns whose newest moment may be remembered when they are published: what is transformed, or
 * names a person, stays out of the log.
 */
export const rememberedColumns = (
  { contract, dataset }: Subject,
  privacy: RawRules,
): readonly string[] => {
  const kept = protecting(privacy);
  return freshnessTerms(contract.quality_rules)
    .map(({ column }) => column)
    .filter((column) => !Object.hasOwn(kept, column) && column !== dataset.subject_column);
};

const invalidRules = (
  schema: Schema,
  quality: RawRules,
  privacy: RawRules,
  demand: KAnonymity | null = null,
): Result<never, Rejection> | null => {
  const issues = [...ruleIssues(schema, quality, privacy), ...kAnonymityIssues(demand, schema)];
  if (issues.length === 0) return null;
  return reject(
    "invalid",
    "invalid-rules",
    `The rules do not fit the batch: ${issues[0]?.path}: ${issues[0]?.message}.`,
    issues,
  );
};

export const planQuality = (
  request: Extract<WorkRequest, { kind: "quality" }>,
  planner: Planner,
  subject: Subject,
): Result<Planned, Rejection> => {
  const { batch, contract, lake } = subject;
  const refused = workable(batch);
  if (refused) return refused;
  const schema = batch.schema ?? contract.schema;
  const progress = progressOf(batch);
  const quality = request.rules
    ? withCarried(request.rules, progress.quality.request)
    : contract.quality_rules;
  const privacy = progress.status === "anonymized" ? progress.privacy : null;
  const other = progress.quality[request.rules === null ? "request" : "contract"];
  const merged = mergeQuality(quality, other?.rules);
  const invalid = invalidRules(schema, quality, {}) ?? invalidRules(schema, merged, {});
  if (invalid) return invalid;
  const { attempt_id, now } = planner;
  const revision = batch.revision + 1;
  const quarantine_key = quarantineKey(lake.lake_id, batch.batch_id, revision, attempt_id);
  const clean_key = cleanKey(lake.lake_id, batch.batch_id, revision, attempt_id);
  const keeps = request.rules === null && scopedIn(quality).length > 0;
  const hashes_key = keeps ? hashesKey(lake.lake_id, batch.batch_id, revision, attempt_id) : null;
  const refine = refineOf(subject, planner, { schema, quality, privacy: {}, now, which: {} });
  const again = privacy && {
    refine: refineOf(subject, planner, {
      schema,
      quality: merged,
      privacy: privacy.rules,
      now,
      which: {},
    }),
    clean_key,
    requested_privacy: privacy.requested,
  };
  return ok({
    plan: {
      kind: "quality",
      refine,
      hashes_key,
      check_source: request.rules === null ? "contract" : "request",
      quarantine_key,
      rederive: again,
    },
    writes: [
      quarantine_key,
      ...passing(again?.refine ?? refine),
      ...[hashes_key, again?.clean_key ?? null].filter((key) => key !== null),
    ],
    expects: subject.expects,
  });
};

export const planPrivacy = (
  request: Extract<WorkRequest, { kind: "privacy" }>,
  planner: Planner,
  subject: Subject,
): Result<Planned, Rejection> => {
  const { batch, contract, lake } = subject;
  const refused = workable(batch);
  if (refused) return refused;
  const large = isLarge({ status: "held", batch }, planner.limits);
  const schema = batch.schema ?? contract.schema;
  const requested = request.rules ?? {};
  const privacy = { ...contract.privacy_rules, ...requested };
  const checked = checkedRules(subject, planner.now);
  const invalid = invalidRules(schema, checked.rules, privacy) ?? uncovered(contract, requested);
  if (invalid) return invalid;
  if (Object.keys(privacy).length === 0) {
    return reject(
      "invalid",
      "no-privacy-rules",
      `Neither the request nor contract ${contract.contract_id} has a privacy rule.`,
      [{ path: "privacy_rules", message: "required: the contract has none" }],
    );
  }
  const key = cleanKey(lake.lake_id, batch.batch_id, batch.revision + 1, planner.attempt_id);
  const { rules: quality, now, which } = checked;
  const refine = refineOf(subject, planner, { schema, quality, privacy, now, which });
  return ok({
    plan: {
      kind: "privacy",
      refine,
      clean_key: key,
      requested_privacy: requested,
      suspected_columns: batch.looks_personal.map(({ column }) => column),
      overruled_columns: hiddenInDryRun(subject, privacy),
      sample_rows: large ? sampleRows(batch, schema, planner.limits.sync_bytes) : null,
    },
    writes: [...(request.dry_run ? [] : [key]), ...passing(refine)],
    expects: subject.expects,
  });
};

/** A request may treat a column otherwise than its contract says, but not leave it in clear. */
const uncovered = (contract: Contract, requested: RawRules): Result<never, Rejection> | null => {
  const agreed = protecting(contract.privacy_rules);
  const covered = protecting(requested);
  const bare = Object.keys(requested).filter(
    (column) => Object.hasOwn(agreed, column) && !Object.hasOwn(covered, column),
  );
  if (bare.length === 0) return null;
  return reject(
    "invalid",
    "contract-protects-column",
    `Contract ${contract.contract_id} protects ${bare.join(", ")}: a request cannot keep it in clear.`,
    bare.map((column) => ({
      path: `privacy_rules.${column}`,
      message: "protected by the contract",
    })),
  );
};

export const planPublish = (planner: Planner, subject: Subject): Result<Planned, Rejection> => {
  const { batch, contract, lake } = subject;
  if (batch.progress.status === "published") return ok(NOTHING);
  const { batch_id } = batch;
  const progress = progressOf(batch);
  const run = progress.status === "anonymized" ? progress.privacy : null;
  // What the contract protects is protected, also when nobody has asked for a privacy run.
  const privacy = run === null ? contract.privacy_rules : run.rules;
  const admitted = admitPublish(subject, null);
  if (!admitted.ok) {
    const suspected = admitted.error.code === PERSONAL_DATA_SUSPECTED;
    return suspected ? ok({ ...NOTHING, plan: { kind: "keep_back", batch_id } }) : admitted;
  }
  const schema = batch.schema ?? contract.schema;
  const { rules: quality, now, which } = checkedRules(subject, planner.now);
  const invalid = invalidRules(schema, quality, privacy, contract.k_anonymity);
  if (invalid) return invalid;
  const { attempt_id } = planner;
  const revision = batch.revision + 1;
  const place = [lake.lake_id, batch.batch_id, revision, attempt_id] as const;
  const clean_key = run === null && protects(privacy) ? cleanKey(...place) : null;
  const people_by = peopleIn(subject.dataset, schema, privacy);
  const gate = gateOf(contract, people_by, run?.object.key ?? clean_key, ...place);
  const published_key = publishedKey(
    lake.lake_id,
    batch.dataset,
    batch.batch_id,
    revision,
    attempt_id,
    "parquet",
  );
  const unique = comparedAgain(subject, planner);
  const from =
    run === null
      ? refineOf(subject, planner, { schema, quality, privacy, now, which })
      : { copy: run.object, schema: run.schema };
  return ok({
    plan: {
      kind: "publish",
      batch_id: batch.batch_id,
      published_key,
      clean_key,
      gate,
      newest_of: rememberedColumns(subject, privacy),
      as_of: planner.now,
      unique,
      from,
    },
    writes: [
      ...[published_key, clean_key, gate?.pass_key ?? null].filter((key) => key !== null),
      ...("copy" in from ? [] : passing(from)),
    ],
    // Whoever publishes next has to be compared with this one.
    expects: [...subject.expects, ...(unique ? [onlyOne(batch, planner)] : [])],
  });
};

const onlyOne = ({ dataset, batch_id }: Batch, { log }: Planner) => ({
  ...{ dataset, but_for: batch_id },
  published_after: log.head(),
});

/** What the batch's check let through and what was published since; null: no rule forbids it. */
const comparedAgain = ({ batch, contract }: Subject, { log }: Planner) => {
  const columns = scopedIn(contract.quality_rules, ({ on_fail }) => on_fail !== "warn");
  const check = progressOf(batch).quality.contract?.unique;
  if (columns.length === 0 || !check?.hashes) return null;
  const others = publishedAfter(log, reader(log), batch, check.as_of);
  return { own: check.hashes, others, columns };
};
