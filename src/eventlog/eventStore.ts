/**
 * The events table: append in order, read by filter. Everything that is read comes out upcast to
 * the present version of its type.
 */
import type { EventFilter, StoredEvent } from "../application/ports.ts";
import { isOversized } from "../contracts/eventSize.ts";
import { upcast, writtenVersion } from "../contracts/events.ts";
import { invariant } from "../domain/decider.ts";
import type { StreamName } from "../domain/ids.ts";
import { queryOf, sourcesOf } from "./eventQuery.ts";
import { leafText } from "./leaf.ts";
import { leafHash } from "./merkle.ts";
import { indexRun, RUN } from "./whom.ts";

type Row = {
  seq: number;
  event_id: string;
  stream: string;
  stream_version: number;
  type: string;
  schema_version: number;
  recorded_at: string;
  actor: string;
  correlation_id: string;
  causation_id: string | null;
  command_id: string;
  dataset: string | null;
  data: string;
};

const COLUMNS =
  "seq, event_id, stream, stream_version, type, schema_version, recorded_at, actor, " +
  "correlation_id, causation_id, command_id, dataset, data";

const toEvent = ({ data, stream, ...row }: Row): StoredEvent => ({
  ...row,
  stream: stream as StreamName,
  // What is handed out is of the present version; only the row and its leaf keep their own.
  schema_version: writtenVersion(row.type),
  data: upcast(row.type, row.schema_version, JSON.parse(data) as Record<string, unknown>),
});

/** A page of events ends behind the event that takes it over this size, whatever its limit. */
export const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;

/** Leaves of the rows as they are stored; fewer than asked for when the page would be too large. */
export const leavesBetween = (
  sql: SqlStorage,
  from: number,
  to: number,
): readonly { readonly seq: number; readonly leaf: string }[] => {
  const rows = sql.exec<Row>(
    `SELECT ${COLUMNS} FROM events
     WHERE seq > CAST(? AS INTEGER) AND seq <= CAST(? AS INTEGER) ORDER BY seq`,
    from,
    to,
  );
  const leaves: { seq: number; leaf: string }[] = [];
  let characters = 0;
  for (const row of rows) {
    const leaf = leafText(row);
    leaves.push({ seq: row.seq, leaf });
    characters += leaf.length;
    if (characters > MAX_PAGE_CHARACTERS) break;
  }
  return leaves;
};

/** What `evolve` reads of an event. */
type FoldedEvent = Pick<StoredEvent, "type" | "recorded_at" | "data">;

export interface EventStore {
  /**
   * Returns how long its data is as JSON, in characters. Rows go in several at a time: the caller
   * sees to it that none is left when its transaction ends.
   */
  insert(event: StoredEvent): number;
  /** As it is stored, `data` as text: whoever has the text keeps it. */
  insertRow(event: Omit<StoredEvent, "data"> & { readonly data: string }): void;
  /** Puts in the rows that still wait. Whatever reads through the store does so by itself. */
  flush(): void;
  /** After a rollback: the rows that still wait are not to go in. */
  forget(): void;
  /** Events of one stream behind `version`, up to and including `seq`: what a fold needs of them. */
  stream(stream: StreamName, version: number, seq: number): Iterable<FoldedEvent>;
  read(filter: EventFilter): readonly StoredEvent[];
  /** Hashes of the leaves behind `from`, up to and including `to`. */
  leafHashes(from: number, to: number): readonly Uint8Array[];
  /** The last event's order and time; zero and the empty string when there is none. */
  last(): { readonly seq: number; readonly recorded_at: string };
  /** The last `seq` recorded at or before the time, 0 when none was. */
  seqAt(time: string): number;
  /** The last `seq` recorded before the time, 0 when none was. */
  seqBefore(time: string): number;
  countOf(type: string): number;
}

/** The one type of event that is asked for by who has accessed. */
const ACCESS = "AccessAudited";

const accessorOf = (type: string, data: () => Record<string, unknown>): string | null => {
  const accessor = type === ACCESS ? data().accessor_id : undefined;
  return typeof accessor === "string" ? accessor : null;
};

type Inserted = Parameters<EventStore["insertRow"]>[0];

/** One statement for several rows: what it costs besides its rows is as much as a row does. */
const ROWS_AT_ONCE = 6;

const ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/**
 * FAIL, not ABORT, the default: the last step about the trigger in migrations.ts says why. Rows
 * before the one that fails stay in, until the transaction undoes them.
 */
const insertOf = (rows: number): string =>
  `INSERT OR FAIL INTO events (${COLUMNS}, leaf_hash, accessor)
   VALUES ${Array.from({ length: rows }, () => ROW).join(", ")}`;

/** For one row and more. The platform allows a statement 100 parameters. */
const INSERTS = Array.from({ length: ROWS_AT_ONCE }, (_, index) => insertOf(index + 1));

const valuesOf = (event: Inserted, accessor: string | null): readonly unknown[] => [
  event.seq,
  event.event_id,
  event.stream,
  event.stream_version,
  event.type,
  event.schema_version,
  event.recorded_at,
  event.actor,
  event.correlation_id,
  event.causation_id,
  event.command_id,
  event.dataset,
  event.data,
  leafHash(leafText(event)),
  accessor,
];

export const eventStore = (sql: SqlStorage): EventStore => {
  let waiting: (readonly unknown[])[] = [];

  const forget = (): void => {
    waiting = [];
  };

  const flush = (): void => {
    const rows = waiting;
    if (rows.length === 0) return;
    forget();
    sql.exec(INSERTS[rows.length - 1] ?? insertOf(rows.length), ...rows.flat());
  };

  const put = (event: Inserted, accessor: string | null): void => {
    // Commands are refused before they come this far.
    invariant(!isOversized(event.data), `event ${event.type} fits into a row`);
    waiting.push(valuesOf(event, accessor));
    const completes = event.seq % RUN === 0;
    if (completes || waiting.length === ROWS_AT_ONCE) flush();
    if (completes) indexRun(sql, event.seq);
  };

  return {
    flush,
    forget,

    insert(event) {
      const data = JSON.stringify(event.data);
      put(
        { ...event, data },
        accessorOf(event.type, () => event.data),
      );
      return data.length;
    },

    insertRow(event) {
      const data = () => JSON.parse(event.data) as Record<string, unknown>;
      put(event, accessorOf(event.type, data));
    },

    *stream(stream, version, seq) {
      flush();
      const rows = sql
        .exec<Pick<Row, "seq" | "type" | "schema_version" | "recorded_at" | "data">>(
          `SELECT seq, type, schema_version, recorded_at, data FROM events
           WHERE stream = ? AND stream_version > CAST(? AS INTEGER) ORDER BY stream_version`,
          stream,
          version,
        )
        .raw<[number, string, number, string, string]>();
      for (const [at, type, schema_version, recorded_at, text] of rows) {
        // Rows come as they are asked for: as a condition, SQLite would look at all of the rest.
        if (at > seq) break;
        const data = upcast(type, schema_version, JSON.parse(text) as Record<string, unknown>);
        yield { type, recorded_at, data };
      }
    },

    read(filter) {
      flush();
      // Times never fall with seq: their bounds are bounds of it, and only what lies between is read.
      const since = filter.from === undefined ? 0 : this.seqBefore(filter.from);
      const after = Math.max(filter.after, since);
      const at = filter.until === undefined ? Infinity : this.seqAt(filter.until);
      const last = Math.min(at, (filter.before ?? Infinity) - 1);
      const until = last === Infinity ? null : last;
      const events: StoredEvent[] = [];
      let characters = 0;
      const extent = {
        size: () => lastOf(sql).seq,
        version: (stream: string, seq: number) => versionAt(sql, stream, seq),
      };
      for (const source of sourcesOf(filter, { after, until }, extent)) {
        const limit = filter.limit - events.length;
        if (limit <= 0 || characters > MAX_PAGE_CHARACTERS) break;
        const { text, values } = queryOf(COLUMNS, source, { ...filter, until, limit });
        for (const row of sql.exec<Row>(text, ...values)) {
          events.push(toEvent(row));
          characters += row.data.length;
          if (characters > MAX_PAGE_CHARACTERS) break;
        }
      }
      return events;
    },

    leafHashes(from, to) {
      flush();
      return sql
        .exec<{ leaf_hash: ArrayBuffer }>(
          `SELECT leaf_hash FROM events
           WHERE seq > CAST(? AS INTEGER) AND seq <= CAST(? AS INTEGER) ORDER BY seq`,
          from,
          to,
        )
        .toArray()
        .map(({ leaf_hash }) => new Uint8Array(leaf_hash));
    },

    last() {
      flush();
      return lastOf(sql);
    },

    seqAt(time) {
      flush();
      return lastWhere(sql, (recorded_at) => recorded_at <= time);
    },

    seqBefore(time) {
      flush();
      return lastWhere(sql, (recorded_at) => recorded_at < time);
    },

    countOf(type) {
      flush();
      return sql.exec<{ n: number }>("SELECT count(*) AS n FROM events WHERE type = ?", type).one()
        .n;
    },
  };
};

const lastOf = (sql: SqlStorage): ReturnType<EventStore["last"]> => {
  const [row] = sql
    .exec<{ seq: number; recorded_at: string }>(
      "SELECT seq, recorded_at FROM events ORDER BY seq DESC LIMIT 1",
    )
    .toArray();
  return row ?? { seq: 0, recorded_at: "" };
};

/** Versions are gapless and rise with seq: halve their range by the index, as below. */
const versionAt = (sql: SqlStorage, stream: string, seq: number): number => {
  if (seq === 0) return 0;
  const { last } = sql
    .exec<{ last: number | null }>(
      "SELECT max(stream_version) AS last FROM events WHERE stream = ?",
      stream,
    )
    .one();
  return lastOne(Math.min(last ?? 0, seq), (version) => {
    const at = sql
      .exec<{ seq: number }>(
        "SELECT seq FROM events WHERE stream = ? AND stream_version = CAST(? AS INTEGER)",
        stream,
        version,
      )
      .one();
    return at.seq <= seq;
  });
};

/** Times never decrease with seq: halve the range by primary key instead of keeping an index. */
const lastWhere = (sql: SqlStorage, holds: (recorded_at: string) => boolean): number =>
  lastOne(lastOf(sql).seq, (seq) => {
    const { recorded_at } = sql
      .exec<{ recorded_at: string }>(
        "SELECT recorded_at FROM events WHERE seq = CAST(? AS INTEGER)",
        seq,
      )
      .one();
    return holds(recorded_at);
  });

/** The last number up to `high` that holds, 0 when 1 does not; behind one that does not, none does. */
const lastOne = (high: number, holds: (number: number) => boolean): number => {
  let [from, to] = [0, high];
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    if (holds(middle)) from = middle;
    else to = middle - 1;
  }
  return from;
};
