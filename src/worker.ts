/**
 * Composition root of the Worker: what the platform calls. Requests go to the HTTP app, the clock to
 * the upkeep, the heavy work of lakes to an entrypoint of its own.
 */
import { env, WorkerEntrypoint } from "cloudflare:workers";
import { answering } from "./application/courtesy.ts";
import type { WorkStepRequest } from "./application/lakeGateway.ts";
import { setLogLevel } from "./application/logging.ts";
import type { Origin } from "./application/origins.ts";
import { systemCall } from "./application/systemCall.ts";
import { type AccessProgress, accessStep } from "./application/work/accessWork.ts";
import { type EraseStep, eraseStep } from "./application/work/eraseWork.ts";
import { heldIn } from "./application/work/lookups.ts";
import { type ReplayStep, replayStep } from "./application/work/replayWork.ts";
import { workStep } from "./application/work/stepWork.ts";
import type { Workshop } from "./application/work/workshop.ts";
import { CONSOLE_POLICY, consoleFiles } from "./console/consoleFiles.ts";
import type { BatchId, DeletionId, ReplayId, SubjectAccessId } from "./domain/ids.ts";
import type { Env } from "./env.ts";
import { createApp } from "./http/app.ts";
import { placesOf } from "./lakesAt.ts";
import { depsOf, workshopAt } from "./services.ts";
import { onCron } from "./upkeep.ts";

setLogLevel(env.LOG_LEVEL);

export { LakeObject } from "./lakeObject.ts";

/** Heavy work that a lake's alarm sets in motion runs here, outside the lake's own turn. */
export class LongWork extends WorkerEntrypoint<Env> {
  /** One step of long work on a batch; rejects when it is to be tried again. */
  async workStep(lake_id: string, step: WorkStepRequest, origin: Origin): Promise<void> {
    return workStep(await this.#at(lake_id), { ...systemCall(lake_id), ...origin }, step);
  }

  /** Erasures on hold that keep a batch from expiring. */
  async heldIn(lake_id: string, batch_id: BatchId): Promise<readonly DeletionId[]> {
    const held = await heldIn(await this.#at(lake_id), systemCall(lake_id), batch_id);
    if (!held.ok) throw new Error(`retention of batch ${batch_id}: ${held.error.detail}`);
    return held.value;
  }

  /** One step of answering a request for access; resolves to whether there is more to do. */
  async accessStep(lake_id: string, id: SubjectAccessId, often: boolean): Promise<AccessProgress> {
    return accessStep(await this.#at(lake_id), systemCall(lake_id), id, often);
  }

  /** One step of an erasure; resolves to what comes next, rejects when it is to be tried again. */
  async eraseStep(lake_id: string, deletion_id: DeletionId, origin: Origin): Promise<EraseStep> {
    return eraseStep(await this.#at(lake_id), { ...systemCall(lake_id), ...origin }, deletion_id);
  }

  /** One step of a replay; resolves to what comes next. */
  async replayStep(lake_id: string, replay_id: string): Promise<ReplayStep> {
    return replayStep(await this.#at(lake_id), systemCall(lake_id), replay_id as ReplayId);
  }

  async #at(lake_id: string): Promise<Workshop> {
    return workshopAt(this.env, await placesOf(this.env).of(lake_id), lake_id);
  }
}

const app = createApp((c, origin) => depsOf(c.env as Env, origin), {
  files: consoleFiles,
  policy: CONSOLE_POLICY,
});

export default {
  fetch: (request, env, ctx) => answering(async () => app.fetch(request, env, ctx)),
  scheduled: (controller, env) => onCron(controller, env),
} satisfies ExportedHandler<Env>;
