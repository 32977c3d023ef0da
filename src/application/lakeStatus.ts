/**
 * What operators watch of a lake, as it stands in the lake itself: how far what it owes to others has
 * got, and when it has to wake. Numbers and times only.
 */
import type { Count } from "./commandTally.ts";
import type { EventLog } from "./ports.ts";

/** What the lake's own tables say of what is owed. */
export interface Owed {
  /**
   * Duties given up after their last try: kept, and done by nobody until somebody sees to it. And
   * those that have failed as often and are tried for ever.
   */
  readonly duties_parked: number;
  /** Notifications still tried. */
  readonly webhooks_pending: number;
  /** When the oldest of them came to be owed. */
  readonly webhooks_pending_since: string | null;
  readonly webhooks_parked: number;
}

export interface LakeStatus extends Owed {
  /** Last `seq` of the log. */
  readonly events: number;
  /** When the oldest event was recorded that the reports lack; null: they have all. */
  readonly behind_since: string | null;
  /** The next time the lake has to wake for anything, past ones included. */
  readonly next_due_at: string | null;
  /** Whether the lake's keys do not open under the root secrets there are. */
  readonly locked: boolean;
}

/** A lake's counts and status, as they are told to the reports. */
export interface StatusReport {
  /** Of the lake's object in memory: another one counts its reports from 1 again. */
  readonly process: string;
  /** From 1. */
  readonly report: number;
  readonly reported_at: string;
  readonly counts: readonly Count[];
  readonly status: LakeStatus;
}

/** Where status reports go. The same one twice counts once. */
export interface StatusSink {
  deliver(lake_id: string, report: StatusReport): Promise<void>;
}

export interface StatusDeps {
  readonly log: Pick<EventLog, "head" | "read">;
  owed(): Owed;
  /** Last `seq` that the reports have. */
  delivered(): number;
  /** When the lake wakes next, ms since the epoch. */
  next_ms(): number | null;
  /** While the alarm is being seen to: since when, ms since the epoch. */
  woken_ms(): number | null;
  isLocked(): boolean;
}

export const lakeStatus = (deps: StatusDeps): LakeStatus => {
  const next = deps.next_ms();
  // What has come due is being seen to from the moment the alarm rang.
  const due = next === null ? null : Math.max(next, deps.woken_ms() ?? 0);
  const events = deps.log.head();
  const delivered = deps.delivered();
  const [oldest] = delivered < events ? deps.log.read({ after: delivered, limit: 1 }) : [];
  return {
    ...deps.owed(),
    events,
    behind_since: oldest?.recorded_at ?? null,
    next_due_at: due === null ? null : new Date(due).toISOString(),
    locked: deps.isLocked(),
  };
};
