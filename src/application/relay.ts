/**
 * When the log goes out to a sink: at once after a quiet moment, and once a second while commands
 * keep coming, so that a busy lake sends many events in one delivery instead of a few in each: what
 * a delivery costs, the lakes that share a database of reports pay together. What a crash leaves
 * behind is the alarm's to find.
 */
import { drainOutbox, type OutboxDeps } from "./drainOutbox.ts";
import { oneAtATime } from "./oneAtATime.ts";

/** Deliveries begin no closer together than this. */
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
  /** Keeps the process alive until the promise settles. */
  background(work: Promise<unknown>): void;
}

export interface Relay {
  /** Something may have been committed: sees to it that it goes out. */
  nudge(): void;
  /** Sends what there is now. Resolves to whether all of it has arrived. */
  settle(): Promise<boolean>;
}

export const relay = (deps: RelayDeps): Relay => {
  const { every_ms = DELIVERY_EVERY_MS } = deps;
  let planned = false;
  let last_ms = Number.NEGATIVE_INFINITY;

  const behind = () => {
    const { last_seq, outdated } = deps.cursor();
    return outdated || deps.head() > last_seq;
  };

  /** What is there when it starts, not what comes meanwhile: that waits for its own turn. */
  const drain = async (): Promise<boolean> => {
    const { retry_at } = deps.cursor();
    if (retry_at !== null && retry_at > deps.now().toISOString()) return false;
    last_ms = deps.now().getTime();
    const head = deps.head();
    const read = (after: number, limit: number) =>
      deps.read(after, limit).filter(({ seq }) => seq <= head);
    return drainOutbox({ ...deps, lake_id: deps.lake_id(), read });
  };

  /** One at a time: order within a lake is strict. */
  const next = oneAtATime(drain);

  const nudge = (): void => {
    if (planned || !behind()) return;
    planned = true;
    const wait = Math.max(0, last_ms + every_ms - deps.now().getTime());
    const delivered = (wait > 0 ? deps.wait(wait) : Promise.resolve())
      .then(() => {
        planned = false;
        return next();
      })
      // What failed has a time at which it is tried again; the rest goes on at once.
      .then(() => {
        if (deps.cursor().retry_at === null) nudge();
      });
    deps.background(delivered);
  };

  return { nudge, settle: next };
};
