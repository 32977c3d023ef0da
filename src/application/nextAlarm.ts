/** When a lake has to wake: one alarm for everything it owes, so that nothing due is slept over. */
import { LAST_RETRY_MS } from "./drainOutbox.ts";
import type { EventLog } from "./ports.ts";

/**
 * An alarm this far ahead sees to what a crash between commit and delivery left behind. Once all is
 * delivered it is taken away.
 */
export const OUTBOX_CHECK_MS = 30_000;

/** How far a sink has the log, and when it is tried again after a failure. */
interface Delivered {
  readonly last_seq: number;
  /** It is to be told anew. */
  readonly outdated: boolean;
  readonly retry_at: string | null;
}

/**
 * The earliest of the next duty and, while the sink lacks events, its next try; in ms since the
 * epoch, also when it is past. Null: nothing is owed.
 */
export const nextAlarm = (
  log: Pick<EventLog, "head"> & { readonly schedule: Pick<EventLog["schedule"], "next"> },
  { last_seq, outdated, retry_at }: Delivered,
  now_ms: number,
): number | null => {
  const times: number[] = [];
  const duty = log.schedule.next();
  if (duty !== null) times.push(Date.parse(duty));
  if (outdated || log.head() > last_seq) {
    const again = retry_at === null ? now_ms + OUTBOX_CHECK_MS : Date.parse(retry_at);
    // Later than that only by a clock that was ahead.
    times.push(Math.min(again, now_ms + LAST_RETRY_MS));
  }
  return times.length > 0 ? Math.min(...times) : null;
};
