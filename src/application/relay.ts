/**
 * When the log goes out to a sink: at once after a quiet moment; while commands keep coming, as
 * soon as there is a full delivery, and else once a second. So a busy lake sends many events in one
 * delivery instead of a few in each (what a delivery costs, the lakes that share a database of
 * reports pay together), and a very busy one sends them while they are still in memory. What a
 * crash leaves behind is the alarm's to find.
 */
import { DELIVERY_EVENTS, drainOutbox, LAST_RETRY_MS, type OutboxDeps } from "./drainOutbox.ts";
import { oneAtATime } from "./oneAtATime.ts";

/** Deliveries begin no closer together than this, but for full ones. */
export const DELIVERY_EVERY_MS = 1_000;

/** Where the events of this lake go, of several places that a sink may have. */
export interface Destination {
  chosen(): string | null;
  choose(destination: string): void;
}

export interface RelayDeps extends Omit<OutboxDeps, "cursor" | "lake_id"> {
  /** Known once the lake exists: nothing is sent before. */
  lake_id(): string;
  cursor(): ReturnType<OutboxDeps["cursor"]> & { readonly retry_at: string | null };
  /** Left out: `DELIVERY_EVERY_MS`. */
  readonly every_ms?: number | undefined;
  wait(milliseconds: number): Promise<void>;
  /** All that was there has arrived: nothing is to be looked after. */
  delivered(): void;
  /** Keeps the process alive until the promise settles. */
  background(work: Promise<unknown>): void;
}

export interface Relay {
  /** Something may have been committed: sees to it that it goes out. */
  nudge(): void;
  /** Sends what there is now. Resolves to whether all of it has arrived. */
  settle(): Promise<boolean>;
}

/** Not by a clock that was ahead: what is tried again is so within `LAST_RETRY_MS`. */
const isPutOff = (retry_at: string | null, now: Date): boolean => {
  const wait_ms = retry_at === null ? 0 : Date.parse(retry_at) - now.getTime();
  return wait_ms > 0 && wait_ms <= LAST_RETRY_MS;
};

export const relay = (deps: RelayDeps): Relay => {
  const { every_ms = DELIVERY_EVERY_MS } = deps;
  /** Begins the delivery that is waited for; null: none is planned. */
  let begin: (() => void) | null = null;
  let last_ms = Number.NEGATIVE_INFINITY;
  /** Up to where the last drain was to go. */
  let begun = 0;

  const behind = () => {
    const { last_seq, outdated } = deps.cursor();
    return outdated || deps.head() > last_seq;
  };
  const full = () => deps.head() - begun >= DELIVERY_EVENTS;

  /** What is there when it starts, not what comes meanwhile: that waits for its own turn. */
  const drain = async (planned: boolean): Promise<boolean> => {
    if (planned) begin = null;
    const { retry_at } = deps.cursor();
    const now = deps.now();
    if (isPutOff(retry_at, now)) return false;
    const head = deps.head();
    const early = planned && now.getTime() < last_ms + every_ms;
    // Before its time, only what fills deliveries: a few events would cost as much as many.
    const end = head - (early ? (head - begun) % DELIVERY_EVENTS : 0);
    if (early && end === begun) return !behind();
    last_ms = now.getTime();
    begun = end;
    const read = (after: number, limit: number) =>
      deps.read(after, limit).filter(({ seq }) => seq <= end);
    return drainOutbox({ ...deps, lake_id: deps.lake_id(), read });
  };

  /** One at a time: order within a lake is strict. */
  const next = oneAtATime(drain);

  const nudge = (): void => {
    if (begin !== null) {
      if (full()) begin();
      return;
    }
    if (!behind()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    begin = resolve;
    const wait_ms = last_ms + every_ms - deps.now().getTime();
    if (wait_ms <= 0 || full()) resolve();
    else void deps.wait(wait_ms).then(resolve);
    const delivered = promise
      .then(() => next(true))
      // What failed has a time at which it is tried again; the rest goes on at once.
      .then(() => {
        if (!behind()) deps.delivered();
        else if (deps.cursor().retry_at === null) nudge();
      });
    deps.background(delivered);
  };

  return { nudge, settle: () => next(false) };
};
