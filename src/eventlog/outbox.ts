/**
 * How far each sink has the log: the log itself is the outbox. With it stands which version of the
 * sink was told, so that a lake finds out by itself that another has to be told everything anew.
 */
import { say } from "../application/logging.ts";
import type { EventLog, OutboxCursor } from "../application/ports.ts";
import type { Destination, RelayDeps } from "../application/relay.ts";

export interface Sink {
  readonly name: string;
  /** Of what it makes of events. */
  readonly version: number;
}

export interface Outbox {
  cursor(sink: Sink): OutboxCursor & { readonly retry_at: string | null };
  /** Everything up to `seq` has arrived. */
  advance(sink: Sink, seq: number): void;
  /** It has forgotten everything: nothing has arrived, and it is of its present version. */
  restarted(sink: Sink): void;
  /** Nothing behind `seq` has arrived, whatever was said before. */
  rewind(sink: string, seq: number): void;
  failed(sink: Sink, error: string, retry_at: string): void;
  /** It is to be told anew, at once; where `destination` is not null, there and nowhere else. */
  outdate(sink: Sink, destination: string | null): void;
  /** Where its events go; null: not chosen yet. */
  destination(sink: Sink): string | null;
  /** For good, until it is told anew elsewhere. */
  choose(sink: Sink, destination: string): void;
  /** After a rollback: what was remembered may not be there. */
  forget(): void;
}

const MAX_ERROR_LENGTH = 500;

interface Row {
  readonly last_seq: number;
  readonly sink_version: number | null;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly retry_at: string | null;
  readonly destination: string | null;
}

/** Of a sink nothing has been sent to. */
const UNTOLD: Omit<Row, "sink_version"> = {
  last_seq: 0,
  attempts: 0,
  last_error: null,
  retry_at: null,
  destination: null,
};

export const outbox = (sql: SqlStorage): Outbox => {
  /** By the sink. Asked for after every commit, and changed once a second at most. */
  const known = new Map<string, Row | null>();

  const rowOf = (sink: string): Row | null => {
    const before = known.get(sink);
    if (before !== undefined) return before;
    const [row = null] = sql
      .exec<Row & Record<string, SqlStorageValue>>(
        `SELECT last_seq, sink_version, attempts, last_error, retry_at, destination FROM outbox
         WHERE sink = ?`,
        sink,
      )
      .toArray();
    known.set(sink, row);
    return row;
  };

  const change = (sink: string, statement: string, ...values: SqlStorageValue[]): void => {
    known.delete(sink);
    sql.exec(statement, ...values);
  };

  return {
    cursor({ name, version }) {
      const row = rowOf(name);
      const { last_seq, attempts, last_error, retry_at } = row ?? UNTOLD;
      const outdated = row !== null && row.sink_version !== version;
      return { last_seq, outdated, attempts, last_error, retry_at };
    },
    advance({ name, version }, seq) {
      change(
        name,
        `INSERT INTO outbox (sink, last_seq, sink_version)
         VALUES (?, CAST(? AS INTEGER), CAST(? AS INTEGER))
         ON CONFLICT (sink) DO UPDATE SET last_seq = max(last_seq, excluded.last_seq),
           attempts = 0, retry_at = NULL, last_error = NULL`,
        name,
        seq,
        version,
      );
    },
    restarted({ name, version }) {
      change(
        name,
        `UPDATE outbox SET last_seq = 0, sink_version = CAST(? AS INTEGER), attempts = 0,
           retry_at = NULL, last_error = NULL
         WHERE sink = ?`,
        version,
        name,
      );
    },
    rewind(sink, seq) {
      change(sink, "UPDATE outbox SET last_seq = CAST(? AS INTEGER) WHERE sink = ?", seq, sink);
    },
    failed({ name, version }, error, retryAt) {
      change(
        name,
        `INSERT INTO outbox (sink, last_seq, sink_version, attempts, retry_at, last_error)
         VALUES (?, 0, CAST(? AS INTEGER), 1, ?, ?)
         ON CONFLICT (sink) DO UPDATE SET attempts = attempts + 1, retry_at = excluded.retry_at,
           last_error = excluded.last_error`,
        name,
        version,
        retryAt,
        error.slice(0, MAX_ERROR_LENGTH),
      );
    },
    outdate({ name }, destination) {
      change(
        name,
        `INSERT INTO outbox (sink, last_seq, destination) VALUES (?, 0, ?)
         ON CONFLICT (sink) DO UPDATE SET sink_version = NULL, attempts = 0, retry_at = NULL,
           last_error = NULL, destination = coalesce(excluded.destination, destination)`,
        name,
        destination,
      );
    },
    destination: ({ name }) => (rowOf(name) ?? UNTOLD).destination,
    choose({ name, version }, destination) {
      change(
        name,
        `INSERT INTO outbox (sink, last_seq, sink_version, destination)
         VALUES (?, 0, CAST(? AS INTEGER), ?)
         ON CONFLICT (sink) DO UPDATE SET destination = excluded.destination`,
        name,
        version,
        destination,
      );
    },
    forget: () => known.clear(),
  };
};

export interface SinkOutbox
  extends Pick<RelayDeps, "head" | "read" | "advance" | "restarted" | "rewind" | "failed"> {
  cursor(): ReturnType<Outbox["cursor"]>;
  outdate(destination: string | null): void;
  readonly destination: Destination;
}

/** What a relay to one sink asks of the log and its outbox. A failure is told and kept. */
export const outboxOf = (
  sink: Sink,
  log: Pick<EventLog, "head" | "read">,
  sent: Outbox,
): SinkOutbox => ({
  cursor: () => sent.cursor(sink),
  head: () => log.head(),
  read: (after, limit) => log.read({ after, limit }),
  advance: (seq) => sent.advance(sink, seq),
  restarted: () => sent.restarted(sink),
  outdate: (destination) => sent.outdate(sink, destination),
  destination: {
    chosen: () => sent.destination(sink),
    choose: (destination) => sent.choose(sink, destination),
  },
  rewind: (seq, why) => {
    say("error", "a delivery goes on from elsewhere in the log", {
      sink: sink.name,
      seq,
      error: why,
    });
    sent.rewind(sink.name, seq);
  },
  failed: (error, retry_at) => {
    say("error", "a delivery failed", { sink: sink.name, retry_at, error });
    sent.failed(sink, error, retry_at);
  },
});
