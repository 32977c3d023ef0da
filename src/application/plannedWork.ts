/**
 * A plan for work that is done outside the lake's turn, and what is kept until its outcome comes
 * back: which objects it writes, so that they go when nobody comes, and what it builds on.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Answer } from "./answers.ts";
import { ATTEMPT_TIMEOUT_MS, type AttemptNote } from "./attempts.ts";
import { keyOfWork } from "./datasetKeys.ts";
import type { Keyring } from "./keyring.ts";
import type { OpenedWork, WorkRequest } from "./lakeGateway.ts";
import type { LakeKeys } from "./lakeKeys.ts";
import { type Planner, planWork } from "./planWork.ts";
import { reader } from "./reader.ts";
import { later } from "./timers.ts";

/** Work that was answered before: there is nothing to do. */
export const answeredWork = (answered: Answer, keyring: Keyring): OpenedWork => ({
  plan: { kind: "nothing" },
  attempt: null,
  dataset_key: null,
  digest_key: keyring.digestKey(),
  answered,
});

/** The plan of `request`, opened under `attempt_id`. Writes the duty that sweeps it. */
export const plannedWork = (
  request: WorkRequest,
  { pending, ...means }: Planner & Pick<LakeKeys, "pending">,
): Result<OpenedWork, Rejection> => {
  const { log, now, attempt_id } = means;
  const planned = planWork(request, means);
  if (!planned.ok) return planned;
  const { plan, writes, expects, takes = false } = planned.value;
  const keyring = means.keyring();
  const dataset_key = keyOfWork(request, plan, reader(log), keyring);
  if (!dataset_key.ok) return dataset_key;
  if (writes.length > 0) {
    const due_at = later(now, ATTEMPT_TIMEOUT_MS);
    const watching = expects.find((each) => "erasures" in each);
    const note: AttemptNote = {
      takes,
      after: log.head(),
      erasures: watching?.erasures ?? null,
    };
    log.transaction(() => {
      pending.write();
      log.schedule.put({
        kind: "sweep_attempt",
        ref: attempt_id,
        due_at,
        payload: { keys: writes, ...note },
      });
    });
    pending.clear();
  }
  return ok({
    plan,
    attempt: writes.length > 0 ? { attempt_id, writes, expects } : null,
    dataset_key: dataset_key.value,
    digest_key: keyring.digestKey(),
    answered: null,
  });
};
