/** The SQL by which events are found, in the order of the log or from its end. */
import type { EventFilter } from "../application/ports.ts";
import { indexedUpTo, type Whom, whomOf } from "./whom.ts";

interface Condition {
  readonly text: string;
  readonly value: string | number;
}

/** Where events are looked for, and how. */
interface Source {
  readonly from: string;
  /** What tells the `seq` of an event. */
  readonly seq: string;
  /** What they are in order by: as in the log, without sorting them. */
  readonly order: string;
  readonly conditions: readonly Condition[];
  /** Which indexes SQLite may choose from. */
  readonly indexes: "of streams" | "others";
}

/** The table behind `after`, in its own order or through the best index. */
const inLog = (after: number): Source => ({
  from: "events",
  seq: "seq",
  order: "seq",
  conditions: [behind("seq", after)],
  indexes: "others",
});

/**
 * One stream's events of a range, by the versions of that range: to look for `seq` itself, SQLite
 * would go through all that the stream has before it, and behind it.
 */
const inStream = (stream: string, { after, until }: Range, log: Extent): Source => ({
  ...inLog(after),
  order: "stream_version",
  conditions: [
    behind("stream_version", log.version(stream, after)),
    ...(until === null ? [] : [upTo("stream_version", log.version(stream, until))]),
  ],
  indexes: "of streams",
});

/** By its stream, but for all that was accessed: that one is long, others are shorter than a type. */
const bestSource = (filter: EventFilter, range: Range, log: Extent): Source => {
  const { batch_id, type, dataset } = filter;
  const stream = filter.stream ?? (batch_id === undefined ? undefined : `batch/${batch_id}`);
  const narrower = stream === "access" && (type !== undefined || dataset !== undefined);
  return stream === undefined || narrower ? inLog(range.after) : inStream(stream, range, log);
};

/** What is indexed of somebody's events. CROSS: the index first, whatever SQLite knows of both. */
const byWhom = ({ role, name }: Whom, after: number): Source => ({
  from: "events_by_whom CROSS JOIN events ON seq = event",
  seq: "event",
  order: "event",
  conditions: [
    { text: "role = ?", value: role },
    { text: "name = ?", value: name },
    behind("event", after),
  ],
  indexes: "others",
});

const behind = (column: string, seq: number): Condition => ({
  text: `${column} > CAST(? AS INTEGER)`,
  value: seq,
});

const upTo = (column: string, seq: number): Condition => ({
  text: `${column} <= CAST(? AS INTEGER)`,
  value: seq,
});

/** Which part of the log is looked at, by `seq`. */
interface Range {
  readonly after: number;
  /** The last one that is; null: the end of the log. */
  readonly until: number | null;
}

/** How long the log is, and how long a stream was when the log had `seq` events. */
interface Extent {
  size(): number;
  version(stream: string, seq: number): number;
}

/** Where to look for a page, one source after the other: the newest first where that is asked for. */
export const sourcesOf = (filter: EventFilter, range: Range, log: Extent): readonly Source[] => {
  const sources = inOrder(filter, range, log);
  return filter.order === "desc" ? sources.toReversed() : sources;
};

const inOrder = (filter: EventFilter, range: Range, log: Extent): readonly Source[] => {
  const { after } = range;
  const whom = whomOf(filter);
  if (whom === null) return [bestSource(filter, range, log)];
  const indexed = indexedUpTo(log.size());
  if (after >= indexed) return [inLog(after)];
  return [byWhom(whom, after), inLog(indexed)];
};

type Asked = Omit<EventFilter, "after" | "before" | "from" | "until"> & Pick<Range, "until">;

/** A plus keeps SQLite from the index of a column. */
const fieldsOf = (asked: Asked, indexes: Source["indexes"]): readonly Condition[] => {
  const [stream, other] = indexes === "of streams" ? ["", "+"] : ["+", ""];
  const fields = [
    [`${other}type = ?`, asked.type],
    [`${stream}stream = ?`, asked.stream],
    [`${other}dataset = ?`, asked.dataset],
    [`${stream}stream = 'batch/' || ?`, asked.batch_id],
    ["actor = ?", asked.actor],
    ["accessor = ?", asked.accessor],
  ] as const;
  return fields.flatMap(([text, value]) => (value === undefined ? [] : [{ text, value }]));
};

/** The query for `columns` of a page, and the values of its parameters. */
export const queryOf = (
  columns: string,
  source: Source,
  asked: Asked,
): { readonly text: string; readonly values: readonly (string | number)[] } => {
  const { until, limit, order } = asked;
  const conditions = [
    ...source.conditions,
    ...(until === null ? [] : [upTo(source.seq, until)]),
    ...fieldsOf(asked, source.indexes),
  ];
  return {
    text: `SELECT ${columns} FROM ${source.from}
      WHERE ${conditions.map(({ text }) => text).join(" AND ")}
      ORDER BY ${source.order}${order === "desc" ? " DESC" : ""} LIMIT CAST(? AS INTEGER)`,
    values: [...conditions.map(({ value }) => value), limit],
  };
};
