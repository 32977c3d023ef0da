/** One lake on the log in memory, with a clock that a test moves and ids that can be foretold. */
import type { Answer } from "../../src/application/answers.ts";
import { TRUSTED } from "../../src/application/callers.ts";
import { HalfNeededError, type KeyStore } from "../../src/application/keyring.ts";
import type {
  Call,
  CommandOptions,
  LakeRequest,
  OpenedWork,
  WorkRequest,
} from "../../src/application/lakeGateway.ts";
import { type LakeService, lakeService } from "../../src/application/lakeService.ts";
import { WORK_LIMITS, type WorkLimits } from "../../src/application/planWork.ts";
import type { EventLog } from "../../src/application/ports.ts";
import type { Question, Reply } from "../../src/application/questions.ts";
import type { HeldIn } from "../../src/application/residence.ts";
import type { RootSecrets } from "../../src/application/rootSecrets.ts";
import type { View } from "../../src/application/views.ts";
import { calendars } from "../../src/calendar/calendars.ts";
import { lakeId } from "../../src/contracts/fields.ts";
import { subjectTexts } from "../../src/data/subjects/subjectTexts.ts";
import type { Result } from "../../src/domain/decider.ts";
import type { ComplianceLevel } from "../../src/domain/lake/lake.ts";
import type { Rejection } from "../../src/domain/rejection.ts";
import { type MemoryEventLog, memoryEventLog } from "./memoryEventLog.ts";
import { type MemoryHalves, memoryHalves } from "./memoryHalves.ts";

export const ROOT_SECRET = "a root secret for tests, long enough";
export const ROOTS: RootSecrets = { present: ROOT_SECRET, previous: null };
export const LAKE = lakeId.parse("north");
export const START = "2026-11-23T12:00:00.000Z";
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface TestLake {
  readonly log: MemoryEventLog;
  readonly service: LakeService;
  /** What the object store keeps of subjects' keys. */
  readonly halves: MemoryHalves;
  now(): string;
  pass(ms: number): void;
  call(more?: Partial<Call>): Call;
  /** The answer; throws when the command is refused. */
  run(request: LakeRequest, more?: Partial<Call>, options?: CommandOptions): Answer;
  /** The rejection; throws when the command is not refused. */
  refused(request: LakeRequest, more?: Partial<Call>, options?: CommandOptions): Rejection;
  open(request: WorkRequest, more?: Partial<Call>): OpenedWork;
  openRefused(request: WorkRequest, more?: Partial<Call>): Rejection;
  ask(question: Question): Reply;
  /** The view a question about one thing is answered with. */
  see(question: Question): View;
}

export interface TestLakeOptions {
  /** Left out: there is no lake yet. */
  readonly level?: ComplianceLevel;
  readonly log?: MemoryEventLog;
  /** What the service sees of the log, when that is not all of it. */
  readonly seenAs?: (log: MemoryEventLog) => EventLog;
  readonly keysSeenAs?: (keys: KeyStore) => KeyStore;
  readonly roots?: RootSecrets;
  /** Left out: the platform has no jurisdictions. */
  readonly held_in?: HeldIn;
  readonly limits?: WorkLimits;
}

export const testLake = ({
  level,
  log = memoryEventLog(),
  seenAs = (whole) => whole,
  keysSeenAs = (whole) => whole,
  roots = ROOTS,
  held_in,
  limits = WORK_LIMITS,
}: TestLakeOptions = {}) => {
  let at = Date.parse(START);
  let made = 0;
  const turns = lakeService({
    log: seenAs(log),
    keys: keysSeenAs(log.keys),
    roots,
    held_in,
    limits,
    clock: () => new Date(at),
    newId: () => {
      made += 1;
      return `id-${made}`;
    },
    calendars,
    texts: subjectTexts,
    loopback: false,
  });
  const halves = memoryHalves();
  /** What the object store keeps is at hand at once. */
  const turn = <Value>(body: () => Value): Value => {
    const outcome = turns.turn(halves, body);
    if (!(outcome instanceof HalfNeededError)) return outcome;
    halves.supply(outcome);
    return turn(body);
  };
  const service: LakeService = {
    ...turns,
    command: (...asked) => turn(() => turns.command(...asked)),
    fulfil: (...asked) => turn(() => turns.fulfil(...asked)),
    ask: (...asked) => turn(() => turns.ask(...asked)),
    open: (...asked) => turn(() => turns.open(...asked)),
  };
  const call: TestLake["call"] = (more = {}) => ({
    lake_id: LAKE,
    is_default: false,
    caller: TRUSTED,
    actor: "tester",
    correlation_id: "correlation",
    causation_id: null,
    idempotency: null,
    if_match: null,
    ...more,
  });
  const lake: TestLake = {
    log,
    service,
    halves,
    now: () => new Date(at).toISOString(),
    pass: (ms) => {
      at += ms;
    },
    call,
    run: (request, more, options) => granted(service.command(call(more), request, options)),
    refused: (request, more, options) => refusal(service.command(call(more), request, options)),
    open: (request, more) => granted(service.open(call(more), request)),
    openRefused: (request, more) => refusal(service.open(call(more), request)),
    ask: (question) => granted(service.ask(call(), question)),
    see: (question) => viewOf(granted(service.ask(call(), question))),
  };
  if (level) lake.run(createLake(level));
  return lake;
};

export const createLake = (compliance_level: ComplianceLevel): LakeRequest => ({
  type: "CreateDataLake",
  lake_id: LAKE,
  name: "North",
  owner_id: "olga",
  region: "eu-west-1",
  compliance_level,
  country: "DE",
  time_zone: null,
});

export const granted = <Value>(result: Result<Value, Rejection>): Value => {
  if (result.ok) return result.value;
  throw new Error(`refused: ${result.error.code}: ${result.error.detail}`);
};

export const refusal = (result: Result<unknown, Rejection>): Rejection => {
  if (!result.ok) return result.error;
  throw new Error(`not refused: ${JSON.stringify(result.value)}`);
};

const viewOf = (reply: Reply): View => {
  if (reply.kind !== "one") throw new Error(`answered with a ${reply.kind}`);
  return reply.view;
};

/** Types of the events that an answer reports. */
export const eventTypes = ({ body }: Answer): readonly string[] =>
  (body.events as readonly { readonly type: string }[]).map(({ type }) => type);
