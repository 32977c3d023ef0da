/** What a lake keeps outside of its own database about people: halves of keys, erasures. */
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { type Custody, custody } from "./custody.ts";
import type { SmallObjects } from "./dataPorts.ts";
import { type ErasureRecords, erasureRecords } from "./erasureRecords.ts";
import type { Call } from "./lakeGateway.ts";
import { type LakeService, systemCall } from "./lakeService.ts";
import { logSigner } from "./logSigner.ts";
import type { EventLog } from "./ports.ts";
import type { Reply } from "./questions.ts";
import { isBehind, REAPPLY_DUTY, type ReapplySummary, reapplyErasures } from "./reapplyErasures.ts";

export interface LakeCustody {
  readonly custody: Custody;
  readonly records: ErasureRecords;
  /** See `reapplyErasures`. Rejects the call with `unavailable` when the object store fails. */
  reapply(call: Call): Promise<Result<Reply, Rejection>>;
  /** As a duty: throws what fails, so that it is tried again. */
  reapplyNow(lake_id: string): Promise<ReapplySummary>;
  /**
   * Whenever the lake comes into memory: was it restored since somebody was erased? Then, or when
   * that cannot be found out, the duty to erase them again is owed at once. True when it is.
   */
  atStart(lake_id: string): Promise<boolean>;
}

export interface KeepingDeps {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly objects: SmallObjects;
  readonly now: () => Date;
}

export const lakeCustody = ({ log, service, objects, now }: KeepingDeps): LakeCustody => {
  const failed = (error: unknown) => console.error(`custody of keys: ${error}`);
  const halves = custody({
    objects,
    forget: (lake_id, subjects) => service.forgetKeys(lake_id, subjects),
    failed,
  });
  const records = erasureRecords({
    log,
    objects,
    custody: halves,
    signer: async (lake_id) => {
      const seed = service.logSeed(systemCall(lake_id));
      if (!seed.ok) throw new Error(seed.error.detail);
      return logSigner(lake_id, seed.value);
    },
  });
  const about = { log, service, records, custody: halves };

  return {
    custody: halves,
    records,

    async reapply(call) {
      const lake = service.ask(call, { kind: "lake", when: null });
      if (!lake.ok) return lake;
      try {
        return ok({ kind: "reapplied", summary: await reapplyErasures(about, call.lake_id) });
      } catch (error) {
        failed(error);
        return unfinished();
      }
    },

    async reapplyNow(lake_id) {
      const summary = await reapplyErasures(about, lake_id);
      const { refused } = summary;
      if (refused.length > 0) throw new Error(`no record of this lake's: ${refused.join(", ")}`);
      return summary;
    },

    async atStart(lake_id) {
      try {
        if (!(await isBehind(about, lake_id))) return false;
      } catch (error) {
        failed(error);
      }
      log.schedule.put({ ...REAPPLY_DUTY, due_at: now().toISOString(), payload: {} });
      return true;
    },
  };
};

const unfinished = () =>
  reject(
    "unavailable",
    "reapply-unfinished",
    "The object store, which has the records, failed on the way: what was done stays done; ask again.",
  );
