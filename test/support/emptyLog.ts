/** An event log in a Durable Object of its own, for tests of what lies below the lake. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { CommandMeta, EventLog } from "../../src/application/ports.ts";
import type { DomainEvent } from "../../src/domain/decider.ts";
import type { StreamName } from "../../src/domain/ids.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { migrate } from "../../src/eventlog/migrations.ts";

/** Runs `body` on the storage of an object that was never used. */
export const inEmptyStorage = <Value>(
  body: (storage: DurableObjectStorage) => Value | Promise<Value>,
): Promise<Value> =>
  runInDurableObject(env.LAKES.get(env.LAKES.newUniqueId()), (_, { storage }) => body(storage));

/** Runs `body` on a migrated database and the log over it. */
export const inEmptyLog = <Value>(
  body: (log: EventLog, storage: DurableObjectStorage) => Value | Promise<Value>,
): Promise<Value> =>
  inEmptyStorage((storage) => {
    migrate(storage);
    return body(eventLog(storage), storage);
  });

export const metaAt = (now: string, more: Partial<CommandMeta> = {}): CommandMeta => ({
  command_id: "command",
  actor: "tester",
  correlation_id: "correlation",
  causation_id: null,
  now,
  ...more,
});

/** One instant a number: 2026-01-01 and so many seconds. */
export const second = (number: number): string =>
  new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();

/** Appends to one stream in a transaction of its own. */
export const appendTo = (
  log: EventLog,
  stream: StreamName,
  events: readonly DomainEvent[],
  meta: CommandMeta,
) => {
  const change = { stream, expected_version: log.load(stream).version, events };
  return log.transaction(() => log.append([change], meta));
};

export const accessed = (accessor_id: string, dataset_id: string | null = null): DomainEvent => ({
  type: "AccessAudited",
  data: { accessor_id, dataset_id, action: "read", purpose: null, object: null },
});

export const registered = (name: string): DomainEvent => ({
  type: "DatasetRegistered",
  data: {
    name,
    schema: { id: "int" },
    description: null,
    contains_pii: null,
    encryption_enabled: false,
    subject_column: null,
  },
});

export const ingested = (dataset_id: string, record_count: number): DomainEvent => ({
  type: "DatasetIngested",
  data: { dataset_id, data_source: "s", record_count, contains_pii: null, warnings: [] },
});
