/**
 * Derives a lake's reports anew from its log, while it works. That it is to be done is written down
 * in the lake's own database; the relay does it as it does its other deliveries, and goes on with it
 * after a crash. Naming another database moves the reports there.
 */
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { Call } from "./lakeGateway.ts";
import type { Reply } from "./questions.ts";

export interface RebuildingReports {
  /** How many events there are to tell of. */
  readonly events: number;
  /** Where to: the name of a binding; null before the lake's first delivery has chosen one. */
  readonly database: string | null;
}

export interface RebuildDeps {
  readonly outbox: {
    outdate(destination: string | null): void;
    readonly destination: { chosen(): string | null };
  };
  head(): number;
  /** Bindings of the databases that lakes like this one may report to. */
  databases(): readonly string[];
  /** Whether there is such a lake, for this caller. */
  enter(call: Call): Result<unknown, Rejection>;
}

/** Rejects with `not_found` a lake, and with `invalid` a database, that is not there. */
export type ReportRebuild = (call: Call, database: string | null) => Result<Reply, Rejection>;

export const reportRebuild =
  ({ outbox, head, databases, enter }: RebuildDeps): ReportRebuild =>
  (call, database) => {
    const entered = enter(call);
    if (!entered.ok) return entered;
    const known = databases();
    if (database !== null && !known.includes(database)) {
      return reject("invalid", "unknown-database", "The lake cannot report to that database.", [
        { path: "database", message: `one of ${known.join(", ")}` },
      ]);
    }
    outbox.outdate(database);
    return ok({
      kind: "rebuilding_reports",
      events: head(),
      database: outbox.destination.chosen(),
    });
  };
