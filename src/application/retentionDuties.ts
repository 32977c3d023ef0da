/**
 * What is kept no longer than it may be: batches to the end of their contract's retention,
 * uploads until they are taken over or forgotten. Every duty finds out itself whether its time
 * has come, so that one that was put too early does no harm.
 */
import { retentionEnd } from "../domain/batch/expiry.ts";
import { isRunning } from "../domain/batch/work.ts";
import type { BatchId, DeletionId } from "../domain/ids.ts";
import { reader } from "./commands.ts";
import { FROZEN_LOOK_MS } from "./consequences.ts";
import type { ObjectStore, StoredObject } from "./dataPorts.ts";
import type { LakeService } from "./lakeService.ts";
import { landingKey } from "./objectKeys.ts";
import { anyHeld, keepersOf } from "./planHeldIn.ts";
import type { DirectoryEntry, EventLog, PendingDuty } from "./ports.ts";
import type { DutyDeps } from "./runDuties.ts";
import { isSpared } from "./takenUploads.ts";
import { later } from "./timers.ts";

/** Batches whose end is moved in one turn, when their contract's retention has changed. */
export const BATCHES_PER_STEP = 100;

/** How soon a batch is looked at again whose file is still being taken over. */
const ARRIVING_LOOK_MS = 60 * 60_000;

/** How soon one is that somebody else may have come to keep. */
const KEPT_LOOK_MS = 1_000;

/** How far the object store's clock may be from the lake's. */
const CLOCK_SKEW_MS = 5 * 60_000;

export interface RetentionDeps {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly lake_id: string;
  readonly store: ObjectStore;
  readonly now: () => Date;
  /** Requests for which the batch has to be kept, because it may hold their persons. */
  heldIn(batch_id: BatchId): Promise<readonly DeletionId[]>;
}

type RetentionKind = "retention_due" | "retention_change" | "sweep_upload";

export const retentionDuties = ({
  log,
  service,
  lake_id,
  store,
  now,
  heldIn,
}: RetentionDeps): Pick<DutyDeps["handlers"], RetentionKind> => {
  /** Says so once, and looks again a day later. */
  const keep = (duty: PendingDuty, deletion_ids: readonly DeletionId[], at: string): void => {
    const batch_id = duty.ref as BatchId;
    const command = { type: "FreezeRetention", batch_id, deletion_ids, now: at } as const;
    const kept = service.fulfil(lake_id, command, duty);
    if (!kept.ok) throw new Error(kept.error.detail);
    log.schedule.put({ ...duty, due_at: later(at, FROZEN_LOOK_MS) });
  };
  return {
    retention_due: async (duty) => {
      const at = now().toISOString();
      if (isArriving(log, duty.ref)) {
        log.schedule.put({ ...duty, due_at: later(at, ARRIVING_LOOK_MS) });
        return;
      }
      const due_at = endOf(log, duty.ref);
      if (due_at === null) {
        log.schedule.remove(duty);
        return;
      }
      if (at < due_at) {
        log.schedule.put({ ...duty, due_at });
        return;
      }
      const batch_id = duty.ref as BatchId;
      const keepers = () => keepersOf(log, datasetOf(log, batch_id), at);
      const asked = new Set(keepers());
      const frozen = anyHeld(log) ? await heldIn(batch_id) : [];
      if (frozen.length > 0) {
        keep(duty, frozen, at);
        return;
      }
      // From here on nothing is awaited. Of who came meanwhile nobody was asked: it is due still.
      if (keepers().some((id) => !asked.has(id))) {
        log.schedule.put({ ...duty, due_at: later(at, KEPT_LOOK_MS) });
        return;
      }
      const expired = service.fulfil(lake_id, { type: "ExpireBatch", batch_id, now: at }, duty);
      if (!expired.ok) throw new Error(expired.error.detail);
    },

    // A page of the dataset's batches a turn: between two of them commands have theirs.
    retention_change: async (duty) => {
      const contract = reader(log).contract(duty.ref);
      const { after } = duty.payload;
      const page =
        contract.status === "absent"
          ? []
          : log.directory.list({
              kind: "batch",
              dataset: contract.dataset,
              after: typeof after === "number" ? after : 0,
              limit: BATCHES_PER_STEP,
            });
      log.transaction(() => {
        for (const entry of page) moveEnd(log, entry, duty);
        const last = page.at(-1);
        if (last === undefined || page.length < BATCHES_PER_STEP) log.schedule.remove(duty);
        else log.schedule.put({ ...duty, payload: { ...duty.payload, after: last.created_seq } });
      });
    },

    sweep_upload: async (duty) => {
      const key = landingKey(lake_id, duty.ref);
      const landed = await store.head(key);
      const spared = (upload: StoredObject) => isSpared(upload, duty, service.digestKey(lake_id));
      const swept = landed !== null && meant(landed.uploaded_at, duty) && !spared(landed);
      if (swept) await store.delete([key]);
      // Another URL for that name may have been signed meanwhile: its duty is another one.
      if (log.schedule.find(duty)?.due_at === duty.due_at) log.schedule.remove(duty);
    },
  };
};

/** Whether the batch is still being taken over: then its retention runs, and it is not there yet. */
const isArriving = (log: EventLog, batch_id: string): boolean => {
  const state = reader(log).batch(batch_id);
  return state.status === "requested" && isRunning(state.work);
};

const datasetOf = (log: EventLog, batch_id: BatchId): string => {
  const state = reader(log).batch(batch_id);
  return state.status === "held" ? state.batch.dataset : "";
};

/** When the batch's retention ends (RFC 3339), or null when there is nothing left to expire. */
const endOf = (log: EventLog, batch_id: string): string | null => {
  const read = reader(log);
  const state = read.batch(batch_id);
  if (state.status !== "held") return null;
  const contract = read.contract(state.batch.contract_id);
  if (contract.status === "absent") return null;
  return retentionEnd(state.batch.appended_at, contract.retention_days);
};

const moveEnd = (log: EventLog, { id, status }: DirectoryEntry, { ref, payload }: PendingDuty) => {
  if (status === "expired") return;
  const state = reader(log).batch(id);
  if (state.status !== "held" || state.batch.contract_id !== ref) return;
  const due_at = endOf(log, id);
  const duty = { kind: "retention_due", ref: id } as const;
  if (due_at === null || log.schedule.find(duty)?.due_at === due_at) return;
  const { after: _, ...origin } = payload;
  log.schedule.put({ ...duty, due_at, payload: origin });
};

/** Whether what lies there is the upload the duty is about, and not one before or after it. */
const meant = (uploaded_at: Date, { payload: { from, until } }: PendingDuty): boolean => {
  const at = uploaded_at.getTime();
  const late = typeof from !== "string" || at >= Date.parse(from) - CLOCK_SKEW_MS;
  const early = typeof until !== "string" || at <= Date.parse(until) + CLOCK_SKEW_MS;
  return late && early;
};
