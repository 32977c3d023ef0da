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
}

const MAX_ERROR_LENGTH = 500;

export const outbox = (sql: SqlStorage): Outbox => ({
  cursor({ name, version }) {
    const [row] = sql
      .exec<{
        last_seq: number;
        sink_version: number | null;
        attempts: number;
        last_error: string | null;
        retry_at: string | null;
      }>(
        `SELECT last_seq, sink_version, attempts, last_error, retry_at FROM outbox
         WHERE sink = ?`,
        name,
      )
      .toArray();
    if (row === undefined) {
      return { last_seq: 0, outdated: false, attempts: 0, last_error: null, retry_at: null };
    }
    const { sink_version, ...cursor } = row;
    return { ...cursor, outdated: sink_version !== version };
  },
  advance({ name, version }, seq) {
    sql.exec(
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
    sql.exec(
      `UPDATE outbox SET last_seq = 0, sink_version = CAST(? AS INTEGER), attempts = 0,
         retry_at = NULL, last_error = NULL
       WHERE sink = ?`,
      version,
      name,
    );
  },
  rewind(sink, seq) {
    sql.exec("UPDATE outbox SET last_seq = CAST(? AS INTEGER) WHERE sink = ?", seq, sink);
  },
  failed({ name, version }, error, retryAt) {
    sql.exec(
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
    sql.exec(
      `INSERT INTO outbox (sink, last_seq, destination) VALUES (?, 0, ?)
       ON CONFLICT (sink) DO UPDATE SET sink_version = NULL, attempts = 0, retry_at = NULL,
         last_error = NULL, destination = coalesce(excluded.destination, destination)`,
      name,
      destination,
    );
  },
  destination({ name }) {
    const [row] = sql
      .exec<{ destination: string | null }>("SELECT destination FROM outbox WHERE sink = ?", name)
      .toArray();
    return row?.destination ?? null;
  },
  choose({ name, version }, destination) {
    sql.exec(
      `INSERT INTO outbox (sink, last_seq, sink_version, destination)
       VALUES (?, 0, CAST(? AS INTEGER), ?)
       ON CONFLICT (sink) DO UPDATE SET destination = excluded.destination`,
      name,
      version,
      destination,
    );
  },
});

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
