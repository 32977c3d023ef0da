/**
 * One lake as the platform has it: a Durable Object that answers remote calls and wakes for what is
 * due. It decides nothing itself; openLake.ts says what a lake is made of.
 */
import { DurableObject } from "cloudflare:workers";
import { countedAs } from "./application/callers.ts";
import { closed, makesDefault } from "./application/entrance.ts";
import { type EventStream, eventStream, type ListenRequest } from "./application/eventStream.ts";
import type { ImportRequest } from "./application/importLog.ts";
import {
  type AlarmCheck,
  alarmFields,
  type LakeAlarm,
  lakeAlarm,
} from "./application/lakeAlarm.ts";
import type { Call, WorkRequest } from "./application/lakeGateway.ts";
import { type Carried, carriedTexts, readCommand, writeAnswer } from "./application/lakeStub.ts";
import { say } from "./application/logging.ts";
import { nextAlarm } from "./application/nextAlarm.ts";
import type { Whereabouts } from "./application/places.ts";
import { prove, type SignedQuestion } from "./application/prove.ts";
import type { LakeQuestion } from "./application/questions.ts";
import { DELIVERY_EVERY_MS } from "./application/relay.ts";
import { atMost, every, wait } from "./application/timers.ts";
import { checkEventContracts } from "./contracts/events.ts";
import type { Result } from "./domain/decider.ts";
import type { Rejection } from "./domain/rejection.ts";
import type { Jurisdiction } from "./domain/residency.ts";
import type { Env } from "./env.ts";
import { importIntoLake } from "./eventlog/importIntoLake.ts";
import type { Lake } from "./eventlog/lakeStore.ts";
import { isInitialised } from "./eventlog/migrations.ts";
import { elsewhere, keepElsewhere } from "./eventlog/whereabouts.ts";
import { serverSentEvents } from "./http/serverSentEvents.ts";
import { fulfilDuties, openLake, type Surroundings } from "./openLake.ts";

checkEventContracts();

/** For so long at most an alarm waits for the reports, and no duty is done meanwhile. */
const DELIVERY_PATIENCE_MS = 5_000;

/** How soon a lake whose keys do not open looks again. */
const LOCKED_RETRY_MS = 60_000;

export class LakeObject extends DurableObject<Env> {
  #lake: Lake | null = null;
  /** Whoever listens to this lake now; made when the first one comes. */
  #stream: EventStream | null = null;
  readonly #alarm: LakeAlarm;
  /** Since when the alarm is being seen to, in ms. */
  #woken: number | null = null;
  /** Whether somebody waits for the lake to be quiet. */
  #resting = false;
  readonly #surroundings: Surroundings;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#surroundings = {
      ctx,
      env: () => this.env,
      lake_id: () => this.#lakeId(),
      appended: () => this.#stream?.appended(),
      committed: () => this.#afterCommit(),
      delivered: () => this.ctx.waitUntil(this.#rest()),
      due: () => this.#due(),
      woken: () => this.#woken,
      rearm: () => this.#rearm(),
    };
    this.#alarm = lakeAlarm({
      physical: ctx.storage,
      now: Date.now,
      found: (check) => {
        const lake_id = this.#lakeId() ?? "";
        say("error", "an alarm was lost and is set anew", { lake_id, ...alarmFields(check) });
      },
    });
    // A lake nobody created stays without a table, however often it is asked for.
    if (isInitialised(ctx.storage.sql) && elsewhere(ctx.storage) === null) {
      this.#open();
      void ctx.blockConcurrencyWhile(() => this.#alarm.begin(this.#due()));
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
    if (!seed.ok) return seed;
    return this.#noted(lake, call, await prove(lake, call.lake_id, seed.value, question));
  }

  /** The answer; what is refused leaves no trace of who was. */
  #noted<Value>(
    lake: Lake,
    call: Call,
    answer: Result<Value, Rejection>,
  ): Result<Value, Rejection> {
    const noted = lake.service.noteUse(call, answer);
    this.#afterCommit();
    return noted;
  }

  /**
   * A stream holds the object in memory as long as someone listens: hibernation is for WebSockets
   * only. After an eviction the client comes back with the last id it has seen.
   */
  async listen(call: Call, request: ListenRequest) {
    const lake = this.#lakeFor(call, false);
    if (lake === null) return this.#refusal(call);
    const admitted = lake.service.admit(call);
    if (!admitted.ok) return admitted;
    this.#stream ??= eventStream({
      log: lake.log,
      sync: () => this.ctx.storage.sync(),
      format: serverSentEvents(call.lake_id),
      every,
      failed: (error) => say("error", "listeners are not told", { lake_id: call.lake_id, error }),
    });
    const allowed = () => lake.service.admits(call);
    const heard = await this.#stream.listen(request, allowed, countedAs(call.caller));
    return this.#noted(lake, call, heard);
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
    this.#alarm.forget();
  }

  /** Resolves when every event has reached the reports, or the attempt failed. */
  async settle(): Promise<boolean> {
    return this.#lakeId() === null || this.#lake === null ? true : this.#lake.relay.settle();
  }

  /** Resolves when the reports know how the lake stands, or the attempt failed. */
  async report(): Promise<boolean> {
    return this.#lake?.reporter.settle() ?? true;
  }

  /** Whether the alarm is alive; one that is not is set anew. Null: there is no such lake here. */
  async checkAlarm(lake_id: string): Promise<AlarmCheck | null> {
    return this.#lakeId() === lake_id ? this.#alarm.check(this.#due()) : null;
  }

  override alarm(info?: AlarmInvocationInfo): Promise<void> {
    return this.#alarm.ring(() => this.#wake(), info?.scheduledTime);
  }

  async #wake(): Promise<void> {
    const [lake_id, lake] = [this.#lakeId(), this.#lake];
    if (lake_id === null || lake === null) return;
    // Without its keys a lake could only fail: what it owes waits, and nothing of it is given up.
    const locked = lake.service.rotation.isLocked(lake_id);
    this.#woken = Date.now();
    try {
      if (locked)
        say("error", "a lake is locked: its duties wait for the root secret", { lake_id });
      else await fulfilDuties(this.#surroundings, lake_id, lake);
      // Duties do not wait for the reports: what takes its time goes on by itself.
      await this.#delivered(lake);
    } finally {
      this.#woken = null;
      lake.reporter.nudge();
      // Whatever went wrong, the next alarm is set: the platform itself tries six times only.
      await this.#rearm(locked ? LOCKED_RETRY_MS : 0);
    }
  }

  /** Resolves when every event has reached the reports, and soon if that takes longer. */
  async #delivered({ relay }: Lake): Promise<void> {
    const delivery = relay.settle();
    this.ctx.waitUntil(delivery);
    await atMost(DELIVERY_PATIENCE_MS, delivery);
  }

  /**
   * The alarm that would have looked after the outbox is not needed any more: a lake that is left alone
   * is not woken for nothing. Once it is quiet, for as long as deliveries are apart: while commands
   * come, the next one sets it anew.
   */
  async #rest(): Promise<void> {
    const lake = this.#lake;
    if (this.#resting || lake === null) return;
    this.#resting = true;
    const quiet_ms = Number(this.env.DELIVERY_EVERY_MS) || DELIVERY_EVERY_MS;
    try {
      for (let head = -1; head !== lake.log.head(); await wait(quiet_ms)) head = lake.log.head();
    } finally {
      this.#resting = false;
    }
    await this.#alarm.rest(this.#due());
  }

  /** Was the database restored? Then that is put on record, and who was erased since is again. */
  async #lookBack(): Promise<void> {
    const [lake_id, lake] = [this.#lakeId(), this.#lake];
    // Whoever asks a lake that is locked is refused, which tells nobody else.
    if (lake_id !== null && lake?.service.rotation.isLocked(lake_id)) lake.reporter.nudge();
    if (lake_id !== null && lake && (await lake.keeping.atStart(lake_id))) await this.#rearm();
  }

  #open(): Lake {
    const lake = openLake(this.#surroundings);
    this.#lake = lake;
    return lake;
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

  #afterCommit(): void {
    this.#alarm.asked();
    const lake = this.#lake;
    if (lake === null || lake.imported.unfinished) return;
    this.ctx.waitUntil(this.#rearm());
    lake.relay.nudge();
  }

  /** When the earliest thing is due, a duty or the outbox, in ms; null when nothing is owed. */
  #due(): number | null {
    const lake = this.#lake;
    if (lake === null || lake.imported.unfinished) return null;
    return nextAlarm(lake.log, lake.outbox.cursor(), Date.now());
  }

  #rearm(wait_ms = 0): Promise<void> {
    return this.#alarm.arm(this.#due(), wait_ms);
  }
}
