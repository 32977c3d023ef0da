/** A lake as a plain fold of its log has it: nothing is shared with the code that is tested. */
import type { StoredEvent } from "../../src/application/ports.ts";

export type Data = Readonly<Record<string, unknown>>;
export type Entity = Record<string, unknown>;

export interface Lake {
  readonly deletions: Map<string, Entity>;
  readonly accesses: Map<string, Entity>;
  readonly datasets: Map<string, Entity>;
  readonly contracts: Map<string, Entity>;
  readonly batches: Map<string, Entity>;
  readonly extensions: string[];
  readonly audited: { readonly at: string; readonly data: Data }[];
  roles: readonly string[];
}

interface Rows {
  readonly rows: number;
}

interface Redacted {
  readonly objects: readonly { readonly to: Rows | null }[];
  readonly run: { readonly object: Rows } | null;
  readonly publication: (Rows & { readonly objects: readonly Rows[] }) | null;
  readonly diverted_rows: number;
}

const request = (data: Data, at: string) => ({
  requested_by: data.requested_by,
  received_at: data.received_at,
  requested_at: at,
  deadline: data.deadline,
  statutory_deadline: data.statutory_deadline,
  extended_at: null,
  missed: null,
});

/** What the events of a lake come to. */
export const fold = (events: readonly StoredEvent[]): Lake => {
  const lake: Lake = {
    ...{ deletions: new Map(), accesses: new Map(), datasets: new Map(), contracts: new Map() },
    ...{ batches: new Map(), extensions: [], audited: [], roles: [] },
  };
  for (const { type, stream, data, recorded_at: at } of events) {
    const id = stream.slice(stream.indexOf("/") + 1);
    const change = (kind: Map<string, Entity>, columns: Entity) =>
      Object.assign(kind.get(id) ?? {}, columns);
    // Whoever has missed one is late from then on.
    const missed = (kind: Map<string, Entity>, deadline: unknown) =>
      change(kind, { missed: kind.get(id)?.missed ?? deadline });
    switch (type) {
      case "GDPRDeletionRequested":
        lake.deletions.set(id, { status: "pending", ...request(data, at), completed_at: null });
        break;
      case "GDPRDeletionExtended": {
        const { deadline, statutory_deadline } = data;
        change(lake.deletions, { deadline, statutory_deadline, extended_at: at });
        lake.extensions.push(at);
        break;
      }
      case "GDPRDeletionOverdue":
        missed(lake.deletions, data.deadline);
        break;
      case "GDPRDeletionHeld":
        change(lake.deletions, { status: "held" });
        break;
      case "GDPRDeletionRejected":
        change(lake.deletions, { status: "rejected", rejected_at: at });
        break;
      case "GDPRDeletionCompleted":
        change(lake.deletions, { status: "completed", completed_at: at });
        break;
      case "SubjectAccessRequested":
        lake.accesses.set(id, { status: "collecting", ...request(data, at) });
        break;
      case "SubjectAccessCompleted":
        // In older logs it says when the file goes: whoever asked had the answer with it.
        change(lake.accesses, {
          ready: true,
          ...(data.expires_at === null ? {} : { status: "answered" }),
        });
        break;
      case "SubjectAccessAnswered":
        change(lake.accesses, { status: "answered" });
        break;
      case "SubjectAccessOverdue":
        missed(lake.accesses, data.deadline);
        break;
      case "AccessAudited":
        lake.audited.push({ at, data });
        break;
      case "DatasetRegistered":
        lake.datasets.set(id, { ...data, registered_at: at });
        break;
      case "DatasetAmended":
        change(lake.datasets, data);
        break;
      case "DataContractDefined":
        lake.contracts.set(id, { ...data, status: "defined", defined_at: at, updated_at: at });
        break;
      case "DataContractUpdated":
        change(lake.contracts, { ...data, status: "defined", updated_at: at });
        break;
      case "DataContractApproved":
        change(lake.contracts, { status: "approved" });
        break;
      case "DataContractApprovalRevoked":
        change(lake.contracts, { status: data.status });
        break;
      case "AppendIngestionRequested":
        lake.batches.set(id, {
          ...{ dataset: data.dataset, contract_id: data.contract_id, stage: "appended" },
          ...{ checked: false, quarantined: false, rows: null, published: 0, left_out: 0 },
          ...{ appended_at: null, suspended: null },
        });
        break;
      case "DataAppended":
        change(lake.batches, { stage: "appended", rows: data.rows, appended_at: at });
        break;
      case "QualityCheckPassed":
        change(lake.batches, { checked: data.passed, left_out: data.diverted_rows });
        break;
      case "BatchReplayed":
        if (data.outdated_checks !== undefined) change(lake.batches, { left_out: 0 });
        break;
      case "DataPublished":
        change(lake.batches, { stage: "published", published: data.rows });
        break;
      case "BatchQuarantined":
        change(lake.batches, { quarantined: true });
        break;
      case "BatchRetentionSuspended":
        change(lake.batches, { suspended: at });
        break;
      case "BatchExpired":
        change(lake.batches, { stage: "expired", quarantined: false });
        break;
      case "BatchRedacted": {
        const { objects, run, publication, diverted_rows } = data as unknown as Redacted;
        change(lake.batches, {
          stage: publication !== null ? "published" : run !== null ? "anonymized" : "appended",
          rows: (objects[0]?.to ?? run?.object ?? publication?.objects[0])?.rows,
          published: publication === null ? 0 : publication.rows,
          left_out: diverted_rows,
        });
        break;
      }
      case "MemberGranted":
        lake.roles = data.roles as readonly string[];
        break;
      case "MemberRevoked":
        lake.roles = [];
        break;
    }
  }
  return lake;
};
