/** The compliance report of one lake: now from the directory, in the past from its history. */
import { OPEN_STATUSES, restricts } from "../domain/deletion/deletion.ts";
import type { StateOf } from "./aggregates.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { DirectoryEntry, EventLog, PastEntry } from "./ports.ts";
import type { When } from "./questions.ts";
import { restrictions } from "./restrictions.ts";
import type { View } from "./views.ts";

const OPEN: ReadonlySet<string> = new Set(OPEN_STATUSES);

/** A time ahead of the clock is the present. */
export const earlier = (at: string, now: string): string => (at < now ? at : now);

/** Contracts whose published data is too old at `now`, on record already or not. */
const breachesIn = (
  entries: readonly Pick<PastEntry, "status" | "due_at">[],
  now: string,
): number =>
  entries.filter(
    ({ status, due_at }) =>
      status === "stale" || (status === "fresh" && due_at !== null && due_at <= now),
  ).length;

const watches = (log: EventLog): readonly DirectoryEntry[] => [
  ...directoryEntries(log, { kind: "freshness" }),
];

/** Null when the lake does not exist. */
export const reportNow = (log: EventLog, now: string): View | null => {
  const lake = log.load("lake").state as StateOf<"lake">;
  if (lake.status === "absent") return null;
  const access = log.load("access").state as StateOf<"access">;
  const total = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((sum, n) => sum + n, 0);
  return {
    lake_id: lake.lake_id,
    lake: lake.name,
    region: lake.region,
    compliance: lake.compliance_level,
    datasets: total(log.directory.counts("dataset")),
    pii_datasets: log.directory.flagged("dataset"),
    batches: log.directory.counts("batch"),
    access_events: access.audited,
    pending_deletions: log.directory.counts("deletion").pending ?? 0,
    overdue_deletions: log.directory.overdue(now),
    restricted_deletions: restrictions(log).length,
    freshness_breaches: breachesIn(watches(log), now),
    parked_duties: log.schedule.failing().length,
    events: log.head(),
    as_of: now,
  };
};

/** The report as it would have been when the log's last event was `seq`; null before the lake. */
export const reportAt = (log: EventLog, seq: number, when: When, now: string): View | null => {
  const lake = log.loadAt("lake", seq).state as StateOf<"lake">;
  if (lake.status === "absent") return null;
  const access = log.loadAt("access", seq).state as StateOf<"access">;
  const last = seq > 0 ? log.read({ after: seq - 1, limit: 1 }).at(0)?.recorded_at : undefined;
  const as_of = when !== null && "at" in when ? earlier(when.at, now) : (last ?? now);
  const entries = log.directory.asOf(seq);
  const ofKind = (kind: string) => entries.filter((entry) => entry.kind === kind);
  const batches: Record<string, number> = {};
  for (const { status } of ofKind("batch")) batches[status] = (batches[status] ?? 0) + 1;
  const deletions = ofKind("deletion");
  return {
    lake_id: lake.lake_id,
    lake: lake.name,
    region: lake.region,
    compliance: lake.compliance_level,
    datasets: ofKind("dataset").length,
    pii_datasets: ofKind("dataset").filter(({ flagged }) => flagged).length,
    batches,
    access_events: access.audited,
    pending_deletions: deletions.filter(({ status }) => status === "pending").length,
    overdue_deletions: deletions.filter(
      ({ status, flagged, due_at }) =>
        OPEN.has(status) && (flagged || (due_at !== null && due_at <= as_of)),
    ).length,
    restricted_deletions: deletions.filter(
      ({ id, status }) =>
        status === "held" &&
        restricts(log.loadAt(`deletion/${id}`, seq).state as StateOf<"deletion">),
    ).length,
    freshness_breaches: breachesIn(ofKind("freshness"), as_of),
    events: seq,
    as_of,
  };
};
