/**
 * The bytes an event is hashed as. A leaf is the UTF-8 text of one JSON object without white space
 * between its tokens, with the members `seq, event_id, stream, stream_version, type,
 * schema_version, recorded_at, actor, correlation_id, causation_id, command_id, data` in exactly
 * this order, strings as ECMAScript's JSON.stringify writes them (RFC 8785 section 3.2.2.2), and
 * `data` as the very text that is stored. Whoever has the leaf needs no rule to hash it; the rule
 * is for making it from a row. Sealed fields are ciphertext in it, so destroying a key changes no
 * hash.
 */

export interface LeafRow {
  readonly seq: number;
  readonly event_id: string;
  readonly stream: string;
  readonly stream_version: number;
  readonly type: string;
  readonly schema_version: number;
  readonly recorded_at: string;
  readonly actor: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly command_id: string;
  /** JSON text, as stored. */
  readonly data: string;
}

/** The leaf as text. */
export const leafText = (row: LeafRow): string => {
  const head = JSON.stringify({
    seq: row.seq,
    event_id: row.event_id,
    stream: row.stream,
    stream_version: row.stream_version,
    type: row.type,
    schema_version: row.schema_version,
    recorded_at: row.recorded_at,
    actor: row.actor,
    correlation_id: row.correlation_id,
    causation_id: row.causation_id,
    command_id: row.command_id,
  });
  return `${head.slice(0, -1)},"data":${row.data}}`;
};
