/**
 * A batch's part in a replay: what was derived of it is kept beside it, and becomes its state when
 * the whole replay is switched.
 */

import { approvedBy, type Contract, type ContractState } from "../contract/contract.ts";
import { ruleIssues } from "../contract/decide.ts";
import { ok, type Result } from "../decider.ts";
import type { ReplayId } from "../ids.ts";
import { type Rejection, reject } from "../rejection.ts";
import { admitAnonymity, violates, violation } from "./anonymity.ts";
import { type Batch, type BatchState, progressOf, type Quality } from "./batch.ts";
import type { DeriveBatch, DropDerivation, ReplayBatch } from "./commands.ts";
import { type BatchContext, unknownBatch } from "./decide.ts";
import type { BatchEvent, QualityCheck, RawRules } from "./events.ts";
import { anonymized } from "./privacyRuns.ts";
import { admitExposure } from "./protection.ts";
import { admitSuspicions } from "./suspected.ts";
import { admitTerms } from "./terms.ts";
import { failure, misfitEvents, warningsOf } from "./verdicts.ts";

type Decision = Result<readonly BatchEvent[], Rejection>;

/** The same derivation recorded twice counts once: the first one's objects are kept. */
export const derive = (command: DeriveBatch, { candidate }: Batch): Decision => {
  const { type: _, batch_id: __, ...data } = command;
  const known =
    candidate?.replay_id === data.replay_id &&
    JSON.stringify(candidate.base) === JSON.stringify(data.base);
  return ok(known ? [] : [{ type: "BatchDerived", data }]);
};

export const dropDerivation = (
  { replay_id }: DropDerivation,
  state: BatchState,
): Result<readonly BatchEvent[], Rejection> => {
  const candidate = state.status === "held" ? state.batch.candidate : null;
  if (candidate?.replay_id !== replay_id) return ok([]);
  return ok([{ type: "BatchDerivationDropped", data: { replay_id } }]);
};

/**
 * A replay asks nobody: the same rules are approved as they were, and whatever nobody has looked at
 * by the contract, once that is approved. Null: nobody has approved it.
 */
export const approverOf = (
  rules: RawRules,
  batch: Batch,
  contract: ContractState,
): string | null => {
  const progress = progressOf(batch);
  const before = "privacy" in progress ? progress.privacy : null;
  const same = before !== null && JSON.stringify(before.rules) === JSON.stringify(rules);
  const known = same ? before.approver : null;
  return known ?? approvedBy(contract);
};

/**
 * What is derived counts at once: nothing is published anew under a contract that was declined, and
 * at level strict somebody must have approved it.
 */
export const admitReplay = (
  rules: RawRules | null,
  batch: Batch,
  { lake, dataset, contract }: BatchContext,
): Result<readonly [], Rejection> => {
  const published = progressOf(batch).status === "published";
  const agreed = published ? admitTerms(contract) : ok([] as const);
  if (!agreed.ok || lake.compliance_level !== "strict") return agreed;
  const unapproved = rules !== null && approverOf(rules, batch, contract) === null;
  if (!unapproved && !(published && approvedBy(contract) === null)) {
    if (!published) return ok([]);
    const looked = admitSuspicions(batch, rules ?? {}, { lake, dataset, contract });
    return looked.ok ? ok([]) : looked;
  }
  return reject(
    "compliance",
    "contract-not-approved",
    `contract ${batch.contract_id} is not approved`,
  );
};

/**
 * Checks that a replay leaves behind: its contract has no rules any more, or those of a request do
 * not fit the schema it has now. What counted on would reject rows again that the replay has let in.
 */
export const outdatedChecks = (
  { contract: agreed, request: asked }: Quality,
  { schema, quality_rules }: Contract,
): readonly QualityCheck["source"][] => [
  ...(agreed !== null && Object.keys(quality_rules).length === 0 ? (["contract"] as const) : []),
  ...(asked !== null && ruleIssues(schema, asked.rules, {}).length > 0
    ? (["request"] as const)
    : []),
];

const markOf = (replay_id: ReplayId, batch: Batch, contract: ContractState): BatchEvent => {
  const { quality } = progressOf(batch);
  const outdated_checks = contract.status === "absent" ? [] : outdatedChecks(quality, contract);
  const data = { replay_id, ...(outdated_checks.length > 0 ? { outdated_checks } : {}) };
  return { type: "BatchReplayed", data };
};

export const replay = (command: ReplayBatch, batch: Batch, context: BatchContext): Decision => {
  const { result, replay_id } = command;
  const mark = markOf(replay_id, batch, context.contract);
  if (result.kind === "misfit") return ok([mark, ...misfitEvents(result.misfit, context.contract)]);
  const { schema, check, run, publication } = result;
  const approved = admitReplay(run?.rules ?? null, batch, context);
  if (!approved.ok) return approved;
  const events: BatchEvent[] = [mark, { type: "SchemaValidated", data: { schema } }];
  if (check) {
    const data = { ...check, warnings: warningsOf(check) };
    if (!check.passed) {
      const reason = failure(check.breaches);
      return ok([
        ...events,
        { type: "QualityCheckFailed", data },
        { type: "BatchQuarantined", data: { cause: "quality", reason } },
      ]);
    }
    events.push({ type: "QualityCheckPassed", data });
  }
  const published = progressOf(batch).status === "published" ? publication : null;
  if (published?.k_anonymity && violates(published)) {
    const reason = violation(published.k_anonymity);
    return ok([...events, { type: "BatchQuarantined", data: { cause: "k_anonymity", reason } }]);
  }
  if (run) {
    const approver = approverOf(run.rules, batch, context.contract);
    events.push(anonymized(run, batch, { approver, ahead: check ? 1 : 0 }));
  }
  if (published) {
    const { lake, dataset, contract } = context;
    if (dataset.status === "absent" || contract.status === "absent") {
      return unknownBatch(batch.batch_id);
    }
    const anonymous = admitAnonymity(contract, published, dataset.subject_column);
    if (!anonymous.ok) return anonymous;
    const exposed = admitExposure({ lake, dataset, batch, privacy: run });
    if (!exposed.ok) return exposed;
    const warnings = [...exposed.value, ...anonymous.value];
    events.push({ type: "DataPublished", data: { ...published, warnings } });
  }
  return ok(events);
};
