/** How far each sink has the log: the log itself is the outbox. */
import { say } from "../application/logging.ts";
import type { EventLog, OutboxCursor } from "../application/ports.ts";
import type { RelayDeps } from "../application/relay.ts";

export interface Outbox {
  cursor(sink: string): OutboxCursor & { readonly retry_at: string | null };
  /** Everything up to `seq` has arrived. */
  advance(sink: string, seq: number): void;
  /** Nothing behind `seq` has arrived, whatever was said before. */
  rewind(sink: string, seq: number): void;
  failed(sink: string, error: string, retry_at: string): void;
}

const MAX_ERROR_LENGTH = 500;

export const outbox = (sql: SqlStorage): Outbox => ({
  cursor(sink) {
    const [row] = sql
      .exec<{
        last_seq: number;
        attempts: number;
        last_error: string | null;
        retry_at: string | null;
      }>("SELECT last_seq, attempts, last_error, retry_at FROM outbox WHERE sink = ?", sink)
      .toArray();
    return row ?? { last_seq: 0, attempts: 0, last_error: null, retry_at: null };
  },
  advance(sink, seq) {
    sql.exec(
      `INSERT INTO outbox (sink, last_seq) VALUES (?, CAST(? AS INTEGER))
       ON CONFLICT (sink) DO UPDATE SET last_seq = max(last_seq, excluded.last_seq),
         attempts = 0, retry_at = NULL, last_error = NULL`,
      sink,
      seq,
    );
  },
  rewind(sink, seq) {
    sql.exec("UPDATE outbox SET last_seq = CAST(? AS INTEGER) WHERE sink = ?", seq, sink);
  },
  failed(sink, error, retryAt) {
    sql.exec(
      `INSERT INTO outbox (sink, last_seq, attempts, retry_at, last_error) VALUES (?, 0, 1, ?, ?)
       ON CONFLICT (sink) DO UPDATE SET attempts = attempts + 1, retry_at = excluded.retry_at,
         last_error = excluded.last_error`,
      sink,
      retryAt,
      error.slice(0, MAX_ERROR_LENGTH),
    );
  },
});

export interface SinkOutbox
  extends Pick<RelayDeps, "head" | "read" | "advance" | "rewind" | "failed"> {
  cursor(): ReturnType<Outbox["cursor"]>;
}

/** What a relay to one sink asks of the log and its outbox. A failure is told and kept. */
export const outboxOf = (
  sink: string,
  log: Pick<EventLog, "head" | "read">,
  sent: Outbox,
): SinkOutbox => ({
  cursor: () => sent.cursor(sink),
  head: () => log.head(),
  read: (after, limit) => log.read({ after, limit }),
  advance: (seq) => sent.advance(sink, seq),
  rewind: (seq, why) => {
    say("error", "a delivery goes on from elsewhere in the log", { sink, seq, error: why });
    sent.rewind(sink, seq);
  },
  failed: (error, retry_at) => {
    say("error", "a delivery failed", { sink, retry_at, error });
    sent.failed(sink, error, retry_at);
  },
});
