/**
 * What an erasure came to, gathered from the log when nothing is left to do: from what is recorded of
 * the request and of each batch that held the subject.
 */
import { progressOf } from "../domain/batch/batch.ts";
import { protecting } from "../domain/batch/protection.ts";
import type { Redaction, ReplacedObject } from "../domain/batch/redacted.ts";
import { invariant } from "../domain/decider.ts";
import type { Deletion } from "../domain/deletion/deletion.ts";
import type { ErasedFrom, Erasure } from "../domain/deletion/erasure.ts";
import {
  type DestroyedBatch,
  type DestroyedBecause,
  ERASURE_SCOPE,
  type ErasedObject,
  type ErasureFacts,
  type LostFile,
  RESIDUAL_DAYS,
  type Recipient,
  type TransformedColumn,
} from "../domain/deletion/facts.ts";
import type { BatchId, DatasetName } from "../domain/ids.ts";
import { reader } from "./commands.ts";
import { eventsOf } from "./erasureRecipients.ts";
import { heldElsewhere } from "./heldElsewhere.ts";
import { fittingIn, listedRecipients } from "./listed.ts";
import { notSearched } from "./notSearched.ts";
import type { EventLog, StoredEvent } from "./ports.ts";
import { later } from "./timers.ts";

const DAY_MS = 86_400_000;

/** As of `now` (RFC 3339, UTC), which is when it is completed. `recipients`: all of them. */
export const erasureFacts = (
  log: EventLog,
  deletion: Deletion,
  erasure: Erasure,
  now: string,
  recipients: readonly Recipient[],
): ErasureFacts => {
  const { deletion_id, subject_ref, requested_by, received_at, requested_at } = deletion;
  const { deadline, statutory_deadline } = deletion;
  const answered_at = erasure.only === null ? null : deletion.completed_at;
  const hit = erasure.erased_from.filter(({ dataset }) => dataset !== null);
  const erased = hit.flatMap((batch) => erasedIn(log, batch, deletion));
  const objects = fittingIn(
    "objects",
    erased.flatMap((each) => each.objects),
  );
  const destroyed = fittingIn(
    "destroyed",
    erased.flatMap((each) => each.destroyed),
  );
  const lost_files = fittingIn(
    "lost_files",
    erased.flatMap((each) => each.lost_files),
  );
  const unreadable_datasets = fittingIn("unreadable_datasets", erasure.key_destroyed);
  const transformed = fittingIn("transformed", transformedIn(log, hit));
  const held_elsewhere = fittingIn("held_elsewhere", heldElsewhere(log));
  const not_searched = fittingIn("not_searched", notSearched(log));
  const named = listedRecipients(recipients);
  return {
    deletion_id,
    subject_ref,
    requested_by,
    received_at,
    requested_at,
    started_at: erasure.started_at,
    completed_at: now,
    ...(answered_at === null ? {} : { answered_at }),
    deadline,
    statutory_deadline,
    deadline_kept: (answered_at ?? now) <= deadline,
    batches: {
      looked_at: erasure.looked_at,
      opened: erasure.opened,
      hit: erasure.erased_from.length,
    },
    rows_removed: erasure.rows_removed,
    objects: objects.listed,
    objects_omitted: objects.omitted,
    destroyed: destroyed.listed,
    lost_files: lost_files.listed,
    unreadable_datasets: unreadable_datasets.listed,
    transformed: transformed.listed,
    uploads: erasure.uploads,
    withheld: stillWithheld(deletion, erasure),
    recipients: named.listed,
    recipients_omitted: named.omitted,
    held_elsewhere: held_elsewhere.listed,
    not_searched: not_searched.listed,
    scope: ERASURE_SCOPE,
    omitted: {
      destroyed: destroyed.omitted,
      lost_files: lost_files.omitted,
      unreadable_datasets: unreadable_datasets.omitted,
      transformed: transformed.omitted,
      held_elsewhere: held_elsewhere.omitted,
      not_searched: not_searched.omitted,
    },
    verification: erasure.verification,
    residual_until: later(now, RESIDUAL_DAYS * DAY_MS),
  };
};

const stillWithheld = ({ withheld }: Deletion, { only }: Erasure) =>
  only === null ? withheld : withheld.filter(({ dataset }) => !only.includes(dataset));

interface Erased {
  readonly objects: readonly ErasedObject[];
  readonly destroyed: readonly DestroyedBatch[];
  readonly lost_files: readonly LostFile[];
}

const erasedIn = (
  log: EventLog,
  { batch_id, dataset }: ErasedFrom,
  { deletion_id }: Deletion,
): readonly Erased[] => {
  invariant(dataset !== null, "a batch that lost rows is of a dataset");
  const ours = ({ data }: StoredEvent) => data.deletion_id === deletion_id;
  const about = { batch_id, dataset };
  const redacted = eventsOf(log, batch_id, "BatchRedacted")
    .filter(ours)
    .map(({ data }) => {
      const { lost, ...redaction } = data as unknown as Redaction;
      const lost_files = lost === null ? [] : [{ ...about, looked_for: lost }];
      return { objects: listed(about, redaction), destroyed: [], lost_files };
    });
  const destroyed = eventsOf(log, batch_id, "BatchDestroyed")
    .filter(ours)
    .map(({ data }) => ({
      objects: listed(about, data as unknown as Redaction),
      lost_files: [],
      destroyed: [
        {
          ...about,
          reason: data.reason as DestroyedBecause,
          looked_for: data.looked_for as DestroyedBatch["looked_for"],
        },
      ],
    }));
  return [...redacted, ...destroyed];
};

const listed = (
  about: { readonly batch_id: BatchId; readonly dataset: DatasetName },
  { objects }: { readonly objects: readonly ReplacedObject[] },
): readonly ErasedObject[] =>
  objects
    .filter(({ from, to }) => from.key !== to?.key)
    .map(({ from, to, rows_removed }) => ({
      ...about,
      from: from.key,
      to: to?.key ?? null,
      rows_removed,
      sha256_before: from.sha256,
      sha256_after: to?.sha256 ?? null,
    }));

/** Subject columns that a privacy run had changed in what was derived of these batches. */
const transformedIn = (log: EventLog, hit: readonly ErasedFrom[]): readonly TransformedColumn[] => {
  const counted = new Map<string, TransformedColumn>();
  const read = reader(log);
  for (const { batch_id, dataset } of hit) {
    const column = dataset === null ? null : subjectColumn(log, dataset);
    const state = read.batch(batch_id);
    if (dataset === null || column === null || state.status !== "held") continue;
    const progress = progressOf(state.batch);
    const rules = "privacy" in progress ? (progress.privacy?.rules ?? {}) : {};
    if (!Object.hasOwn(protecting(rules), column)) continue;
    const strategy = strategyOf(rules[column]);
    const key = JSON.stringify([dataset, column, strategy]);
    const batches = (counted.get(key)?.batches ?? 0) + 1;
    const dealt_with = "derived_anew_from_redacted_raw";
    counted.set(key, { dataset, column, strategy, batches, dealt_with });
  }
  return [...counted.values()];
};

const strategyOf = (rule: unknown): string =>
  typeof rule === "string" ? rule : String((rule as { strategy?: unknown } | null)?.strategy);

const subjectColumn = (log: EventLog, dataset: DatasetName): string | null => {
  const state = reader(log).dataset(dataset);
  return state.status === "absent" ? null : state.subject_column;
};
