/** Publication of a batch: what has to be so before it, and what it records. */
import type { Contract } from "../contract/contract.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { ok, type Result } from "../decider.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import { admitAnonymity } from "./anonymity.ts";
import { type Batch, progressOf } from "./batch.ts";
import type { PublishData } from "./commands.ts";
import { type BatchContext, type Decision, unknownBatch } from "./decide.ts";
import type { BatchEvent, DerivedRun } from "./events.ts";
import { anonymized } from "./privacyRuns.ts";
import { admitExposure, protects, unprotectedColumns } from "./protection.ts";
import { inQuarantine } from "./quarantine.ts";
import { admitSuspicions } from "./suspected.ts";
import { admitApproval, admitSchema, admitTerms } from "./terms.ts";
import { readAnew } from "./verdicts.ts";

export const publishedOf = (batch: Batch) => {
  if (batch.progress.status === "published") return ok(batch.progress.publication);
  return (
    inQuarantine(batch) ??
    reject(
      "wrong_state",
      "batch-not-published",
      `Batch ${batch.batch_id} is ${batch.progress.status}, not published: nothing of it is handed out.`,
    )
  );
};

/**
 * Whether a batch may be published as it stands, and with which warnings. Asked before the
 * published object is written, and again when it is recorded. `run`: the privacy run that
 * publishing itself brings, when the contract has rules and nobody has run them.
 */
export const admitPublish = (
  { batch, lake, dataset, contract }: Publishing,
  run: DerivedRun | null,
): Result<readonly string[], Rejection> => {
  const refused = inQuarantine(batch);
  if (refused) return refused;
  const agreed = admitTerms(contract);
  if (!agreed.ok) return agreed;
  const approved = admitApproval(batch, lake, contract);
  if (!approved.ok) return approved;
  const fits = admitSchema(batch, contract);
  if (!fits.ok) return fits;
  const progress = progressOf(batch);
  const checked = progress.quality.contract;
  const current =
    checked?.passed && JSON.stringify(checked.rules) === JSON.stringify(contract.quality_rules);
  if (Object.keys(contract.quality_rules).length > 0 && !current) {
    return reject(
      "wrong_state",
      "quality-check-required",
      `Contract ${contract.contract_id} has quality rules that this batch has not passed: run ` +
        "POST /run-dq (without quality_rules in the body) before publishing.",
    );
  }
  const before = progress.status === "anonymized" ? progress.privacy : null;
  const exposed = admitExposure({ lake, dataset, batch, privacy: before });
  if (!exposed.ok) return exposed;
  const unapproved = before === null ? protects(contract.privacy_rules) : before.approver === null;
  if (lake.compliance_level === "strict" && unapproved) {
    return reject(
      "wrong_state",
      "privacy-run-not-approved",
      "At level strict a batch is published after a privacy run that somebody has approved: POST " +
        "/run-privacy, then POST /run-privacy/{run}/approve.",
    );
  }
  const bare = unprotectedColumns(contract, before ?? run);
  if (before !== null && bare.length > 0) {
    return reject(
      "wrong_state",
      "privacy-run-required",
      `Contract ${contract.contract_id} has changed and protects ${bare.join(", ")} otherwise ` +
        "now: run POST /run-privacy again before publishing.",
    );
  }
  const rules = before?.rules ?? contract.privacy_rules;
  const looked = admitSuspicions(batch, rules, { lake, dataset, contract });
  return looked.ok ? ok([...exposed.value, ...looked.value]) : looked;
};

/** A batch on its way out, with everything that decides about it. */
export interface Publishing {
  readonly batch: Batch;
  readonly lake: ActiveLake;
  readonly dataset: Dataset;
  readonly contract: Contract;
}

export const publish = (command: PublishData, batch: Batch, context: BatchContext): Decision => {
  if (batch.progress.status === "published") return ok([]);
  const { lake, dataset, contract } = context;
  if (dataset.status === "absent" || contract.status === "absent") {
    return unknownBatch(command.batch_id);
  }
  const { run, publication } = command;
  const publishing = { batch, lake, dataset, contract };
  const admitted = admitPublish(publishing, run);
  if (!admitted.ok) return admitted;
  const anonymous = admitAnonymity(contract, publication, dataset.subject_column);
  if (!anonymous.ok) return anonymous;
  const done = progressOf(batch).status === "anonymized";
  if (!done && unprotectedColumns(contract, run).length > 0) {
    return reject(
      "wrong_state",
      "changed-meanwhile",
      `Contract ${contract.contract_id} changed while the batch was being published; ask again.`,
    );
  }
  const warnings = [...admitted.value, ...anonymous.value];
  const published: BatchEvent = { type: "DataPublished", data: { ...publication, warnings } };
  const transformed = run ? [anonymized(run, batch, { approver: null })] : [];
  return readAnew(batch, contract, ok([...transformed, published]));
};
