/**
 * What became of each command, for the log of the process and for metrics: which one it was, how it
 * ended, how long its caller waited. Nothing that it was about and nobody who asked.
 */
import type { Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type Answer, RECORDED_REFUSALS } from "./answers.ts";
import type { Call, OpenedWork, WorkRequest } from "./lakeGateway.ts";
import type { LakeService } from "./lakeService.ts";
import { type Logger, say } from "./logging.ts";

/**
 * `ok`: done, or already so. `replayed`: the first answer to the same `Idempotency-Key` was given
 * again. `refused`: with a reason of Lethe's; it may be on record. `failed`: something broke.
 */
export const COMMAND_OUTCOMES = ["ok", "replayed", "refused", "failed"] as const;
export type CommandOutcome = (typeof COMMAND_OUTCOMES)[number];

export interface SeenCommand {
  readonly lake_id: string;
  /** Null: the clock set it in motion. */
  readonly request_id: string | null;
  /** Its type, one of Lethe's own. */
  readonly command: string;
  readonly outcome: CommandOutcome;
  /** Of a refusal, as problem documents name it. */
  readonly code: string | null;
  /** From its arrival until what it wrote was durable. */
  readonly ms: number;
  /** Of the last event it recorded, now or when it was first answered. */
  readonly seq: number | null;
  /** How many events it recorded now. */
  readonly events: number;
  /** What was thrown, when it failed. */
  readonly error: unknown;
}

/** Told of a command once it has ended. Must not throw. */
export type Watch = (seen: SeenCommand) => void;

type Answered = Result<Answer, Rejection>;
type What = Pick<SeenCommand, "lake_id" | "request_id" | "command">;
type End = Omit<SeenCommand, keyof What | "ms">;

/** Runs a command, tells `watch` what became of it, and answers what it answered. */
export const watched =
  (watch: Watch, now_ms: () => number) => (what: What, run: () => Promise<Answered>) =>
    timed(watch, now_ms, what, run, endOf);

/**
 * The same of plans for work that precedes a command. What is planned becomes a command, and is told
 * then; told here is what ends with the plan: a refusal, an answer given before, a failure.
 */
export const watchedPlans =
  (watch: Watch, now_ms: () => number) =>
  (call: Call, kind: WorkRequest["kind"], run: () => Promise<Result<OpenedWork, Rejection>>) => {
    const { lake_id, correlation_id: request_id } = call;
    return timed(watch, now_ms, { lake_id, request_id, command: `plan:${kind}` }, run, (opened) => {
      if (!opened.ok) return endOf(opened);
      const { answered } = opened.value;
      return answered === null ? null : endOf({ ok: true, value: answered });
    });
  };

const timed = async <Value>(
  watch: Watch,
  now_ms: () => number,
  what: What,
  run: () => Promise<Value>,
  end: (value: Value) => End | null,
): Promise<Value> => {
  const started = now_ms();
  try {
    const value = await run();
    const ended = end(value);
    if (ended) watch({ ...what, ...ended, ms: now_ms() - started });
    return value;
  } catch (error) {
    watch({ ...what, ...failure(error), ms: now_ms() - started });
    throw error;
  }
};

/** The same of commands that the clock sets in motion, which are done within one turn. */
export const watchedDuties =
  (fulfil: LakeService["fulfil"], watch: Watch, now_ms: () => number): LakeService["fulfil"] =>
  (lake_id, due, duty) => {
    const { correlation_id } = duty.payload;
    const request_id = typeof correlation_id === "string" ? correlation_id : null;
    const what = { lake_id, request_id, command: due.type };
    const started = now_ms();
    try {
      const answered = fulfil(lake_id, due, duty);
      watch({ ...what, ...endOf(answered), ms: now_ms() - started });
      return answered;
    } catch (error) {
      watch({ ...what, ...failure(error), ms: now_ms() - started });
      throw error;
    }
  };

const failure = (error: unknown): End => ({
  outcome: "failed",
  code: null,
  seq: null,
  events: 0,
  error,
});

const endOf = (answered: Answered): End => {
  if (!answered.ok) {
    const { code } = answered.error;
    return { outcome: "refused", code, seq: null, events: 0, error: undefined };
  }
  const { body, replayed, outcome } = answered.value;
  const events = (body.events ?? []) as readonly { readonly seq: number }[];
  const code = RECORDED_REFUSALS[outcome] ?? null;
  return {
    outcome: replayed ? "replayed" : code === null ? "ok" : "refused",
    code,
    seq: events.at(-1)?.seq ?? null,
    events: replayed ? 0 : events.length,
    error: undefined,
  };
};

/** One line for each command. */
export const sayCommand = (seen: SeenCommand, write: Logger = say): void => {
  const { lake_id, command, outcome, ms, events, request_id, code, seq, error } = seen;
  write(outcome === "failed" ? "error" : "info", "command", {
    lake_id,
    command,
    outcome,
    ms,
    events,
    ...(seq === null ? {} : { seq }),
    ...(code === null ? {} : { code }),
    ...(request_id === null ? {} : { request_id }),
    ...(error === undefined ? {} : { error }),
  });
};
