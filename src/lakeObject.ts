/**
 * Composition root of one lake: a Durable Object that wires the log, the keys, the schedule and
 * the outbox together and answers remote calls. It decides nothing itself.
 */
import { DurableObject } from "cloudflare:workers";
import { drainOutbox } from "./application/drainOutbox.ts";
import { groupCommit } from "./application/groupCommit.ts";
import { lakeDuties } from "./application/lakeDuties.ts";
import type { Call, CommandOptions, LakeRequest, WorkRequest } from "./application/lakeGateway.ts";
import { type LakeService, lakeService } from "./application/lakeService.ts";
import { answerProof, type LogTree, type ProofQuestion } from "./application/logProofs.ts";
import { logSigner } from "./application/logSigner.ts";
import type { EventLog } from "./application/ports.ts";
import type { Question } from "./application/questions.ts";
import { runDuties } from "./application/runDuties.ts";
import { checkEventContracts } from "./contracts/events.ts";
import type { Env } from "./env.ts";
import { eventLog } from "./eventlog/eventLog.ts";
import { keys } from "./eventlog/keys.ts";
import { logTree } from "./eventlog/logTree.ts";
import { isInitialised, migrate } from "./eventlog/migrations.ts";
import { type Outbox, outbox } from "./eventlog/outbox.ts";
import { d1Sink } from "./reporting/d1Sink.ts";
import { r2ObjectStore } from "./storage/r2ObjectStore.ts";
import type { LongWork } from "./worker.ts";

checkEventContracts();

/** The name of the one sink there is, in the outbox table. */
const REPORTS_SINK = "reports";

/** An alarm this far ahead sees to what a crash between commit and delivery left behind. */
const OUTBOX_CHECK_MS = 30_000;

interface Lake {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly outbox: Outbox;
  readonly tree: LogTree;
  /** Runs a command together with those that wait beside it. */
  readonly commit: (work: () => CommandResult) => Promise<CommandResult>;
}

type CommandResult = ReturnType<LakeService["command"]>;

export class LakeObject extends DurableObject<Env> {
  #lake: Lake | null = null;
  #draining: Promise<boolean> | null = null;
  /** When the physical alarm is set for, in ms; what is armed is never later than what is due. */
  #armed: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // A lake nobody created stays without a table, however often it is asked for.
    if (isInitialised(ctx.storage.sql)) {
      this.#open();
      void ctx.blockConcurrencyWhile(() => this.#rearm());
    }
  }

  async command(call: Call, request: LakeRequest, options?: CommandOptions) {
    const lake = this.#lakeFor(call, request.type === "CreateDataLake");
    if (lake === null) return NOT_FOUND;
    return lake.commit(() => {
      const result = lake.service.command(call, request, options);
      this.#afterCommit(call.lake_id);
      return result;
    });
  }

  open(call: Call, request: WorkRequest) {
    const lake = this.#lakeFor(call, false);
    if (lake === null) return NOT_FOUND;
    const opened = lake.service.open(call, request);
    this.#afterCommit(call.lake_id);
    return opened;
  }

  abandon(call: Call, attempt_id: string) {
    this.#lakeFor(call, false)?.service.abandon(attempt_id);
  }

  ask(call: Call, question: Question) {
    const lake = this.#lakeFor(call, false);
    if (lake === null) return NOT_FOUND;
    const reply = lake.service.ask(call, question);
    this.#afterCommit(call.lake_id);
    return reply;
  }

  async prove(call: Call, question: ProofQuestion) {
    const lake = this.#lakeFor(call, false);
    if (lake === null) return NOT_FOUND;
    const seed = lake.service.logSeed(call);
    this.#afterCommit(call.lake_id);
    if (!seed.ok) return seed;
    return answerProof(lake.tree, () => logSigner(call.lake_id, seed.value), question);
  }

  /** Resolves when every event has reached the reports, or the attempt failed. */
  async settle(): Promise<boolean> {
    const lake_id = this.#lakeId();
    return lake_id === null ? true : this.#drain(lake_id);
  }

  override async alarm(): Promise<void> {
    this.#armed = null;
    const lake_id = this.#lakeId();
    if (lake_id === null || this.#lake === null) return;
    const { log, service } = this.#lake;
    try {
      await this.#runDuties(lake_id, log, service);
      await this.#drain(lake_id);
    } finally {
      // Whatever went wrong, the next alarm is set: the platform itself tries six times only.
      await this.#rearm();
    }
  }

  #runDuties(lake_id: string, log: EventLog, service: LakeService): Promise<number> {
    return runDuties({
      schedule: log.schedule,
      now: () => new Date(),
      handlers: lakeDuties({
        log,
        service,
        lake_id,
        store: r2ObjectStore(this.env.OBJECTS),
        now: () => new Date(),
        replayStep: (replay_id) => this.#longWork().replayStep(lake_id, replay_id),
      }),
    });
  }

  #open(): Lake {
    migrate(this.ctx.storage);
    const { sql } = this.ctx.storage;
    const log = eventLog(this.ctx.storage);
    const clock = () => new Date();
    const service = lakeService({
      log,
      clock,
      keys: keys(sql, () => clock().toISOString()),
      root_secret: this.env.ROOT_SECRET ?? "",
      newId: () => crypto.randomUUID(),
    });
    const commit = groupCommit<CommandResult>({
      transaction: (body) => log.transaction(body),
      sync: () => this.ctx.storage.sync(),
    });
    this.#lake = { log, service, outbox: outbox(sql), tree: logTree(sql), commit };
    return this.#lake;
  }

  #lakeFor(call: Call, creating: boolean): Lake | null {
    if (this.#lake) return this.#lake;
    return creating || call.is_default ? this.#open() : null;
  }

  #lakeId(): string | null {
    const state = this.#lake?.log.load("lake").state as { lake_id?: string } | undefined;
    return state?.lake_id ?? null;
  }

  /** The Worker's own entrypoint: heavy work runs there, this object only awaits it. */
  #longWork(): LongWork {
    const exports = this.ctx.exports as unknown as { LongWork: LongWork };
    return exports.LongWork;
  }

  #afterCommit(lake_id: string): void {
    const lake = this.#lake;
    if (lake === null) return;
    const behind = lake.log.head() > lake.outbox.cursor(REPORTS_SINK).last_seq;
    this.ctx.waitUntil(this.#rearm());
    if (behind) this.ctx.waitUntil(this.#drain(lake_id));
  }

  /** One drain at a time: it reads until nothing is left, so whoever joins it is served too. */
  async #drain(lake_id: string): Promise<boolean> {
    const lake = this.#lake;
    if (lake === null) return true;
    if (this.#draining) return this.#draining;
    const cursor = lake.outbox.cursor(REPORTS_SINK);
    if (cursor.retry_at && cursor.retry_at > new Date().toISOString()) return false;
    this.#draining = drainOutbox({
      lake_id,
      sink: d1Sink(this.env.REPORTS),
      cursor: () => lake.outbox.cursor(REPORTS_SINK),
      read: (after, limit) => lake.log.read({ after, limit }),
      advance: (seq) => lake.outbox.advance(REPORTS_SINK, seq),
      failed: (error, retry_at) => {
        console.error(`delivery to ${REPORTS_SINK} failed, next try ${retry_at}: ${error}`);
        lake.outbox.failed(REPORTS_SINK, error, retry_at);
      },
      now: () => new Date(),
    }).finally(() => {
      this.#draining = null;
    });
    return this.#draining;
  }

  /** Sets the one physical alarm to the earliest thing due: a duty, or the outbox. */
  async #rearm(): Promise<void> {
    const lake = this.#lake;
    if (lake === null) return;
    const times: number[] = [];
    const duty = lake.log.schedule.next();
    if (duty !== null) times.push(Date.parse(duty));
    const { last_seq, retry_at } = lake.outbox.cursor(REPORTS_SINK);
    if (lake.log.head() > last_seq) {
      times.push(retry_at ? Date.parse(retry_at) : Date.now() + OUTBOX_CHECK_MS);
    }
    const earliest = times.length > 0 ? Math.min(...times) : null;
    // An alarm that rings early finds nothing to do and arms itself anew: only later ones matter.
    if (earliest === null || (this.#armed !== null && this.#armed <= earliest)) return;
    this.#armed = earliest;
    await this.ctx.storage.setAlarm(Math.max(earliest, Date.now()));
  }
}

const NOT_FOUND = {
  ok: false,
  error: { reason: "not_found", code: "lake-not-found", detail: "There is no such lake." },
} as const;
