/** What databases of reports hold of a lake, to be compared with a plain recount of its log. */
import { env } from "cloudflare:workers";
import type { StoredEvent } from "../../src/application/ports.ts";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import { TABLE_NAMES } from "../../src/reporting/tables.ts";

const TABLES = ["relay", "events", "batch_counts", ...TABLE_NAMES];

export type ReportRows = Readonly<Record<string, readonly Record<string, unknown>[]>>;

/**
 * Every row about the lake, by table, without the lake's own id. A count of no batches says the
 * same as none: it depends on how the log was cut.
 */
export const reportRows = async (lake_id: string, db = env.REPORTS): Promise<ReportRows> => {
  const results = await db.batch<Record<string, unknown>>(
    TABLES.map((table) => db.prepare(`SELECT * FROM ${table} WHERE lake_id = ?`).bind(lake_id)),
  );
  return Object.fromEntries(
    results.map(({ results: rows }, index) => [
      TABLES[index] ?? "",
      rows.filter(({ batches }) => batches !== 0).map(({ lake_id: _, ...row }) => row),
    ]),
  );
};

/** The rows of a lake of the same log that was told of in one go, once, by nobody else. */
export const rowsOf = async (events: readonly StoredEvent[]): Promise<ReportRows> => {
  const lake_id = `recount-${crypto.randomUUID()}`;
  await d1Sink(env.OTHER_REPORTS).deliver(lake_id, events);
  return reportRows(lake_id, env.OTHER_REPORTS);
};

/**
 * Whether the reports are what the log says: each event once, in order, and each access, ingestion
 * and person's request as often as the log has it, counted here from the events one by one.
 */
export const recount = (events: readonly StoredEvent[]) => {
  const of = (type: string) => events.filter((event) => event.type === type);
  const accesses = new Map<string, number>();
  for (const { recorded_at, data } of of("AccessAudited")) {
    const { dataset_id, accessor_id, action } = data as Record<string, string | null>;
    const key = [recorded_at.slice(0, 10), dataset_id ?? "", accessor_id, action].join("|");
    accesses.set(key, (accesses.get(key) ?? 0) + 1);
  }
  return {
    last_seq: events.length,
    events: events.map(({ seq, type, stream, stream_version, recorded_at, data }) => ({
      ...{ seq, type, stream, stream_version, recorded_at },
      data: JSON.stringify(data),
    })),
    accesses: Object.fromEntries([...accesses].sort(([a], [b]) => (a < b ? -1 : 1))),
    datasets: of("DatasetRegistered").length,
    ingested: of("DatasetIngested").reduce((sum, { data }) => sum + Number(data.record_count), 0),
    deletions: of("GDPRDeletionRequested").length,
  };
};

/** The same of the rows, as `recount` has it of the log. */
export const recounted = (rows: ReportRows): ReturnType<typeof recount> => {
  const of = (table: string) => rows[table] ?? [];
  const sum = (table: string, column: string) =>
    of(table).reduce((total, row) => total + Number(row[column]), 0);
  const accesses = of("access_daily").map(
    ({ day, dataset_id, accessor_id, action, count }) =>
      [[day, dataset_id, accessor_id, action].join("|"), Number(count)] as const,
  );
  return {
    last_seq: Number(of("relay")[0]?.last_seq ?? 0),
    events: of("events").map(({ seq, type, stream, stream_version, recorded_at, data }) => ({
      seq: Number(seq),
      type: String(type),
      stream: String(stream) as StoredEvent["stream"],
      stream_version: Number(stream_version),
      recorded_at: String(recorded_at),
      data: String(data),
    })),
    accesses: Object.fromEntries(accesses.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    datasets: of("datasets").length,
    ingested: sum("datasets", "ingested_records"),
    deletions: of("deletions").length,
  };
};
