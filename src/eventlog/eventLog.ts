/**
 * The lake's log as the application sees it: append in one transaction, load any stream through
 * memory, snapshot and tail. What is in memory is only ever what was committed.
 */
import { type AggregateKind, type Folded, foldOf, kindOf } from "../application/aggregates.ts";
import { directoryEntry } from "../application/directoryEntry.ts";
import type { EventLog, StoredEvent } from "../application/ports.ts";
import { remember } from "../application/remember.ts";
import { upcast, writtenVersion } from "../contracts/events.ts";
import { invariant } from "../domain/decider.ts";
import type { StreamName } from "../domain/ids.ts";
import { answers } from "./answers.ts";
import { deliveries } from "./deliveries.ts";
import { directory } from "./directory.ts";
import { eventStore } from "./eventStore.ts";
import { indexes } from "./indexes.ts";
import type { LeafRow } from "./leaf.ts";
import { recentEvents } from "./recentEvents.ts";
import { schedule } from "./schedule.ts";
import { SNAPSHOT_EVERY, snapshots } from "./snapshots.ts";
import { tree } from "./tree.ts";
import { uploads } from "./uploads.ts";

/** States kept in memory; the least recently used ones are dropped. */
const MAX_WARM_STREAMS = 4096;

/** A snapshot is read back only up to this `seq`: "now". */
const NOW = Number.MAX_SAFE_INTEGER;

/** The dataset an event is about, by the field its type names it in. */
const datasetOf = (kind: AggregateKind, state: unknown, data: object): string | null => {
  const named = (source: unknown, field: string): string | null => {
    const value = (source as Record<string, unknown> | null)?.[field];
    return typeof value === "string" ? value : null;
  };
  if (kind === "dataset") return named(state, "name");
  if (kind === "batch") {
    const held = (state as { batch?: unknown }).batch ?? state;
    return named(held, "dataset");
  }
  if (kind === "access") return named(data, "dataset_id") ?? named(data, "dataset");
  return named(state, "dataset");
};

/** A log that also takes events as another log has stored them. */
export interface RestorableLog extends EventLog {
  /**
   * Inside a transaction: inserts the row as it is, folds it, takes a snapshot when one is due. That
   * it comes next, in the log and in its stream, is the caller's to know.
   */
  restore(row: LeafRow): StoredEvent;
}

export const eventLog = (storage: DurableObjectStorage): RestorableLog => {
  const { sql } = storage;
  const events = eventStore(sql);
  const hashes = tree(sql, events);
  const states = snapshots(sql);
  const listed = directory(sql);
  const warm = new Map<StreamName, Folded>();
  const duties = schedule(sql);
  const recent = recentEvents();
  /** The last event, once it is known; what was rolled back is forgotten with the states. */
  let head: { readonly seq: number; readonly recorded_at: string } | null = null;
  const last = () => {
    head ??= events.last();
    return head;
  };
  /** Whether a transaction is open, and whether a part of it has thrown. */
  let open = false;
  let doomed = false;
  const within = <Value>(body: () => Value): Value => {
    try {
      return body();
    } catch (error) {
      doomed = true;
      throw error;
    }
  };
  const undone: (() => void)[] = [];

  const taken = uploads(sql);

  const keepWarm = (stream: StreamName, folded: Folded): void =>
    remember(warm, stream, folded, MAX_WARM_STREAMS);

  const foldUpTo = (stream: StreamName, seq: number): Folded => {
    const { evolve } = foldOf(stream);
    const start = states.nearest(stream, seq);
    let { version, state } = start;
    for (const event of events.stream(stream, version, seq)) {
      version += 1;
      state = evolve(state, event);
    }
    return { version, state };
  };

  const load = (stream: StreamName): Folded => {
    const known = warm.get(stream);
    const folded = known ?? foldUpTo(stream, NOW);
    keepWarm(stream, folded);
    return folded;
  };

  type Listing = ReturnType<typeof directoryEntry>;

  /** Notes what an event has changed in what reports count. */
  const follow = (was: Listing, is: Listing, seq: number): Listing => {
    const same =
      was?.status === is?.status && was?.due_at === is?.due_at && was?.flagged === is?.flagged;
    if (is !== null && !same) listed.note(is, seq);
    return is;
  };

  return {
    schedule: duties,
    answers: answers(sql),
    directory: listed,
    deliveries: deliveries(sql),
    indexes: indexes(sql),
    uploads: taken,
    load,
    loadAt: foldUpTo,

    transaction(body) {
      // Within another one: its writes are kept or undone with all the others.
      if (open) return within(body);
      open = true;
      doomed = false;
      try {
        return storage.transactionSync(() => {
          const value = body();
          events.flush();
          invariant(!doomed, "what a part of a transaction threw undoes the whole");
          return value;
        });
      } catch (error) {
        // Memory is not rolled back by the platform: forget what may have been folded ahead.
        warm.clear();
        events.forget();
        head = null;
        recent.forget();
        duties.forget();
        for (const forget of undone) forget();
        throw error;
      } finally {
        open = false;
      }
    },

    onUndone(forget) {
      undone.push(forget);
    },

    append(changes, meta) {
      invariant(open, "events are appended within a transaction");
      const stored: StoredEvent[] = [];
      const newest = last();
      let { seq } = newest;
      const recorded_at = meta.now > newest.recorded_at ? meta.now : newest.recorded_at;
      for (const { stream, expected_version, events: decided } of changes) {
        const { evolve } = foldOf(stream);
        let { version, state } = load(stream);
        let listing = directoryEntry(stream, state);
        invariant(version === expected_version, `${stream} moved within one turn`);
        for (const { type, data } of decided) {
          seq += 1;
          version += 1;
          state = evolve(state, { type, data, recorded_at });
          const event: StoredEvent = {
            seq,
            event_id: crypto.randomUUID(),
            stream,
            stream_version: version,
            type,
            schema_version: writtenVersion(type),
            recorded_at,
            actor: meta.actor,
            correlation_id: meta.correlation_id,
            causation_id: meta.causation_id,
            command_id: meta.command_id,
            dataset: datasetOf(kindOf(stream), state, data),
            data: data as Record<string, unknown>,
          };
          recent.appended(event, events.insert(event));
          hashes.appended(seq);
          taken.follow(type, stream, event.data);
          stored.push(event);
          listing = follow(listing, directoryEntry(stream, state), seq);
          if (version % SNAPSHOT_EVERY === 0) states.take(stream, { version, state }, seq);
        }
        if (decided.length === 0) continue;
        const folded = { version, state };
        if (listing) listed.put(listing, seq);
        keepWarm(stream, folded);
        head = { seq, recorded_at };
      }
      return stored;
    },

    restore(row) {
      const stream = row.stream as StreamName;
      const { type, schema_version, seq, recorded_at } = row;
      const data = upcast(type, schema_version, JSON.parse(row.data) as Record<string, unknown>);
      const before = load(stream);
      const state = foldOf(stream).evolve(before.state, { type, data, recorded_at });
      const version = before.version + 1;
      const dataset = datasetOf(kindOf(stream), state, data);
      // What is remembered is the end of the log, and this is none that will be asked for.
      recent.forget();
      events.insertRow({ ...row, stream, dataset });
      // An import looks at the table itself: at lines it has had, and at the root.
      events.flush();
      hashes.appended(seq);
      taken.follow(type, stream, data);
      const folded = { version, state };
      if (version % SNAPSHOT_EVERY === 0) states.take(stream, folded, seq);
      const entry = follow(
        directoryEntry(stream, before.state),
        directoryEntry(stream, state),
        seq,
      );
      if (entry) listed.put(entry, seq);
      keepWarm(stream, folded);
      head = { seq, recorded_at };
      return { ...row, stream, dataset, data };
    },

    read: (filter) => recent.read(filter) ?? events.read(filter),
    head: () => last().seq,
    seqAt: (time) => events.seqAt(time),
    countOf: (type) => events.countOf(type),
  };
};
