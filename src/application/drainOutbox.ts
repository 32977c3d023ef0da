/**
 * Sends the log on to a sink. Order within a lake is strict: one drain at a time, one delivery at
 * a time, the cursor moves only behind what was acknowledged. A delivery may happen twice (the
 * acknowledgement can be lost), so sinks are idempotent. A failing sink backs off without end and
 * never holds up a command. Where the sink or the log was restored to an earlier moment, the sink
 * says from where it has to be told again. Where what it makes of events has changed, or somebody
 * asks for it, it is told everything anew.
 */
import { type EventSink, type OutboxCursor, OutOfStepError, type StoredEvent } from "./ports.ts";
import { within } from "./timers.ts";

export const DELIVERY_EVENTS = 1_000;
/** In one drain: an alarm has 15 minutes, and what a day has left behind takes longer. */
export const MAX_DELIVERIES = 200;
export const FIRST_RETRY_MS = 1_000;
export const LAST_RETRY_MS = 5 * 60_000;
/** A sink that has not answered by then has failed: what it does with it later counts once. */
export const DELIVERY_TIMEOUT_MS = 60_000;
/** In one drain. More often than this, something else is wrong than a restore. */
export const MAX_REWINDS = 3;

export interface OutboxDeps {
  readonly lake_id: string;
  readonly sink: EventSink;
  cursor(): OutboxCursor;
  read(after: number, limit: number): readonly StoredEvent[];
  /** The last event there is. */
  head(): number;
  advance(seq: number): void;
  /** Everything behind `seq` is to be delivered again: `why` is told. */
  rewind(seq: number, why: string): void;
  /** The sink has forgotten everything, and is told anew from the first event on. */
  restarted(): void;
  failed(error: string, retry_at: string): void;
  now(): Date;
}

/** Doubling from one second to five minutes. */
export const retryDelay = (attempts: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), LAST_RETRY_MS);

/**
 * Resolves to true when everything has arrived, to false when the sink failed or there is more than
 * one drain sends. Never throws.
 */
export const drainOutbox = async (deps: OutboxDeps): Promise<boolean> => {
  for (let rewinds = 0, deliveries = 0; deliveries < MAX_DELIVERIES; deliveries += 1) {
    const { last_seq, attempts, outdated } = deps.cursor();
    const events = outdated ? [] : deps.read(last_seq, DELIVERY_EVENTS);
    const last = events.at(-1);
    if (last === undefined && !outdated) return true;
    try {
      const { lake_id, sink } = deps;
      const told =
        last === undefined
          ? sink.restart(lake_id, deps.head())
          : sink.deliver(lake_id, events, deps.head());
      await within(DELIVERY_TIMEOUT_MS, told);
    } catch (error) {
      if (error instanceof OutOfStepError && rewinds < MAX_REWINDS) {
        rewinds += 1;
        deps.rewind(error.resume_after, error.message);
        continue;
      }
      const retry_at = new Date(deps.now().getTime() + retryDelay(attempts)).toISOString();
      deps.failed(String(error), retry_at);
      return false;
    }
    if (last === undefined) deps.restarted();
    else deps.advance(last.seq);
  }
  return false;
};
