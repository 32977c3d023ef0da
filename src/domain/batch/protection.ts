/**
 * Whether a batch's data is protected as its lake and its contract demand. Asked wherever data
 * leaves the lake: when it is published, when it is replayed, when it is handed out.
 */
import { approvedBy, type Contract, type ContractState } from "../contract/contract.ts";
import type { Dataset, DatasetState } from "../dataset/dataset.ts";
import { notEncrypted, unknownDataset } from "../dataset/decide.ts";
import { ok, type Result } from "../decider.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import { admitGrouped } from "./anonymity.ts";
import { type Batch, progressOf } from "./batch.ts";
import type { PrivacyRun, RawRules } from "./events.ts";
import { admitTerms, toApprove } from "./terms.ts";

/** The name of a rule's strategy, as it was written. */
export const strategyOf = (rule: unknown): unknown =>
  typeof rule === "string" ? rule : (rule as { readonly strategy?: unknown } | null)?.strategy;

/** The part of the rules that changes values: `keep` protects nothing. */
export const protecting = (rules: RawRules): RawRules =>
  Object.fromEntries(Object.entries(rules).filter(([, rule]) => strategyOf(rule) !== "keep"));

export const protects = (rules: RawRules): boolean => Object.keys(protecting(rules)).length > 0;

export interface Exposure {
  readonly lake: ActiveLake;
  readonly dataset: Dataset;
  readonly batch: Batch;
  /** The run behind what leaves the lake, or null when there was none. */
  readonly privacy: Pick<PrivacyRun, "rules"> | null;
}

/**
 * Whether data may leave the lake as it is, and with which warnings. From level gdpr on, personal
 * data must have been declared, and is refused without a privacy run that changes something.
 */
export const admitExposure = ({
  lake,
  dataset,
  batch,
  privacy,
}: Exposure): Result<readonly string[], Rejection> => {
  const declared = [dataset.contains_pii, batch.contains_pii];
  const personal = declared.includes(true);
  const level = lake.compliance_level;
  if (level === "strict" && !dataset.encryption_enabled) return notEncrypted(dataset.name);
  if (!personal) {
    if (level === "standard" || declared.includes(false)) return ok([]);
    return reject(
      "compliance",
      "pii-flag-required",
      `PII flag required for GDPR: nobody has said whether dataset ${dataset.name} contains ` +
        `personal data (contains_pii): POST /datasets/${dataset.name}/amend says it.`,
    );
  }
  if (privacy !== null && protects(privacy.rules)) {
    const subject = dataset.subject_column;
    const bare = subject !== null && !Object.hasOwn(protecting(privacy.rules), subject);
    return ok(bare ? [`The column ${subject}, which names the person, is left in clear.`] : []);
  }
  if (level !== "standard" && batch.proposal !== null) {
    return reject(
      "compliance",
      "privacy-run-required",
      `A privacy run of batch ${batch.batch_id} awaits approval: at level ${level} it leaves the lake ` +
        `only after POST /run-privacy/${batch.proposal.run_id}/approve.`,
    );
  }
  if (level !== "standard") {
    return reject(
      "compliance",
      "privacy-run-required",
      `Batch ${batch.batch_id} contains personal data: at level ${level} it leaves the lake only ` +
        "after a privacy run (POST /run-privacy) that changes something.",
    );
  }
  return ok(["This batch contains personal data and is published without a privacy run."]);
};

/**
 * Columns that the contract protects today and the run did not treat so: neither by the contract's
 * own rule nor by another one that the request asked for.
 */
export const unprotectedColumns = (
  contract: Contract,
  run: Pick<PrivacyRun, "rules" | "requested"> | null,
): readonly string[] =>
  Object.entries(protecting(contract.privacy_rules))
    .filter(([column, rule]) => {
      if (run === null) return true;
      const asked = protecting(run.requested);
      return (
        !Object.hasOwn(asked, column) && JSON.stringify(run.rules[column]) !== JSON.stringify(rule)
      );
    })
    .map(([column]) => column);

interface Handing {
  readonly lake: ActiveLake;
  readonly dataset: DatasetState;
  readonly contract: ContractState;
}

/**
 * Since it was published, the batch may have failed its contract in a replay (and been released
 * from quarantine), the lake may have become stricter, and its contract may protect more columns or
 * demand groups.
 */
export const admitConsumption = (
  batch: Batch,
  { lake, dataset, contract }: Handing,
): Result<readonly string[], Rejection> => {
  if (dataset.status === "absent") return unknownDataset(batch.dataset);
  const agreed = admitTerms(contract);
  if (!agreed.ok) return agreed;
  const progress = progressOf(batch);
  const published_at = progress.status === "published" ? progress.publication.published_at : "";
  const { quality } = progress;
  const failed = [quality.contract, quality.request].some(
    (check) => check !== null && !check.passed && check.checked_at >= published_at,
  );
  if (batch.schema === null || failed) {
    return reject(
      "wrong_state",
      "replay-required",
      `Batch ${batch.batch_id} was published and has failed its contract since: nothing of it is ` +
        "handed out until POST /replay has derived it anew.",
    );
  }
  if (progress.status === "published") {
    const grouped = admitGrouped(batch.batch_id, progress.publication, contract);
    if (!grouped.ok) return grouped;
  }
  const privacy = "privacy" in progress ? progress.privacy : null;
  const unapproved = (privacy?.approver ?? null) === null && approvedBy(contract) === null;
  if (lake.compliance_level === "strict" && unapproved) {
    return reject(
      "wrong_state",
      "contract-not-approved",
      `Nobody has approved contract ${batch.contract_id} of batch ${batch.batch_id}: at level strict ` +
        `nothing of it is handed out until ${toApprove(contract, batch.batch_id)}.`,
    );
  }
  const bare = contract.status === "absent" ? [] : unprotectedColumns(contract, privacy);
  if (bare.length > 0) {
    return reject(
      "wrong_state",
      "replay-required",
      `Contract ${batch.contract_id} protects ${bare.join(", ")} otherwise now than batch ` +
        `${batch.batch_id} is published: nothing of it is handed out until POST /replay has ` +
        "derived it anew.",
    );
  }
  return admitExposure({ lake, dataset, batch, privacy });
};
