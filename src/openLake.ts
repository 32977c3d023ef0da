/**
 * Composition root of one lake's parts: its log, keys, turns, deliveries and duties, over the
 * storage of its Durable Object and the bindings of the Worker.
 */

import { type CommandTally, commandTally } from "./application/commandTally.ts";
import { overheard } from "./application/eventStream.ts";
import { lakeCustody } from "./application/lakeCustody.ts";
import { lakeDuties, remoteSteps } from "./application/lakeDuties.ts";
import { lakeService } from "./application/lakeService.ts";
import { lakeStatus, type StatusDeps } from "./application/lakeStatus.ts";
import { lakeTurns } from "./application/lakeTurns.ts";
import { say } from "./application/logging.ts";
import { workLimits } from "./application/planWork.ts";
import type { EventSink } from "./application/ports.ts";
import { reportRebuild } from "./application/rebuildReports.ts";
import { type Relay, relay } from "./application/relay.ts";
import { runDuties } from "./application/runDuties.ts";
import { sayCommand, type Watch, watchedDuties } from "./application/seenCommands.ts";
import { signedHead } from "./application/signedHead.ts";
import { type ReporterDeps, statusReporter } from "./application/statusReporter.ts";
import { wait } from "./application/timers.ts";
import { courier } from "./application/webhooks.ts";
import { calendars } from "./calendar/calendars.ts";
import { subjectTexts } from "./data/subjects/subjectTexts.ts";
import { callsLoopback, type Env, heldIn, rootSecretsOf, type Stores, storesOf } from "./env.ts";
import { type Lake, lakeStore } from "./eventlog/lakeStore.ts";
import type { SinkOutbox } from "./eventlog/outbox.ts";
import { REPORT_VERSION, reportHome, reportSink } from "./reporting/reportSink.ts";
import { statusSink } from "./reporting/statusSink.ts";
import { ownObjects, ownSmallObjects } from "./storage/ownObjects.ts";
import { r2ObjectStore } from "./storage/r2ObjectStore.ts";
import { r2SmallObjects } from "./storage/r2SmallObjects.ts";
import type { LongWork } from "./worker.ts";

/** What a lake is opened in. */
export interface Surroundings {
  readonly ctx: DurableObjectState;
  /** What is bound now. */
  env(): Env;
  /** Null before the lake exists. */
  lake_id(): string | null;
  /** Events were appended. */
  appended(): void;
  /** The reports have all there is. */
  delivered(): void;
  /** Something was committed: there may be something to deliver and something to be woken for. */
  committed(): void;
  /** When the earliest thing is due, ms since the epoch; null when nothing is owed. */
  due(): number | null;
  /** Since when the alarm is being seen to, ms since the epoch; null: it is not. */
  woken(): number | null;
  /** Sets the alarm to what is due next. */
  rearm(): Promise<void>;
}

/** A lake over its storage. Makes the tables that are not there yet. */
export const openLake = (around: Surroundings): Lake => {
  const { ctx } = around;
  const env = around.env();
  const clock = () => new Date();
  const roots = rootSecretsOf(env);
  const own = lakeStore(ctx.storage, { roots, now: clock, report_version: REPORT_VERSION });
  const { stored, keys, tree, imported, sent, owed, looked } = own;
  const log = overheard(stored, around.appended);
  const service = lakeService({
    log,
    clock,
    keys,
    roots,
    held_in: heldIn(ctx.id, env),
    newId: () => crypto.randomUUID(),
    limits: workLimits(env.SYNC_LIMIT_BYTES, env.SEGMENT_BYTES),
    calendars,
    texts: subjectTexts,
    loopback: callsLoopback(env),
  });
  const tally = commandTally();
  const databases = () => storesAround(around).reports;
  const home = reportHome(databases, sent.destination);
  const reporter = reporterOf(around, async (lake_id) => (await home(lake_id)).database, tally, {
    log,
    owed,
    delivered: () => sent.cursor().last_seq,
    delivering: () => sent.cursor().retry_at === null,
    next_ms: around.due,
    woken_ms: around.woken,
    isLocked: () => service.rotation.isLocked(around.lake_id() ?? ""),
  });
  const watch: Watch = (seen) => {
    sayCommand(seen);
    tally.count(seen);
    reporter.nudge();
  };
  const objects = ownSmallObjects(
    r2SmallObjects(() => storesAround(around).objects),
    around.lake_id,
  );
  const keeping = lakeCustody({ log, service, objects, tree, looked, now: clock });
  const turns = lakeTurns({
    service,
    ...keeping,
    importing: () => imported.unfinished,
    commit: {
      transaction: (body) => log.transaction(body),
      committed: around.committed,
      failed: (error) => say("error", "what follows a commit failed", { error }),
      sync: () => ctx.storage.sync(),
    },
    rebuild: reportRebuild({
      outbox: sent,
      head: () => log.head(),
      databases: () => databases().map(({ binding }) => binding),
      enter: (call) => service.ask(call, { kind: "lake", when: null }),
    }),
    watch,
    now_ms: Date.now,
  });
  return {
    log,
    service,
    outbox: sent,
    relay: relayOf(around, sent, reportSink(databases, sent.destination)),
    tree,
    imported,
    turns,
    watch,
    reporter,
    keeping,
    notify: courier({
      log,
      service,
      lake_id: () => around.lake_id() ?? "",
      background: (work) => ctx.waitUntil(work.finally(around.rearm)),
    }),
  };
};

const relayOf = (around: Surroundings, sent: SinkOutbox, sink: EventSink): Relay =>
  relay({
    ...sent,
    lake_id: () => around.lake_id() ?? "",
    sink,
    now: () => new Date(),
    every_ms: Number(around.env().DELIVERY_EVERY_MS) || undefined,
    wait,
    delivered: around.delivered,
    background: (work) => around.ctx.waitUntil(work),
  });

/** How the lake stands goes where its events go. */
const reporterOf = (
  around: Surroundings,
  home: (lake_id: string) => Promise<D1Database>,
  tally: CommandTally,
  deps: StatusDeps & Pick<ReporterDeps, "delivering">,
) =>
  statusReporter({
    sink: { deliver: async (id, report) => statusSink(await home(id)).deliver(id, report) },
    tally,
    process: crypto.randomUUID(),
    lake_id: around.lake_id,
    status: () => lakeStatus(deps),
    delivering: deps.delivering,
    failed: (error) => {
      const lake_id = around.lake_id() ?? "";
      say("warn", "how a lake stands cannot be told to the reports", { lake_id, error });
    },
    now: () => new Date(),
    wait,
    background: (work) => around.ctx.waitUntil(work),
  });

/** Runs what is due. Resolves to how many duties were run. */
export const fulfilDuties = (
  around: Surroundings,
  lake_id: string,
  { log, service, turns, tree, keeping, notify, watch }: Lake,
): Promise<number> =>
  runDuties({
    lake_id,
    schedule: log.schedule,
    now: () => new Date(),
    wait,
    handlers: lakeDuties({
      log,
      service: { ...service, fulfil: watchedDuties(service.fulfil, watch, Date.now) },
      lake_id,
      store: ownObjects(r2ObjectStore(storesAround(around).objects), lake_id),
      now: () => new Date(),
      ...remoteSteps(lake_id, () => longWork(around.ctx)),
      release: (...erasure) => keeping.records.release(lake_id, ...erasure),
      reapply: () => keeping.reapplyNow(lake_id),
      keepRevocation: (duty) => keeping.revocations.keep(lake_id, duty),
      command: (call, request) => turns.command(call, request, null, 0),
      checkpoint: () => signedHead(lake_id, service, tree),
      notify,
    }),
  });

const storesAround = (around: Surroundings): Stores => {
  const env = around.env();
  return storesOf(env, heldIn(around.ctx.id, env));
};

/** The Worker's own entrypoint: heavy work runs there, the object only awaits it. */
const longWork = (ctx: DurableObjectState): LongWork => {
  const exports = ctx.exports as unknown as { LongWork: LongWork };
  return exports.LongWork;
};
