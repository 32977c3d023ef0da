/**
 * Snapshots of folded streams: a cache that makes loading cost the tail, not the history. Wrong
 * ones are worse than none, so each carries the version of the fold that made it.
 */
import { type Folded, foldOf } from "../application/aggregates.ts";
import type { StreamName } from "../domain/ids.ts";

/** A snapshot is taken of every version of a stream that this divides. */
export const SNAPSHOT_EVERY = 100;

/** Of a stream's older snapshots, those whose number is no multiple of this are dropped … */
export const THIN_TO_EVERY = 10;
/** … once they are this many snapshots behind … */
export const KEEP_RECENT = 10;
/** … unless they are this small: then the folding they save is worth more than their place. */
export const SMALL_STATE_CHARACTERS = 1_000;

/** A larger state is not kept: the platform refuses rows over 2 MB, and a cache may be absent. */
const MAX_SNAPSHOT_CHARACTERS = 500_000;

export interface Snapshots {
  /** The newest usable state at or before `seq`, else the state before the first event. */
  nearest(stream: StreamName, seq: number): Folded;
  take(stream: StreamName, folded: Folded, seq: number): void;
}

export const snapshots = (sql: SqlStorage): Snapshots => ({
  nearest(stream, seq) {
    const { initialState, fold_version } = foldOf(stream);
    const [row] = sql
      .exec<{ version: number; state: string }>(
        `SELECT version, state FROM snapshots
         WHERE stream = ? AND seq <= CAST(? AS INTEGER) AND fold_version = CAST(? AS INTEGER)
         ORDER BY seq DESC LIMIT 1`,
        stream,
        seq,
        fold_version,
      )
      .toArray();
    return row
      ? { version: row.version, state: JSON.parse(row.state) as unknown }
      : { version: 0, state: initialState };
  },

  take(stream, { version, state }, seq) {
    const { fold_version } = foldOf(stream);
    const text = JSON.stringify(state);
    if (text.length > MAX_SNAPSHOT_CHARACTERS) return;
    sql.exec(
      `INSERT OR REPLACE INTO snapshots (stream, version, seq, fold_version, state)
       VALUES (?, ?, ?, ?, ?)`,
      stream,
      version,
      seq,
      fold_version,
      text,
    );
    // What lies further back was looked at when it came by here.
    const cut = version - SNAPSHOT_EVERY * KEEP_RECENT;
    sql.exec(
      `DELETE FROM snapshots WHERE stream = ?1 AND version < CAST(?2 AS INTEGER)
       AND version >= CAST(?3 AS INTEGER) AND (version / ${SNAPSHOT_EVERY}) % ${THIN_TO_EVERY} <> 0
       AND length(state) > ${SMALL_STATE_CHARACTERS}`,
      stream,
      cut,
      cut - SNAPSHOT_EVERY * THIN_TO_EVERY,
    );
  },
});
