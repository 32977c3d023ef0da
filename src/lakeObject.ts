/**
 * Composition root of one lake: a Durable Object that wires the log, the keys, the schedule and
 * the outbox together and answers remote calls. It decides nothing itself.
 */
import { DurableObject } from "cloudflare:workers";
import { closed, makesDefault } from "./application/entrance.ts";
import {
  type EventStream,
  eventStream,
  type ListenRequest,
  overheard,
} from "./application/eventStream.ts";
import type { ImportRequest } from "./application/importLog.ts";
import { lakeCustody } from "./application/lakeCustody.ts";
import { lakeDuties, remoteSteps } from "./application/lakeDuties.ts";
import type { Call, WorkRequest } from "./application/lakeGateway.ts";
import { lakeService } from "./application/lakeService.ts";
import { type Carried, carriedTexts, readCommand, writeAnswer } from "./application/lakeStub.ts";
import { lakeTurns } from "./application/lakeTurns.ts";
import { nextAlarm } from "./application/nextAlarm.ts";
import type { Whereabouts } from "./application/places.ts";
import { workLimits } from "./application/planWork.ts";
import { prove, type SignedQuestion } from "./application/prove.ts";
import type { LakeQuestion } from "./application/questions.ts";
import { type Relay, relay } from "./application/relay.ts";
import { runDuties } from "./application/runDuties.ts";
import { signedHead } from "./application/signedHead.ts";
import { every, wait } from "./application/timers.ts";
import { courier } from "./application/webhooks.ts";
import { calendars } from "./calendar/calendars.ts";
import { checkEventContracts } from "./contracts/events.ts";
import { subjectTexts } from "./data/subjects/subjectTexts.ts";
import type { Jurisdiction } from "./domain/residency.ts";
import { type Env, heldIn, rootSecretsOf, type Stores, storesOf } from "./env.ts";
import { importIntoLake } from "./eventlog/importIntoLake.ts";
import { type Lake, lakeStore } from "./eventlog/lakeStore.ts";
import { isInitialised } from "./eventlog/migrations.ts";
import type { SinkOutbox } from "./eventlog/outbox.ts";
import { elsewhere, keepElsewhere } from "./eventlog/whereabouts.ts";
import { serverSentEvents } from "./http/serverSentEvents.ts";
import { d1Sink } from "./reporting/d1Sink.ts";
import { r2ObjectStore } from "./storage/r2ObjectStore.ts";
import { r2SmallObjects } from "./storage/r2SmallObjects.ts";
import type { LongWork } from "./worker.ts";

checkEventContracts();

/** How soon a lake whose keys do not open looks again. */
const LOCKED_RETRY_MS = 60_000;

export class LakeObject extends DurableObject<Env> {
  #lake: Lake | null = null;
  /** Whoever listens to this lake now; made when the first one comes. */
  #stream: EventStream | null = null;
  /** When the physical alarm is set for, in ms; what is armed is never later than what is due. */
  #armed: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // A lake nobody created stays without a table, however often it is asked for.
    if (isInitialised(ctx.storage.sql) && elsewhere(ctx.storage) === null) {
      this.#open();
      void ctx.blockConcurrencyWhile(() => this.#rearm());
      ctx.waitUntil(this.#lookBack());
    }
  }

  /** Where the lake of this object's name is, see application/places.ts. */
  whereabouts(): Whereabouts {
    const here = this.#lakeId() !== null || this.#lake?.imported.unfinished;
    return here ? "here" : (elsewhere(this.ctx.storage) ?? "nowhere");
  }

  claim(jurisdiction: Jurisdiction): Whereabouts {
    if (this.whereabouts() === "here") return "here";
    // Tables may be left of a creation that was refused: there is no lake in them, nor will be.
    this.#close();
    return keepElsewhere(this.ctx.storage, jurisdiction);
  }

  /** A command as text, see application/lakeStub.ts. */
  async commandText(text: string): Promise<string> {
    const [call, request, options] = readCommand(text);
    const lake = this.#lakeFor(call, request.type === "CreateDataLake");
    if (lake === null) return writeAnswer(this.#refusal(call));
    return writeAnswer(await lake.turns.command(call, request, options, text.length));
  }

  /** Several commands that came in one call, see application/gathering.ts. */
  commandTexts(texts: readonly string[]): Promise<readonly Carried[]> {
    return carriedTexts(texts, (text) => this.commandText(text));
  }

  async open(call: Call, request: WorkRequest) {
    const lake = this.#lakeFor(call, false);
    if (lake === null) return this.#refusal(call);
    const opened = await lake.turns.open(call, request);
    this.#afterCommit();
    return opened;
  }

  abandon(call: Call, attempt_id: string) {
    this.#lakeFor(call, false)?.service.abandon(call, attempt_id);
  }

  async ask(call: Call, question: LakeQuestion) {
    const lake = this.#lakeFor(call, false);
    if (lake === null) return this.#refusal(call, question);
    const reply = await lake.turns.ask(call, question);
    this.#afterCommit();
    return reply;
  }

  async prove(call: Call, question: SignedQuestion) {
    const lake = this.#lakeFor(call, false);
    if (lake === null) return this.#refusal(call);
    const seed = lake.service.logSeed(call);
    this.#afterCommit();
    return seed.ok ? prove(lake, call.lake_id, seed.value, question) : seed;
  }

  /**
   * A stream holds the object in memory as long as someone listens: hibernation is for WebSockets
   * only. After an eviction the client comes back with the last id it has seen.
   */
  async listen(call: Call, request: ListenRequest) {
    const lake = this.#lakeFor(call, false);
    if (lake === null) return this.#refusal(call);
    const filter = { ...request.filter, after: request.after ?? 0, limit: 1 };
    const asked = lake.service.ask(call, { kind: "events", filter });
    this.#afterCommit();
    if (!asked.ok) return asked;
    this.#stream ??= eventStream({
      log: lake.log,
      sync: () => this.ctx.storage.sync(),
      format: serverSentEvents(call.lake_id),
      every,
      failed: (error) => console.error(`listeners of ${call.lake_id}: ${error}`),
    });
    return this.#stream.listen(request, () => lake.service.admits(call));
  }

  /** How many listen to this lake now. */
  get listeners(): number {
    return this.#stream?.listeners ?? 0;
  }

  async importLog(call: Call, request: ImportRequest) {
    const object = {
      storage: this.ctx.storage,
      lake: () => this.#lake,
      open: () => this.#open(),
      close: () => this.#close(),
    };
    const answered = await importIntoLake(object, call, request);
    this.#afterCommit();
    return answered;
  }

  #close(): void {
    this.#lake = null;
    this.#armed = null;
  }

  /** Resolves when every event has reached the reports, or the attempt failed. */
  async settle(): Promise<boolean> {
    return this.#lakeId() === null || this.#lake === null ? true : this.#lake.relay.settle();
  }

  override async alarm(): Promise<void> {
    this.#armed = null;
    const [lake_id, lake] = [this.#lakeId(), this.#lake];
    if (lake_id === null || lake === null) return;
    // Without its keys a lake could only fail: what it owes waits, and nothing of it is given up.
    const locked = lake.service.rotation.isLocked(lake_id);
    try {
      if (locked) console.error(`lake ${lake_id} is locked: its duties wait for the root secret`);
      else await this.#runDuties(lake_id, lake);
      await lake.relay.settle();
    } finally {
      // Whatever went wrong, the next alarm is set: the platform itself tries six times only.
      await this.#rearm(locked ? LOCKED_RETRY_MS : 0);
    }
  }

  /** Was the database restored? Then that is put on record, and who was erased since is again. */
  async #lookBack(): Promise<void> {
    const [lake_id, lake] = [this.#lakeId(), this.#lake];
    if (lake_id !== null && lake && (await lake.keeping.atStart(lake_id))) await this.#rearm();
  }

  #runDuties(lake_id: string, lake: Lake): Promise<number> {
    const { log, service, turns, keeping } = lake;
    return runDuties({
      schedule: log.schedule,
      now: () => new Date(),
      wait,
      handlers: lakeDuties({
        log,
        service,
        lake_id,
        store: r2ObjectStore(this.#stores().objects),
        now: () => new Date(),
        ...remoteSteps(lake_id, () => this.#longWork()),
        release: (...erasure) => keeping.records.release(lake_id, ...erasure),
        reapply: () => keeping.reapplyNow(lake_id),
        command: (call, request) => turns.command(call, request, null, 0),
        checkpoint: () => signedHead(lake_id, service, lake.tree),
        notify: lake.notify,
      }),
    });
  }

  #open(): Lake {
    const clock = () => new Date();
    const roots = rootSecretsOf(this.env);
    const own = lakeStore(this.ctx.storage, { roots, now: clock });
    const { stored, keys, tree, imported, sent } = own;
    const log = overheard(stored, () => this.#stream?.appended());
    const service = lakeService({
      log,
      clock,
      keys,
      roots,
      held_in: heldIn(this.ctx.id, this.env),
      newId: () => crypto.randomUUID(),
      limits: workLimits(this.env.SYNC_LIMIT_BYTES, this.env.SEGMENT_BYTES),
      calendars,
      texts: subjectTexts,
      loopback: this.env.AUTH === "open",
    });
    const objects = r2SmallObjects(() => this.#stores().objects);
    const keeping = lakeCustody({ log, service, objects, tree, now: clock });
    const turns = lakeTurns({
      service,
      ...keeping,
      importing: () => imported.unfinished,
      commit: {
        transaction: (body) => log.transaction(body),
        committed: () => this.#afterCommit(),
        failed: (error) => console.error(`after a commit: ${error}`),
        sync: () => this.ctx.storage.sync(),
      },
    });
    this.#lake = {
      log,
      service,
      outbox: sent,
      relay: this.#relayOf(sent),
      tree,
      imported,
      turns,
      keeping,
      notify: courier({
        log,
        service,
        lake_id: () => this.#lakeId() ?? "",
        background: (work) => this.ctx.waitUntil(work.finally(() => this.#rearm())),
      }),
    };
    return this.#lake;
  }

  #relayOf(sent: SinkOutbox): Relay {
    return relay({
      ...sent,
      lake_id: () => this.#lakeId() ?? "",
      sink: { deliver: (id, events) => d1Sink(this.#stores().reports).deliver(id, events) },
      now: () => new Date(),
      wait,
      background: (work) => this.ctx.waitUntil(work),
    });
  }

  #stores(): Stores {
    return storesOf(this.env, heldIn(this.ctx.id, this.env));
  }

  #lakeFor(call: Call, creating: boolean): Lake | null {
    if (this.#lake) return this.#lake.imported.unfinished ? null : this.#lake;
    const makes = (creating || makesDefault(call)) && elsewhere(this.ctx.storage) === null;
    return makes ? this.#open() : null;
  }

  /** Why there is no lake to ask. */
  #refusal({ caller }: Call, question?: LakeQuestion) {
    return closed(caller, this.#lake?.imported.unfinished ?? false, question);
  }

  #lakeId(): string | null {
    if (this.#lake?.imported.unfinished) return null;
    const state = this.#lake?.log.load("lake").state as { lake_id?: string } | undefined;
    return state?.lake_id ?? null;
  }

  /** The Worker's own entrypoint: heavy work runs there, this object only awaits it. */
  #longWork(): LongWork {
    const exports = this.ctx.exports as unknown as { LongWork: LongWork };
    return exports.LongWork;
  }

  #afterCommit(): void {
    const lake = this.#lake;
    if (lake === null || lake.imported.unfinished) return;
    this.ctx.waitUntil(this.#rearm());
    lake.relay.nudge();
  }

  /** Sets the one physical alarm to the earliest thing due: a duty, or the outbox. */
  async #rearm(wait_ms = 0): Promise<void> {
    const lake = this.#lake;
    if (lake === null || lake.imported.unfinished) return;
    const next = nextAlarm(lake.log, lake.outbox.cursor(), Date.now());
    const earliest = next && Math.max(next, Date.now() + wait_ms);
    // An alarm that rings early finds nothing to do and arms itself anew: only later ones matter.
    if (earliest === null || (this.#armed !== null && this.#armed <= earliest)) return;
    this.#armed = earliest;
    await this.ctx.storage.setAlarm(Math.max(earliest, Date.now()));
  }
}
