/** What the events of batches change in the reports. */
import type { BatchEvent } from "../../domain/batch/events.ts";
import type { Redaction } from "../../domain/batch/redacted.ts";
import type { Suspicion } from "../../domain/suspicion.ts";
import type { BatchRow, PersonalColumnRow } from "../tables.ts";
import { type About, type ChangesOf, counted, nothing, type RowChange, rowOf } from "./change.ts";

const batch = rowOf<BatchRow>("batches");
const personalColumn = rowOf<PersonalColumnRow>("personal_columns");

export const BATCH_CHANGES: ChangesOf<BatchEvent["type"]> = {
  AppendIngestionRequested: (data, { id, recorded_at }) => {
    const { dataset: name, contract_id, contains_pii, revision } = data;
    const about = { dataset: name, contract_id, contains_pii, quarantined_rows: 0 };
    const begins = { stage: "appended", checked: false, quarantined: false } as const;
    if (revision > 1) return batch.changed(id, { ...about, ...begins });
    return batch.opened(id, {
      ...about,
      ...begins,
      size_bytes: null,
      row_count: null,
      published_rows: 0,
      consumptions: 0,
      requested_at: recorded_at,
      appended_at: null,
      published_at: null,
      retention_due_at: null,
      retention_suspended_at: null,
      expired_at: null,
    });
  },
  DataAppended: ({ bytes, rows, revision, looks_personal }, about) => [
    batch.changed(about.id, {
      stage: "appended",
      size_bytes: bytes,
      row_count: rows,
      ...(revision > 1 ? {} : { appended_at: about.recorded_at }),
    }),
    ...counted(about, { batches_appended: 1, rows_appended: rows }),
    ...personalColumns(looks_personal, about),
  ],
  SchemaValidated: nothing,
  SchemaValidationFailed: nothing,
  PersonalDataSuspected: ({ columns }, about) => personalColumns(columns, about),
  QualityCheckPassed: (check, about) => [
    batch.changed(about.id, { checked: check.passed, quarantined_rows: check.diverted_rows }),
    ...counted(about, { rows_quarantined: check.diverted_rows }),
  ],
  QualityCheckFailed: (check, about) => [
    batch.changed(about.id, { checked: check.passed, quarantined_rows: check.diverted_rows }),
    ...counted(about, { rows_quarantined: check.diverted_rows }),
  ],
  DataAnonymized: (_, { id }) => batch.changed(id, { stage: "anonymized" }),
  PrivacyRunProposed: nothing,
  PrivacyRunApproved: nothing,
  PrivacyRunRejected: nothing,
  PrivacyRunRolledBack: (_, { id }) => batch.changed(id, { stage: "appended" }),
  DataPublished: ({ rows }, about) => [
    batch.changed(about.id, {
      stage: "published",
      published_at: about.recorded_at,
      published_rows: rows,
    }),
    ...counted(about, { batches_published: 1, rows_published: rows }),
  ],
  DataExported: nothing,
  ConsumptionGranted: (_, { id }) => batch.changed(id, { consumptions: 1 }),
  BatchQuarantined: (_, about) => [
    batch.changed(about.id, { quarantined: true }),
    ...counted(about, { batches_quarantined: 1 }),
  ],
  QuarantineReleased: (_, about) => [
    batch.changed(about.id, { quarantined: false }),
    ...counted(about, { batches_released: 1 }),
  ],
  // A file that replaces one in quarantine leaves the batch what it is until it is there.
  BatchWorkStarted: ({ order, base }, { id }) =>
    order.kind === "append" && base.revision === 0
      ? batch.changed(id, { stage: "appending" })
      : null,
  BatchWorkProgressed: nothing,
  BatchWorkCompleted: nothing,
  BatchWorkFailed: ({ kind, revision }, { id }) =>
    kind === "append" && revision === 0 ? batch.changed(id, { stage: "append_failed" }) : null,
  BatchWorkCancelled: ({ kind, revision }, { id }) =>
    kind === "append" && revision === 0 ? batch.changed(id, { stage: "append_cancelled" }) : null,
  BatchDerived: nothing,
  BatchDerivationDropped: nothing,
  // What the checks that are left reject is said by the one that follows.
  BatchReplayed: ({ outdated_checks = [] }, { id }) =>
    outdated_checks.length > 0 ? batch.changed(id, { quarantined_rows: 0 }) : null,
  BatchRetentionSuspended: (_, { id, recorded_at }) =>
    batch.changed(id, { retention_suspended_at: recorded_at }),
  HandOutRefused: nothing,
  BatchExpired: (_, about) => [
    batch.changed(about.id, ended(about.recorded_at)),
    ...counted(about, { batches_expired: 1 }),
  ],
  BatchDestroyed: (_, about) => [
    batch.changed(about.id, ended(about.recorded_at)),
    ...counted(about, { batches_destroyed: 1 }),
  ],
  // What was counted by month stays: it happened. What is held is less.
  BatchRedacted: ({ run, publication, objects, diverted_rows }, { id }) =>
    batch.changed(id, {
      stage: publication ? "published" : run ? "anonymized" : "appended",
      ...heldNow({ run, publication, objects }),
      published_rows: publication?.rows ?? 0,
      ...(diverted_rows === undefined ? {} : { quarantined_rows: diverted_rows }),
    }),
  ErasedSubjectReappeared: nothing,
};

/** Of a file that belongs to no dataset nothing is said. */
const personalColumns = (
  columns: readonly Suspicion[],
  { dataset, recorded_at }: About,
): readonly RowChange[] =>
  columns.map(({ column, signs }) =>
    personalColumn.changed([dataset ?? "", column], {
      kinds: signs.map(({ kind }) => kind).join(),
      seen_at: recorded_at,
    }),
  );

/** Of a file that is lost, what had been derived of it is all there is. */
const heldNow = ({
  objects,
  run,
  publication,
}: Pick<Redaction, "objects" | "run" | "publication">): Partial<BatchRow> => {
  const held = objects[0]?.to ?? run?.object ?? publication?.objects[0];
  return held === undefined ? {} : { size_bytes: held.bytes, row_count: held.rows };
};

const ended = (expired_at: string) =>
  ({ stage: "expired", quarantined: false, expired_at }) as const;
