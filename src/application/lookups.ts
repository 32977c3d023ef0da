/** Looking a person up in a batch's index: what has to be known for it, and which batches have one. */
import { type Batch, workOf } from "../domain/batch/batch.ts";
import { isRunning } from "../domain/batch/work.ts";
import type { Dataset } from "../domain/dataset/dataset.ts";
import { invariant } from "../domain/decider.ts";
import type { BatchId } from "../domain/ids.ts";
import type { SubjectIndexRef } from "../domain/subjects.ts";
import type { ColumnType } from "../domain/table.ts";
import type { Reader } from "./commands.ts";
import { keyOf } from "./datasetKeys.ts";
import type { Keyring } from "./keyring.ts";

/** A batch to be looked up: whether it may hold a person decides whether it is read. */
export interface Lookup {
  readonly batch_id: BatchId;
  readonly index: SubjectIndexRef | null;
  readonly column: { readonly name: string; readonly type: ColumnType | null };
  /** Of an encrypted dataset; null when it is not one. */
  readonly dataset_key: Uint8Array | null;
}

export interface HeldBatch {
  readonly batch: Batch;
  readonly dataset: Dataset;
  /** Names the person of each row. */
  readonly column: string;
}

/**
 * A batch with bytes, of a dataset that says which column names the person; else null. One that was
 * read under a schema without that column names nobody.
 */
export const heldBatch = (read: Reader, batch_id: BatchId): HeldBatch | null => {
  const state = read.batch(batch_id);
  if (state.status !== "held") return null;
  const dataset = read.dataset(state.batch.dataset);
  invariant(dataset.status !== "absent", "a batch has a dataset");
  const column = dataset.subject_column;
  const { schema } = state.batch;
  if (column === null || (schema !== null && !Object.hasOwn(schema, column))) return null;
  return { batch: state.batch, dataset, column };
};

/**
 * Whether a file is being taken over in the background, into a dataset that names its people, and has
 * been since a moment or longer.
 */
export const isArriving = (read: Reader, batch_id: BatchId, moment: string): boolean => {
  const work = workOf(read.batch(batch_id));
  if (!isRunning(work) || work.order.kind !== "append" || work.started_at > moment) return false;
  const dataset = read.dataset(work.order.request.dataset);
  return dataset.status !== "absent" && dataset.subject_column !== null;
};

/** Null when the dataset's key was destroyed: nothing of it can be read by anyone. */
export const lookupOf = (
  { batch, dataset, column: name }: HeldBatch,
  keyring: Keyring,
): Lookup | null => {
  const key = keyOf(dataset, keyring);
  if (!key.ok) return null;
  const { batch_id, subject_index: index, schema } = batch;
  const column = { name, type: schema?.[name] ?? null };
  return { batch_id, index, column, dataset_key: key.value };
};
