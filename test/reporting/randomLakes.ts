/** Lakes to which things happen at random, in the order of time, for the tests of reports. */

import type { StreamName } from "../../src/domain/ids.ts";
import fc from "../support/property.ts";
import { type LakeLog, lakeLog } from "./lakeLog.ts";

export const FIRST_DAY = Date.UTC(2026, 7, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** RFC 3339, so many days of 24 hours behind `time`. */
export const later = (time: string, days: number): string =>
  new Date(Date.parse(time) + days * DAY_MS).toISOString();

type Step = (log: LakeLog, at: string, ids: Ids) => unknown;

/** What a step is about; each takes what it needs. */
interface Ids {
  readonly one: number;
  readonly other: number;
  readonly many: number;
}

const deletionOf = ({ one }: Ids): StreamName => `deletion/d${one}`;
const accessOf = ({ one }: Ids): StreamName => `subject-access/s${one}`;
const batchOf = ({ one }: Ids): StreamName => `batch/b${one}`;
const datasetName = ({ other }: Ids): string => ["people", "sales", "żółw"][other % 3] ?? "";

const content = (ids: Ids) => ({
  dataset: datasetName(ids),
  schema: { id: "int" },
  retention_days: 1 + ids.many,
  privacy_rules: {},
  quality_rules: {},
  k_anonymity: null,
});

const requested = (at: string, { many }: Ids) => ({
  requested_by: "petra",
  received_at: later(at, -(many % 5)),
  deadline: later(at, many),
  statutory_deadline: later(at, many + 1),
});

const appended = (log: LakeLog, at: string, ids: Ids): void => {
  const about = { dataset: datasetName(ids), contract_id: `c${ids.other}`, contains_pii: null };
  log.add(batchOf(ids), "AppendIngestionRequested", { ...about, revision: 1 }, at);
  log.add(batchOf(ids), "DataAppended", { bytes: 9, rows: ids.many, revision: 1 }, at);
};

const ROLES = [["owner"], ["auditor", "analyst"], ["privacy_officer"], ["analyst"], ["engineer"]];

const STEPS: Readonly<Record<string, Step>> = {
  request: (log, at, ids) =>
    log.add(deletionOf(ids), "GDPRDeletionRequested", requested(at, ids), at),
  extend: (log, at, ids) => {
    const [deadline, statutory_deadline] = [later(at, ids.many), later(at, ids.many)];
    log.add(deletionOf(ids), "GDPRDeletionExtended", { deadline, statutory_deadline }, at);
  },
  miss: (log, at, ids) =>
    log.add(deletionOf(ids), "GDPRDeletionOverdue", { deadline: later(at, -1) }, at),
  hold: (log, at, ids) => log.add(deletionOf(ids), "GDPRDeletionHeld", {}, at),
  reject: (log, at, ids) => log.add(deletionOf(ids), "GDPRDeletionRejected", {}, at),
  complete: (log, at, ids) =>
    log.add(deletionOf(ids), "GDPRDeletionCompleted", { completed_at: at }, at),
  ask: (log, at, ids) => log.add(accessOf(ids), "SubjectAccessRequested", requested(at, ids), at),
  answer: (log, at, ids) => {
    const expires_at = ids.many % 3 === 0 ? later(at, ids.many) : null;
    log.add(accessOf(ids), "SubjectAccessCompleted", { expires_at }, at);
  },
  handOut: (log, at, ids) => log.add(accessOf(ids), "SubjectAccessAnswered", {}, at),
  late: (log, at, ids) =>
    log.add(accessOf(ids), "SubjectAccessOverdue", { deadline: later(at, -1) }, at),
  access: (log, at, ids) => {
    const purpose = [null, "audit", "billing"][ids.one % 3] ?? null;
    const accessor_id = ["alice", "bob", "żaneta 🐢"][ids.one % 3] ?? "";
    const dataset_id = ids.many % 4 === 0 ? null : datasetName(ids);
    for (let times = 0; times < ids.many; times += 1) {
      log.add("access", "AccessAudited", { accessor_id, dataset_id, action: "read", purpose }, at);
    }
  },
  register: (log, at, ids) =>
    log.add(
      `dataset/${datasetName(ids)}`,
      "DatasetRegistered",
      {
        name: datasetName(ids),
        schema: { id: "int" },
        description: null,
        subject_column: null,
        contains_pii: [null, true, false][ids.one % 3] ?? null,
        encryption_enabled: ids.many % 2 === 0,
      },
      at,
    ),
  amend: (log, at, ids) =>
    log.add(
      `dataset/${datasetName(ids)}`,
      "DatasetAmended",
      ids.many % 2 === 0 ? { contains_pii: true } : { description: "All of them" },
      at,
    ),
  define: (log, at, ids) =>
    log.add(`contract/c${ids.one}`, "DataContractDefined", { ...content(ids), version: 1 }, at),
  update: (log, at, ids) =>
    log.add(`contract/c${ids.one}`, "DataContractUpdated", { ...content(ids), version: 2 }, at),
  approve: (log, at, ids) =>
    log.add(`contract/c${ids.one}`, "DataContractApproved", { approver: "olga" }, at),
  revokeApproval: (log, at, ids) => {
    const data = { approver: "olga", status: "defined" };
    log.add(`contract/c${ids.one}`, "DataContractApprovalRevoked", data, at);
  },
  append: appended,
  check: (log, at, ids) =>
    log.add(batchOf(ids), "QualityCheckPassed", { passed: true, diverted_rows: 1 }, at),
  replay: (log, at, ids) =>
    log.add(
      batchOf(ids),
      "BatchReplayed",
      { replay_id: "r", ...(ids.one === 0 ? { outdated_checks: ["contract"] } : {}) },
      at,
    ),
  publish: (log, at, ids) => log.add(batchOf(ids), "DataPublished", { rows: ids.many }, at),
  quarantine: (log, at, ids) => log.add(batchOf(ids), "BatchQuarantined", { cause: "manual" }, at),
  redact: (log, at, ids) => {
    const object = { bytes: ids.many, rows: ids.many };
    const to = ids.other === 0 ? null : { bytes: ids.many + 2, rows: ids.many + 1 };
    const publication = { rows: ids.many, objects: [object] };
    log.add(
      batchOf(ids),
      "BatchRedacted",
      {
        ...{ objects: [{ from: object, to, rows_removed: 1 }], diverted_rows: ids.other },
        ...{ run: ids.many % 2 === 0 || to === null ? { object } : null },
        ...{ publication: ids.many % 3 === 0 ? publication : null },
      },
      at,
    );
  },
  keep: (log, at, ids) => log.add(batchOf(ids), "BatchRetentionSuspended", {}, at),
  expire: (log, at, ids) => log.add(batchOf(ids), "BatchExpired", {}, at),
  grant: (log, at, ids) => {
    const data = { subject: "ann", roles: ROLES[ids.many % ROLES.length] };
    log.add("member/ann", "MemberGranted", data, at);
  },
  revoke: (log, at, ids) =>
    ids.many % 3 === 0 && log.add("member/ann", "MemberRevoked", { subject: "ann" }, at),
};

/** Ids of which one begins another, so that keys are compared part by part. */
export const LAKES = ["lake", "lake-2", "north", "Żuraw"] as const;

/** The log of each lake. */
export const randomLakes = fc
  .noBias(
    fc.array(
      fc.record({
        lake: fc.constantFrom(...LAKES),
        step: fc.constantFrom(...Object.keys(STEPS)),
        minute: fc.nat({ max: 120 * 24 * 60 }),
        one: fc.nat({ max: 2 }),
        other: fc.nat({ max: 2 }),
        many: fc.oneof(fc.nat({ max: 6 }), fc.nat({ max: 45 })),
      }),
      { minLength: 100, maxLength: 300, size: "max" },
    ),
  )
  .map((steps) => {
    const logs = new Map<string, LakeLog>(
      LAKES.map((lake) => [
        lake,
        lakeLog().add(
          "lake",
          "DataLakeCreated",
          {
            ...{ lake_id: lake, name: lake, owner_id: "olga", region: "eu", country: null },
            ...{ compliance_level: "gdpr", time_zone: null },
            residency: { jurisdiction: null, enforced: false },
          },
          new Date(FIRST_DAY).toISOString(),
        ),
      ]),
    );
    for (const { lake, step, minute, ...ids } of [...steps].sort((a, b) => a.minute - b.minute)) {
      const log = logs.get(lake);
      const at = new Date(FIRST_DAY + minute * MINUTE_MS).toISOString();
      if (log) STEPS[step]?.(log, at, ids);
    }
    return logs;
  });
