/**
 * The lake's log in memory, for tests on Node. It keeps the promises of the port as SQLite does:
 * what is stored is text, what is read comes out of that text, keys are unique, and a transaction
 * that throws leaves nothing, neither an event nor a key.
 */
import { type Folded, foldOf, idOf, kindOf } from "../../src/application/aggregates.ts";
import { directoryEntry } from "../../src/application/directoryEntry.ts";
import type { KeyStore } from "../../src/application/keyring.ts";
import type {
  AnswerStore,
  CommandMeta,
  Directory,
  EventFilter,
  EventLog,
  PendingDuty,
  StoredAnswer,
  StoredEvent,
} from "../../src/application/ports.ts";
import type { IndexStore } from "../../src/application/subjectPorts.ts";
import { upcast, writtenVersion } from "../../src/contracts/events.ts";
import { invariant } from "../../src/domain/decider.ts";
import type { StreamName } from "../../src/domain/ids.ts";
import { listedAfter } from "./listedAfter.ts";
import { type DeliveryRows, memoryDeliveries } from "./memoryDeliveries.ts";
import { memoryDirectory, type Rows } from "./memoryDirectory.ts";
import { memorySchedule } from "./memorySchedule.ts";

type Row = Omit<StoredEvent, "data"> & { readonly data: string };

interface Snapshot {
  readonly version: number;
  readonly seq: number;
  readonly fold_version: number;
  readonly state: string;
}

interface Tables {
  events: readonly Row[];
  snapshots: ReadonlyMap<StreamName, readonly Snapshot[]>;
  directory: Rows;
  schedule: ReadonlyMap<string, PendingDuty>;
  answers: ReadonlyMap<string, StoredAnswer>;
  keys: ReadonlyMap<string, string>;
  deliveries: DeliveryRows;
  indexes: ReadonlyMap<string, Uint8Array>;
}

export interface MemoryEventLog extends EventLog {
  readonly keys: KeyStore;
  /** Every event, oldest first. */
  events(): readonly StoredEvent[];
  duties(): readonly PendingDuty[];
  keyIds(): readonly string[];
  answered(): readonly string[];
  /** The same while nothing is written; a rollback brings the old one back. */
  revision(): object;
  /** Puts an older one back, as when a database is restored. */
  restore(revision: object): void;
  /** Everything that is stored, as one text. */
  dump(): string;
}

const toEvent = ({ data, ...row }: Row): StoredEvent => ({
  ...row,
  data: upcast(row.type, row.schema_version, JSON.parse(data) as Record<string, unknown>),
});

/** A snapshot is taken when a stream crosses a multiple of `snapshot_every` events. */
export const memoryEventLog = ({ snapshot_every = 100 } = {}): MemoryEventLog => {
  // Tables are replaced, never changed: a rollback puts the old ones back.
  let tables: Tables = {
    events: [],
    snapshots: new Map(),
    directory: new Map(),
    schedule: new Map(),
    answers: new Map(),
    keys: new Map(),
    indexes: new Map(),
    deliveries: new Map(),
  };
  let made = 0;
  const undone: (() => void)[] = [];

  const directory: Directory = {
    ...memoryDirectory({
      get: () => tables.directory,
      set: (rows) => {
        tables = { ...tables, directory: rows };
      },
    }),
    // By the definition: a fold of everything up to there.
    asOf: (seq) => listedAfter(tables.events.slice(0, seq).map(toEvent)),
  };

  const loadAt = (stream: StreamName, seq: number): Folded => {
    const { initialState, evolve, fold_version } = foldOf(stream);
    const start = (tables.snapshots.get(stream) ?? [])
      .filter((snapshot) => snapshot.seq <= seq && snapshot.fold_version === fold_version)
      .at(-1);
    const version = start?.version ?? 0;
    const tail = tables.events.filter(
      (row) => row.stream === stream && row.stream_version > version && row.seq <= seq,
    );
    const from: unknown = start ? JSON.parse(start.state) : initialState;
    const state = tail.reduce<unknown>((folded, row) => evolve(folded, toEvent(row)), from);
    return { version: version + tail.length, state };
  };
  const load = (stream: StreamName) => loadAt(stream, Number.MAX_SAFE_INTEGER);

  const snapshot = (stream: StreamName, { version, state }: Folded, seq: number): void => {
    const { fold_version } = foldOf(stream);
    const taken = { version, seq, fold_version, state: JSON.stringify(state) };
    const earlier = tables.snapshots.get(stream) ?? [];
    tables = { ...tables, snapshots: new Map(tables.snapshots).set(stream, [...earlier, taken]) };
  };

  const append: EventLog["append"] = (changes, meta) => {
    const stored: StoredEvent[] = [];
    for (const { stream, expected_version, events } of changes) {
      const before = load(stream);
      invariant(before.version === expected_version, `${stream} moved within one turn`);
      if (events.length === 0) continue;
      const { evolve } = foldOf(stream);
      let { version, state } = before;
      for (const { type, data } of events) {
        version += 1;
        made += 1;
        const recorded_at = laterOf(meta, tables.events.at(-1));
        state = evolve(state, { type, data, recorded_at });
        const row: Row = {
          seq: tables.events.length + 1,
          event_id: `event-${made}`,
          stream,
          stream_version: version,
          type,
          schema_version: writtenVersion(type),
          recorded_at,
          actor: meta.actor,
          correlation_id: meta.correlation_id,
          causation_id: meta.causation_id,
          command_id: meta.command_id,
          dataset: datasetOf(stream, state, data),
          data: JSON.stringify(data),
        };
        tables = { ...tables, events: [...tables.events, row] };
        stored.push(toEvent(row));
      }
      const seq = tables.events.length;
      const crossed =
        Math.floor(version / snapshot_every) > Math.floor(before.version / snapshot_every);
      if (crossed) snapshot(stream, { version, state }, seq);
      const entry = directoryEntry(stream, state);
      if (entry) directory.put(entry, seq);
    }
    return stored;
  };

  const answers: AnswerStore = {
    find: (key) => tables.answers.get(key) ?? null,
    put(key, answer) {
      invariant(!tables.answers.has(key), `answer ${key} is there already`);
      tables = { ...tables, answers: new Map(tables.answers).set(key, { ...answer }) };
    },
  };

  const keys: KeyStore = {
    find: (id) => tables.keys.get(id) ?? null,
    put(id, wrapped) {
      invariant(!tables.keys.has(id), `key ${id} is there already`);
      tables = { ...tables, keys: new Map(tables.keys).set(id, wrapped) };
    },
    destroy(id) {
      const left = new Map(tables.keys);
      left.delete(id);
      tables = { ...tables, keys: left };
    },
  };

  const indexes: IndexStore = {
    put(key, object) {
      // A copy, as a table has it: no view of somebody's buffer.
      const kept = Uint8Array.from(object);
      tables = { ...tables, indexes: new Map(tables.indexes).set(key, kept) };
    },
    slices: (asked) =>
      asked.map(
        ({ key, offset, length }) =>
          tables.indexes.get(key)?.slice(offset, offset + length) ?? null,
      ),
    remove(keys) {
      const left = [...tables.indexes].filter(([key]) => !keys.includes(key));
      tables = { ...tables, indexes: new Map(left) };
    },
  };

  return {
    indexes,
    uploads: {
      batchesOf(filenames) {
        const found = new Map<string, string[]>();
        for (const { type, data, stream } of tables.events.map(toEvent)) {
          const filename = String(data.file_url);
          if (type !== "AppendIngestionRequested" || !filenames.includes(filename)) continue;
          const known = found.get(filename) ?? [];
          const id = idOf(stream);
          if (!known.includes(id)) found.set(filename, [...known, id]);
        }
        return found;
      },
    },
    schedule: memorySchedule({
      get: () => tables.schedule,
      set: (schedule) => {
        tables = { ...tables, schedule };
      },
    }),
    answers,
    directory,
    deliveries: memoryDeliveries({
      get: () => tables.deliveries,
      set: (rows) => {
        tables = { ...tables, deliveries: rows };
      },
    }),
    keys,
    load,
    loadAt,
    transaction(body) {
      const before = tables;
      try {
        return body();
      } catch (error) {
        tables = before;
        for (const forget of undone) forget();
        throw error;
      }
    },
    onUndone: (forget) => undone.push(forget),
    append,
    read(filter) {
      const found = tables.events.map(toEvent).filter((event) => matches(event, filter));
      return (filter.order === "desc" ? found.toReversed() : found).slice(0, filter.limit);
    },
    head: () => tables.events.length,
    seqAt: (time) => tables.events.filter(({ recorded_at }) => recorded_at <= time).length,
    countOf: (type) => tables.events.filter((row) => row.type === type).length,
    events: () => tables.events.map(toEvent),
    duties: () => [...tables.schedule.values()],
    keyIds: () => [...tables.keys.keys()],
    answered: () => [...tables.answers.keys()],
    revision: () => tables,
    restore(revision) {
      tables = revision as Tables;
    },
    dump: () =>
      JSON.stringify(
        Object.entries(tables).map(([table, rows]: [string, Iterable<unknown>]) => [
          table,
          [...rows],
        ]),
      ),
  };
};

const laterOf = ({ now }: CommandMeta, last: Row | undefined): string =>
  last !== undefined && last.recorded_at > now ? last.recorded_at : now;

const matches = (event: StoredEvent, filter: EventFilter): boolean => {
  const { type, stream, dataset, batch_id, actor, accessor, after, before, from, until } = filter;
  return (
    event.seq > after &&
    (before === undefined || event.seq < before) &&
    (type === undefined || event.type === type) &&
    (stream === undefined || event.stream === stream) &&
    (dataset === undefined || event.dataset === dataset) &&
    (batch_id === undefined || event.stream === `batch/${batch_id}`) &&
    (actor === undefined || event.actor === actor) &&
    (accessor === undefined ||
      (event.type === "AccessAudited" && event.data.accessor_id === accessor)) &&
    (from === undefined || event.recorded_at >= from) &&
    (until === undefined || event.recorded_at <= until)
  );
};

/** The dataset an event is about, by the field its stream names it in. */
const datasetOf = (stream: StreamName, state: unknown, data: object): string | null => {
  const named = (source: unknown, field: string): string | null => {
    const value = (source as Record<string, unknown> | null)?.[field];
    return typeof value === "string" ? value : null;
  };
  switch (kindOf(stream)) {
    case "dataset":
      return named(state, "name");
    case "batch":
      return named((state as { batch?: unknown }).batch ?? state, "dataset");
    case "access":
      return named(data, "dataset_id") ?? named(data, "dataset");
    default:
      return named(state, "dataset");
  }
};
