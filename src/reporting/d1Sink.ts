/**
 * The D1 end of the outbox. A delivery counts once, however often, however overlapping and however
 * concurrently it is made: `relay.last_seq` says how far a lake has come, every statement of a
 * batch is guarded by the value the batch was made for, and the last one moves it. D1 runs a batch
 * as one transaction, so either all of it finds the row where it was, or none of it does anything.
 * Either side may be restored to an earlier moment. When the lake was, what is here tells of events
 * that are not in its log any more: the lake's rows go and are made anew from the log. When the
 * reports were, the lake is asked for what they lack.
 */
import { type EventSink, OutOfStepError, type StoredEvent } from "../application/ports.ts";
import { forget, REPORT_VERSION } from "./forget.ts";
import { byteLength, leading, packed } from "./packing.ts";
import { changeRows, countBatches, GUARD, STANDS, setRetention } from "./rollupSql.ts";
import { type Rollups, rollups } from "./rollups.ts";
import { TABLE_NAMES } from "./tables.ts";

/** One delivery may take several batches, each complete in itself. */
const MAX_EVENTS_PER_BATCH = 1_000;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Of one JSON parameter, unless one row alone is larger. */
const MAX_PARAMETER_BYTES = 512 * 1024;
/**
 * D1 takes 2 MB a parameter, and escaping may double a text. Data above this stays in the lake's
 * log alone: an event that D1 refuses would hold up every report behind it, for good.
 */
const MAX_DATA_BYTES = 900_000;
/** Every race lost means that somebody else made progress. */
const MAX_LOST_RACES = 5;

/**
 * Delivers to the tables of `migrations/`. `deliver` resolves when the events and the rollups they
 * change are durable. Rejects with OutOfStepError on a gap (the first event not yet delivered must
 * follow the last one that was), where other events of the same numbers were delivered before, and
 * where the rows are another version's: those are gone then. Rejects with MovedError where the lake
 * reports to another database; rejects on events out of order, when it lost too many races, and when
 * D1 fails. Each time nothing is half done and the delivery may be repeated.
 */
export const d1Sink = (db: D1Database): EventSink => ({
  async deliver(lake_id, events, log_head) {
    requireConsecutive(lake_id, events);
    const [first, end] = [events.at(0)?.seq, events.at(-1)?.seq];
    if (first === undefined || end === undefined) return;
    const head = log_head ?? end;
    // As a rule the reports are where the lake has them, and the first batch is all there is to it.
    let last = first - 1;
    for (let lost = 0; last < end; ) {
      const piece = nextPiece(lake_id, last, events);
      if (await commit(db, lake_id, { last, head, piece })) {
        last += piece.length;
        continue;
      }
      lost += 1;
      if (lost === MAX_LOST_RACES) {
        throw new Error(`lake ${lake_id}: lost ${lost} races against other deliveries at ${last}`);
      }
      last = await findStep(db, lake_id, events, head);
    }
  },

  restart: (lake_id, head) => forget(db, lake_id, head),
});

const requireConsecutive = (lake_id: string, events: readonly StoredEvent[]): void => {
  for (const [index, { seq }] of events.entries()) {
    const before = events[index - 1]?.seq ?? seq - 1;
    if (seq !== before + 1) {
      throw new Error(`lake ${lake_id}: event ${seq} was delivered behind event ${before}`);
    }
  }
};

/** The lake reports to another database by now. */
export class MovedError extends Error {
  readonly moved_to: string;

  constructor(lake_id: string, moved_to: string) {
    super(`lake ${lake_id} reports to ${moved_to}`);
    this.moved_to = moved_to;
  }
}

interface Step {
  readonly last_seq: number;
  readonly report_version: number;
  readonly moved_to: string | null;
}

/** How far the lake has been told of, by D1's own account. */
const findStep = async (
  db: D1Database,
  lake_id: string,
  events: readonly StoredEvent[],
  head: number,
): Promise<number> => {
  const step = await db.prepare(SQL.step).bind(lake_id).first<Step>();
  if (step === null) return 0;
  const { last_seq, report_version, moved_to } = step;
  if (moved_to !== null) throw new MovedError(lake_id, moved_to);
  if (report_version !== REPORT_VERSION) {
    const why = `its reports are of version ${report_version}, not ${REPORT_VERSION}`;
    throw await madeAnew(db, lake_id, head, why);
  }
  const forked = await firstUnlike(db, lake_id, last_seq, events);
  if (forked === undefined) return last_seq;
  const why = `event ${forked} is another than the one delivered before: the lake was restored`;
  throw await madeAnew(db, lake_id, head, why);
};

const madeAnew = async (
  db: D1Database,
  lake_id: string,
  head: number,
  why: string,
): Promise<OutOfStepError> => {
  await forget(db, lake_id, head);
  return new OutOfStepError(`lake ${lake_id}: ${why}; its reports are made anew`, 0);
};

/**
 * What was delivered before is what is delivered now; else the first event that is not. Asked only
 * where the two overlap: after an acknowledgement was lost, and after a restore.
 */
const firstUnlike = async (
  db: D1Database,
  lake_id: string,
  last: number,
  events: readonly StoredEvent[],
): Promise<number | undefined> => {
  const again = events.filter(({ seq }) => seq <= last);
  const [first, end] = [again.at(0)?.seq, again.at(-1)?.seq];
  if (first === undefined || end === undefined) return undefined;
  const { results } = await db.prepare(SQL.delivered).bind(lake_id, first, end).all<Delivered>();
  const known = new Map(results.map((row) => [row.seq, identityOf(row)]));
  return again.find((event) => known.get(event.seq) !== identityOf(event))?.seq;
};

type Delivered = Pick<
  StoredEvent,
  "seq" | "type" | "recorded_at" | "actor" | "stream" | "stream_version"
>;

/** No two events of one number agree in all of these: a restore takes longer than a millisecond. */
const identityOf = ({ type, recorded_at, actor, stream, stream_version }: Delivered): string =>
  JSON.stringify([type, recorded_at, actor, stream, stream_version]);

interface Encoded {
  readonly event: StoredEvent;
  readonly json: string;
}

/** The events behind `last`, as many as one batch takes. */
const nextPiece = (
  lake_id: string,
  last: number,
  events: readonly StoredEvent[],
): readonly Encoded[] => {
  const first = events[0]?.seq ?? 0;
  if (first > last + 1) {
    const missing = `events ${last + 1} to ${first - 1} were never delivered`;
    throw new OutOfStepError(`lake ${lake_id}: ${missing}`, last);
  }
  const start = last + 1 - first;
  const piece = events
    .slice(start, start + MAX_EVENTS_PER_BATCH)
    .map((event) => ({ event, json: encode(event) }));
  return piece.slice(
    0,
    leading(
      piece.map(({ json }) => byteLength(json)),
      MAX_BATCH_BYTES,
    ),
  );
};

/** `data` travels as text, so that nothing in it has to mean anything to SQLite's JSON. */
const encode = (event: StoredEvent): string => {
  const { seq, type, recorded_at, actor, dataset, stream, stream_version } = event;
  const whole = JSON.stringify(event.data);
  const size = byteLength(whole);
  const data = size > MAX_DATA_BYTES ? JSON.stringify({ omitted_bytes: size }) : whole;
  return JSON.stringify([seq, type, recorded_at, actor, dataset, stream, stream_version, data]);
};

interface Delivery {
  readonly last: number;
  /** The last event of the log. */
  readonly head: number;
  readonly piece: readonly Encoded[];
}

/** Whether the relay moved from `last` behind the piece; if not, nothing was written. */
const commit = async (
  db: D1Database,
  lake_id: string,
  { last, head, piece }: Delivery,
): Promise<boolean> => {
  const rows = rollups(
    lake_id,
    piece.map(({ event }) => event),
  );
  const batches = rows.batches.map(({ id }) => JSON.stringify(id[0]));
  const write = (sql: string, values: readonly string[]): D1PreparedStatement[] =>
    packed(values, MAX_PARAMETER_BYTES).map((json) => db.prepare(sql).bind(lake_id, last, json));
  const statements = [
    ...(last === 0 ? [db.prepare(SQL.enter).bind(lake_id)] : []),
    ...write(
      SQL.events,
      piece.map(({ json }) => json),
    ),
    ...write(SQL.uncount, batches),
    ...TABLE_NAMES.flatMap((table) => write(SQL.rows[table], rows[table].map(toJson))),
    ...write(SQL.retentionOfContracts, changedTerms(rows)),
    ...write(SQL.retentionOfBatches, batches),
    ...write(SQL.count, batches),
    db.prepare(SQL.move).bind(lake_id, last, last + piece.length, head),
  ];
  const results = await db.batch(statements);
  return results.at(-1)?.results.length === 1;
};

const toJson = (change: object): string => JSON.stringify(change);

/** Contracts whose batches may be due at another time than before. */
const changedTerms = ({ contracts }: Rollups): readonly string[] =>
  contracts
    .filter(({ columns }) => columns.retention_days !== undefined)
    .map(({ id }) => JSON.stringify(id[0]));

const SQL = {
  step: "SELECT last_seq, report_version, moved_to FROM relay WHERE lake_id = ?",
  delivered: `
    SELECT seq, type, recorded_at, actor, stream, stream_version FROM events
    WHERE lake_id = ?1 AND seq BETWEEN CAST(?2 AS INTEGER) AND CAST(?3 AS INTEGER)`,
  enter: `
    INSERT INTO relay (lake_id, last_seq, report_version) VALUES (?, 0, ${REPORT_VERSION})
    ON CONFLICT DO NOTHING`,
  /** Without OR IGNORE: an event that is there although the relay is not is a bug to be seen. */
  events: `
    INSERT INTO events (
      lake_id, seq, type, recorded_at, actor, dataset, stream, stream_version, data)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
      value ->> 6, value ->> 7
    FROM json_each(?3) WHERE ${GUARD}`,
  rows: changeRows,
  uncount: countBatches(-1),
  retentionOfContracts: setRetention("contract_id"),
  retentionOfBatches: setRetention("batch_id"),
  count: countBatches(1),
  /** A lake that was restored has less to tell again than it had: the end is the log's of now. */
  move: `
    UPDATE relay SET last_seq = CAST(?3 AS INTEGER),
      rebuilding_to = nullif(max(min(rebuilding_to, CAST(?4 AS INTEGER)), CAST(?3 AS INTEGER)),
        CAST(?3 AS INTEGER))
    WHERE ${STANDS} RETURNING last_seq`,
};
