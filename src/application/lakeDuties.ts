/** What each kind of duty does when its time has come. */

import type { WorkStep } from "../domain/batch/work.ts";
import type { BatchId, DeletionId, ReplayId, SubjectAccessId } from "../domain/ids.ts";
import { nextBatch } from "../domain/replay/replay.ts";
import { accessDuties } from "./accessDuties.ts";
import { oweCheckpoint, type SignedHead, writeCheckpoint } from "./checkpoints.ts";
import { reader } from "./commands.ts";
import type { ObjectStore } from "./dataPorts.ts";
import { type ErasureDutyDeps, erasureDuties } from "./erasureDuties.ts";
import { freshnessDuties } from "./freshnessDuties.ts";
import type { WorkStepRequest } from "./lakeGateway.ts";
import type { LakeService } from "./lakeService.ts";
import { say } from "./logging.ts";
import { type Origin, originOf } from "./origins.ts";
import type { EventLog, PendingDuty } from "./ports.ts";
import { retentionDuties } from "./retentionDuties.ts";
import { beginStep, type DutyDeps, isLastTry, MAX_ATTEMPTS } from "./runDuties.ts";
import { stillOwed } from "./takenUploads.ts";
import type { AccessProgress } from "./work/accessWork.ts";
import type { ReplayStep } from "./work/replayWork.ts";

export interface LakeDutyDeps {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly lake_id: string;
  readonly store: ObjectStore;
  readonly now: () => Date;
  heldIn(batch_id: BatchId): Promise<readonly DeletionId[]>;
  /** One step of answering a request for access. */
  accessStep(id: SubjectAccessId, often: boolean): Promise<AccessProgress>;
  replayStep(replay_id: ReplayId): Promise<ReplayStep>;
  workStep(step: WorkStepRequest, origin: Origin): Promise<void>;
  readonly eraseStep: ErasureDutyDeps["eraseStep"];
  readonly release: ErasureDutyDeps["release"];
  /** Erases again whom the lake had erased before it was restored. */
  reapply(): Promise<unknown>;
  /** Puts on record outside of the lake what was taken from somebody. */
  keepRevocation(duty: PendingDuty): Promise<void>;
  readonly command: ErasureDutyDeps["command"];
  /** The log's head as it is now, signed. */
  checkpoint(): Promise<SignedHead>;
  /** Begins one attempt to deliver a notification; it goes on beside the other duties. */
  notify(duty: PendingDuty): void;
}

type Steps = Pick<LakeDutyDeps, "heldIn" | "accessStep" | "replayStep" | "workStep" | "eraseStep">;

/** The same, of whichever lake is named. */
type RemoteSteps = {
  readonly [Name in keyof Steps]: (
    lake_id: string,
    ...step: Parameters<Steps[Name]>
  ) => ReturnType<Steps[Name]>;
};

/** What is done outside of the lake: `work` is asked at every step, as stubs do not last. */
export const remoteSteps = (lake_id: string, work: () => RemoteSteps): Steps => ({
  heldIn: (batch_id) => work().heldIn(lake_id, batch_id),
  accessStep: (...step) => work().accessStep(lake_id, ...step),
  replayStep: (replay_id) => work().replayStep(lake_id, replay_id),
  workStep: (...step) => work().workStep(lake_id, ...step),
  eraseStep: (...step) => work().eraseStep(lake_id, ...step),
});

const stepOf = ({ payload }: PendingDuty): WorkStepRequest => ({
  kind: "work_step",
  batch_id: String(payload.batch_id) as BatchId,
  work_id: String(payload.work_id),
  step: String(payload.step) as WorkStep,
});

/** How soon a replay that waits for something looks again. */
const REPLAY_POLL_MS = 1_000;

const keysOf = ({ payload }: PendingDuty): readonly string[] => {
  const { keys } = payload;
  return Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];
};

export const lakeDuties = ({
  log,
  service,
  lake_id,
  store,
  now,
  heldIn,
  accessStep,
  replayStep,
  workStep,
  eraseStep,
  release,
  reapply,
  keepRevocation,
  command,
  checkpoint,
  notify,
}: LakeDutyDeps): DutyDeps["handlers"] => ({
  ...retentionDuties({ log, service, lake_id, store, now, heldIn }),
  ...freshnessDuties({ log, service, lake_id, now }),
  ...accessDuties({ log, service, lake_id, now, accessStep }),
  ...erasureDuties({ log, service, lake_id, store, now, eraseStep, release, command }),

  deletion_due: noting("NoteDeletionDue", { service, lake_id, now }),
  deletion_reminder: noting("NoteDeletionApproaching", { service, lake_id, now }),
  hold_end: noting("NoteHoldEnd", { service, lake_id, now }),

  reapply_erasures: async (duty) => {
    await reapply();
    log.schedule.remove(duty);
  },

  keep_revocation: async (duty) => {
    await keepRevocation(duty);
    log.schedule.remove(duty);
  },

  rewrap_key: async (duty) => {
    service.rotation.rewrap(lake_id);
    log.schedule.remove(duty);
  },

  webhook_delivery: async (duty) => notify(duty),

  delete_objects: async (duty) => {
    const keys = await stillOwed(store, duty, keysOf(duty), service.digestKey(lake_id));
    await (duty.payload.unfinished === true ? store.clear(keys) : store.delete(keys));
    log.schedule.remove(duty);
  },

  // The duty goes first: once it is gone, a late result of this work is refused.
  sweep_attempt: async (duty) => {
    const keys = keysOf(duty);
    log.transaction(() => {
      log.schedule.remove(duty);
      log.schedule.put({
        kind: "delete_objects",
        ref: duty.ref,
        due_at: duty.due_at,
        // Whoever wrote them may have died in the middle of an object.
        payload: { keys, unfinished: true },
      });
    });
  },

  write_checkpoint: async (duty) => {
    const head = await checkpoint();
    await writeCheckpoint(store, lake_id, head);
    log.transaction(() => {
      log.schedule.remove(duty);
      // What came while it was being written is not covered.
      if (log.head() > head.tree_size) oweCheckpoint(log, now().toISOString());
    });
  },

  work_step: async (duty) => {
    const step = stepOf(duty);
    try {
      beginStep(log.schedule, duty, now());
      await workStep(step, originOf(duty));
      // Recorded, and then it is gone already; or there was nothing left of it to do.
      log.schedule.remove(duty);
    } catch (error) {
      if (!isLastTry(log.schedule, duty)) throw error;
      // The last try: the work is given up, visibly. The error's own words stay out of the log.
      const { batch_id, work_id } = step;
      say("error", "work on a batch is given up", { batch_id, step: step.step, error });
      const reason = `The step ${step.step} ${inVain(duty)}.`;
      const failed = service.fulfil(lake_id, { type: "FailWork", batch_id, work_id, reason }, duty);
      if (!failed.ok) throw new Error(failed.error.detail);
    }
  },

  replay_step: async (duty) => {
    const replay_id = duty.ref as ReplayId;
    try {
      beginStep(log.schedule, duty, now());
      const next = await replayStep(replay_id);
      if (next === "done") log.schedule.remove(duty);
      // One batch a step: between two of them other duties have their turn.
      else if (log.schedule.find(duty)) {
        const wait_ms = next === "wait" ? REPLAY_POLL_MS : 0;
        const due_at = new Date(now().getTime() + wait_ms).toISOString();
        log.schedule.put({ ...duty, due_at });
      }
    } catch (error) {
      if (!isLastTry(log.schedule, duty)) throw error;
      // The last try: this batch is given up, visibly, and the replay goes on with the next.
      const replay = reader(log).replay(replay_id);
      const batch_id = replay.status === "absent" ? null : nextBatch(replay);
      if (batch_id === null) throw error;
      say("error", "a replay gives up a batch", { replay_id, batch_id, error });
      giveUp(service, lake_id, duty, replay_id, batch_id);
    }
  },
});

/** What the clock brings to a request is recorded in the transaction that takes the duty off. */
const noting =
  (
    type: "NoteDeletionDue" | "NoteDeletionApproaching" | "NoteHoldEnd",
    { service, lake_id, now }: Pick<LakeDutyDeps, "service" | "lake_id" | "now">,
  ) =>
  async (duty: PendingDuty): Promise<void> => {
    const deletion_id = duty.ref as DeletionId;
    const noted = service.fulfil(lake_id, { type, deletion_id, now: now().toISOString() }, duty);
    if (!noted.ok) throw new Error(noted.error.detail);
  };

/** As it was before its last try. */
const inVain = ({ begun }: PendingDuty): string =>
  begun === 0
    ? `failed ${MAX_ATTEMPTS} times`
    : `was tried ${MAX_ATTEMPTS} times, and ${begun} times the process that did it ended before it`;

const giveUp = (
  service: LakeService,
  lake_id: string,
  duty: PendingDuty,
  replay_id: ReplayId,
  batch_id: BatchId,
): void => {
  // The error's own words stay out of the log: they are not Lethe's.
  const reason = `it ${inVain(duty)}`;
  const noted = service.fulfil(
    lake_id,
    { type: "NoteReplayProgress", replay_id, batch_id, outcome: "failed", reason, rows: 0 },
    duty,
  );
  if (!noted.ok) throw new Error(noted.error.detail);
};
