/** Steps of an erasure on the log in memory: planned by the lake, done by nobody, recorded as asked. */
import type { StateOf } from "../../src/application/aggregates.ts";
import type { EraseStepPlan } from "../../src/application/erasePlans.ts";
import { erasureFacts } from "../../src/application/erasureFacts.ts";
import type { Attempt, LakeRequest } from "../../src/application/lakeGateway.ts";
import { deletionId } from "../../src/contracts/fields.ts";
import type { RedactBatch } from "../../src/domain/batch/commands.ts";
import { ok } from "../../src/domain/decider.ts";
import { runningErasure } from "../../src/domain/deletion/deletion.ts";
import type { ErasureStep } from "../../src/domain/deletion/erasure.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import type { Step } from "./batchSteps.ts";
import { objectAt } from "./facts.ts";
import type { TestLake } from "./testLake.ts";

/** What the data plane is made to say: of a batch, and of what was rewritten. */
export interface Findings {
  readonly opened: "redacted" | "destroyed" | "clear" | "missed";
  /** Rows of the subject that are found once more in what was rewritten. */
  readonly left: number;
}

export const FOUND: Findings = { opened: "redacted", left: 0 };

/** A person asks to be forgotten; the request's id. */
export const requestIn = (lake: TestLake, subject_id: string): DeletionId => {
  const said = { subject_id, reason: "please", requested_by: "petra" };
  const about = { identity_verified: null, received_at: null };
  const answer = lake.run({ type: "RequestDeletion", ...said, ...about });
  return deletionId.parse((answer.body.deletion as { deletion_id: string }).deletion_id);
};

export const execute = (
  deletion_id: DeletionId,
  more: Partial<Extract<LakeRequest, { type: "ExecuteDeletion" }>> = {},
): LakeRequest => ({
  type: "ExecuteDeletion",
  deletion_id,
  cause: "command",
  reason: null,
  withhold: null,
  ...more,
});

/** Takes the erasure one step further, whatever the step is. */
export const eraseOnce = (
  lake: TestLake,
  deletion_id: DeletionId,
  findings: Findings = FOUND,
  uploads?: { readonly page: readonly []; readonly last: true },
): Step => {
  const request = { kind: "erase", deletion_id, ...(uploads ? { uploads } : {}) } as const;
  const opened = lake.service.open(lake.call(), request);
  if (!opened.ok) return opened;
  const { plan, attempt } = opened.value;
  if (plan.kind !== "erase") return ok(null);
  const { at_version, step } = plan;
  if (step.kind === "list_uploads") {
    return eraseOnce(lake, deletion_id, findings, { page: [], last: true });
  }
  if (step.kind === "release") return complete(lake, deletion_id);
  if (
    step.kind === "redact" &&
    (findings.opened === "redacted" || findings.opened === "destroyed")
  ) {
    const result = resultOf(step, findings.opened);
    const { batch_id } = step;
    return record(
      lake,
      { type: "RedactBatch", batch_id, deletion_id, at_version, result },
      attempt,
    );
  }
  const steps = notesOf(step, findings);
  return record(lake, { type: "NoteErasureStep", deletion_id, at_version, steps }, attempt);
};

/** Begins to erase what was withheld until now. */
export const endWithholding = (lake: TestLake): Step => {
  const [duty] = lake.log.schedule.due(lake.now(), 1, ["withholding_end"]);
  if (duty === undefined) return ok(null);
  const deletion_id = duty.ref as DeletionId;
  const ended = { type: "NoteWithholdingEnd", deletion_id, now: lake.now() } as const;
  return lake.service.fulfil(lake.call().lake_id, ended, duty);
};

/** Takes it to its end. */
export const erase = (lake: TestLake, deletion_id: DeletionId): void => {
  for (let steps = 0; steps < 1000; steps += 1) {
    const state = lake.log.load(`deletion/${deletion_id}`).state as StateOf<"deletion">;
    if (runningErasure(state) === null) return;
    const taken = eraseOnce(lake, deletion_id);
    if (!taken.ok) throw new Error(taken.error.detail);
    // It waits for other work.
    if (taken.value === null) return;
  }
  throw new Error("an erasure without an end");
};

const record = (lake: TestLake, request: LakeRequest, attempt: Attempt | null): Step =>
  lake.service.command(lake.call(), request, attempt ? { attempt } : undefined);

const notesOf = (step: EraseStepPlan, findings: Findings): readonly ErasureStep[] => {
  if (step.kind !== "verify") return [noteOf(step, findings)];
  return step.batches.map(({ batch_id }) => {
    return { kind: "verified", batch_id, objects: 1, rows_read: 2, rows_found: findings.left };
  });
};

const noteOf = (step: EraseStepPlan, { opened }: Findings): ErasureStep => {
  switch (step.kind) {
    case "note":
      return step.step;
    case "look": {
      const { looks, after, done } = step;
      const hits = looks.map(({ batch_id }) => batch_id);
      return { kind: "looked", after, done, batches: looks.length, hits };
    }
    case "redact": {
      const { batch_id, dataset, looked_for } = step;
      if (opened === "missed") return { kind: "missed", batch_id, dataset, at: looked_for.last_at };
      return { kind: "opened", batch_id, dataset, outcome: "clear", rows_removed: 0 };
    }
    case "uploads":
      return { kind: "uploads", after: step.after, scanned: step.scan.length, deleted: 0 };
    default:
      throw new Error(`nothing to note of a step ${step.kind}`);
  }
};

type Redact = Extract<EraseStepPlan, { kind: "redact" }>;

/** One row less everywhere. */
const resultOf = (
  { raw, rejected, derive, objects }: Redact,
  kind: "redacted" | "destroyed",
): RedactBatch["result"] => {
  if (kind === "destroyed") {
    const gone = objects.map((from) => ({ from, to: null, rows_removed: from.rows }));
    return { kind, reason: "unreadable", looked_for: null, objects: gone };
  }
  const at = (key: string) => objectAt(key, { rows: 2, sha256: "cd".repeat(32) });
  const clean = derive?.clean ? at(derive.clean.target) : null;
  const published = derive?.publish ? at(derive.publish.published_key) : null;
  const successors = new Map([
    [raw.source.key, objectAt(raw.target, { format: raw.source.format, rows: 2 })],
    ...rejected.map(({ source, target }) => [source.key, at(target)] as const),
    ...(derive?.clean && clean ? [[derive.clean.source.key, clean] as const] : []),
    ...(derive?.publish?.sources ?? []).flatMap(({ key }) =>
      published ? [[key, published] as const] : [],
    ),
  ]);
  const report = { rows: 2, columns: [] };
  const run = derive && {
    rules: derive.refine.privacy_rules,
    requested: derive.requested_privacy,
    report,
    schema: derive.refine.schema,
  };
  return {
    kind,
    rows_removed: 1,
    objects: objects.map((from) => ({
      from,
      to: successors.get(from.key) ?? null,
      rows_removed: 1,
    })),
    segments: null,
    subject_index: null,
    lost: null,
    hashes: null,
    run: run && clean && { ...run, object: clean },
    publication:
      derive && published
        ? {
            objects: [published],
            schema: derive.refine.schema,
            rows: 2,
            suppressed_rows: 0,
            k_anonymity: null,
            newest: {},
          }
        : null,
    violated: null,
  };
};

const complete = (lake: TestLake, deletion_id: DeletionId): Step => {
  const deletion = lake.log.load(`deletion/${deletion_id}`).state as StateOf<"deletion">;
  const erasure = runningErasure(deletion);
  if (deletion.status === "absent" || erasure === null) return ok(null);
  const known = erasureFacts(lake.log, deletion, erasure, lake.now(), []);
  // In a random life hardly anything that is erased was consumed before.
  const recipients = [{ consumer: "alice", batches: [], batches_omitted: 0, last_at: lake.now() }];
  const facts = { ...known, recipients };
  const at_version = deletion.version;
  return lake.service.command(lake.call(), {
    type: "CompleteErasure",
    deletion_id,
    at_version,
    facts,
  });
};
