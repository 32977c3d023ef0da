/** Looking persons up in the indexes of batches: a few small reads instead of a whole object. */
import type { BatchId, DeletionId } from "../../domain/ids.ts";
import { BrokenSealError, MissingObjectError } from "../dataPorts.ts";
import type { Call } from "../lakeGateway.ts";
import type { Lookup } from "../lookups.ts";
import type { HeldInPlan } from "../planHeldIn.ts";
import type { SubjectSet } from "../subjectPorts.ts";
import type { Workshop } from "./workshop.ts";

/** What reads objects under that key; null: of a dataset that is not encrypted. */
export const planeOf = (shop: Workshop, dataset_key: Uint8Array | null) =>
  dataset_key === null ? shop.subjects : shop.sealed(dataset_key).subjects;

/** Of each set whether the batch may hold it. Where that cannot be looked up, it may. */
export const mayHold = async (
  shop: Workshop,
  { index, column, dataset_key }: Lookup,
  sets: readonly SubjectSet[],
): Promise<readonly boolean[]> => {
  const unknown = sets.map(() => true);
  try {
    return (await planeOf(shop, dataset_key).mayHold(index, column, sets)) ?? unknown;
  } catch (error) {
    if (error instanceof MissingObjectError || error instanceof BrokenSealError) return unknown;
    throw error;
  }
};

/** Requests for which the batch has to be kept, because it may hold their persons. */
export const heldIn = async (
  shop: Workshop,
  call: Call,
  batch_id: BatchId,
): Promise<readonly DeletionId[]> => {
  const ids: DeletionId[] = [];
  let after: string | null = "";
  while (after !== null) {
    const request = { kind: "held_in", batch_id, after } as const;
    const opened = await shop.lake.open(call, request);
    if (!opened.ok) throw new Error(`retention of batch ${batch_id}: ${opened.error.detail}`);
    const { plan } = opened.value;
    if (plan.kind !== "held_in") break;
    const { lookup, held, next }: HeldInPlan = plan.step;
    const sets = held.map(({ subjects }) => subjects);
    const found = await mayHold(shop, lookup, sets);
    ids.push(...held.flatMap(({ deletion_id }, at) => (found[at] ? [deletion_id] : [])));
    after = next;
  }
  return ids;
};
