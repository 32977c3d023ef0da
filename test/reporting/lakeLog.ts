/** A lake's log for the tests of reporting: events as a lake would deliver them, numbered. */
import type { LakeEvents } from "../../src/application/aggregates.ts";
import type { StoredEvent } from "../../src/application/ports.ts";
import type { AccessAction } from "../../src/domain/access/access.ts";
import type { StreamName } from "../../src/domain/ids.ts";

type Data = Readonly<Record<string, unknown>>;

/** Any type may be recorded, also one this code does not know. */
type Type = LakeEvents["type"] | "SomethingNew" | "GDPRDeletionCompleted";

/** What the log fills in of events that do not say it. */
const FILLED_IN: Readonly<Record<string, Data>> = { DataAppended: { looks_personal: [] } };

export const MORNING = "2026-11-23T08:00:00.000Z";

export interface LakeLog {
  readonly events: readonly StoredEvent[];
  add(stream: StreamName, type: Type, data: Data, recorded_at?: string): LakeLog;
  created(lake_id: string, more?: Data): LakeLog;
  accessed(
    accessor_id: string,
    dataset_id: string | null,
    action: AccessAction,
    recorded_at?: string,
  ): LakeLog;
  /** Received, requested and due at these times. */
  deletion(
    id: string,
    times: { readonly deadline: string; readonly requested_at?: string; received_at?: string },
  ): LakeLog;
}

export const lakeLog = (): LakeLog => {
  const events: StoredEvent[] = [];
  const versions = new Map<string, number>();
  const datasets = new Map<string, string>();
  const log: LakeLog = {
    events,
    add(stream, type, data, recorded_at = MORNING) {
      const seq = events.length + 1;
      const stream_version = (versions.get(stream) ?? 0) + 1;
      versions.set(stream, stream_version);
      const named = stream.startsWith("dataset/") ? stream.slice("dataset/".length) : null;
      const about = data.dataset ?? data.dataset_id ?? named;
      if (typeof about === "string") datasets.set(stream, about);
      const dataset = stream === "access" ? about : datasets.get(stream);
      events.push({
        seq,
        event_id: `event-${seq}`,
        stream,
        stream_version,
        type,
        schema_version: 1,
        recorded_at,
        actor: "tester",
        correlation_id: "correlation",
        causation_id: null,
        command_id: `command-${seq}`,
        dataset: typeof dataset === "string" ? dataset : null,
        data: { ...FILLED_IN[type], ...data },
      });
      return log;
    },
    created: (lake_id, more = {}) =>
      log.add("lake", "DataLakeCreated", {
        lake_id,
        name: `The lake ${lake_id}`,
        owner_id: "olga",
        region: "eu",
        compliance_level: "gdpr",
        country: "DE",
        time_zone: null,
        residency: { jurisdiction: null, enforced: false },
        ...more,
      }),
    accessed: (accessor_id, dataset_id, action, recorded_at) =>
      log.add(
        "access",
        "AccessAudited",
        { accessor_id, dataset_id, action, purpose: null, object: null },
        recorded_at,
      ),
    deletion: (id, { deadline, requested_at = MORNING, received_at = requested_at }) =>
      log.add(
        `deletion/${id}`,
        "GDPRDeletionRequested",
        {
          deletion_id: id,
          subject_ref: "ab12",
          subject_id: { sealed: "c2VhbGVk" },
          reason: { sealed: "c2VhbGVk" },
          requested_by: "petra",
          received_at,
          deadline,
          statutory_deadline: deadline,
        },
        requested_at,
      ),
  };
  return log;
};
