/** Looking persons up in the indexes of batches: a few small reads instead of a whole object. */
import { ok, type Result } from "../../domain/decider.ts";
import type { BatchId, DeletionId } from "../../domain/ids.ts";
import type { Rejection } from "../../domain/rejection.ts";
import { BrokenSealError, MissingObjectError } from "../dataPorts.ts";
import type { Call } from "../lakeGateway.ts";
import type { Lookup } from "../lookups.ts";
import type { HeldInPlan, HeldInRequest } from "../planHeldIn.ts";
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

/** Indexes that are asked at the same time. */
const ASKED_AT_ONCE = 16;

/** Those of the batches that may hold one of the sets, in their order. */
export const mayHoldAny = async (
  shop: Workshop,
  lookups: readonly Lookup[],
  sets: readonly SubjectSet[],
): Promise<readonly BatchId[]> => {
  const found: BatchId[] = [];
  for (let from = 0; from < lookups.length; from += ASKED_AT_ONCE) {
    const asked = lookups.slice(from, from + ASKED_AT_ONCE);
    const answers = await Promise.all(asked.map((lookup) => mayHold(shop, lookup, sets)));
    for (const [at, { batch_id }] of asked.entries()) {
      if (answers[at]?.includes(true)) found.push(batch_id);
    }
  }
  return found;
};

/** What the index of a batch says of the requests that concern it. */
export interface FoundIn {
  /** Those whose persons it may hold. */
  readonly held: readonly DeletionId[];
  /** Those whose persons it does not hold. */
  readonly cleared: readonly DeletionId[];
  /** The file the index is about; null when nothing was looked up. */
  readonly raw_key: string | null;
}

/** Requests that concern a batch before it expires or is handed out: are their persons in it? */
export const foundIn = async (
  shop: Workshop,
  call: Call,
  { batch_id, before }: Pick<HeldInRequest, "batch_id" | "before">,
): Promise<Result<FoundIn, Rejection>> => {
  const held: DeletionId[] = [];
  const cleared: DeletionId[] = [];
  let raw_key: string | null = null;
  let after: string | null = "";
  while (after !== null) {
    const request = { kind: "held_in", batch_id, before, after } as const;
    const opened = await shop.lake.open(call, request);
    if (!opened.ok) return opened;
    const { plan } = opened.value;
    if (plan.kind !== "held_in") break;
    const { step }: { readonly step: HeldInPlan } = plan;
    // Another file has taken the place of the one that was asked for the first of them.
    if (raw_key !== null && raw_key !== step.raw_key) cleared.length = 0;
    raw_key = step.raw_key;
    const sets = step.held.map(({ subjects }) => subjects);
    const found = await mayHold(shop, step.lookup, sets);
    for (const [at, { deletion_id }] of step.held.entries()) {
      (found[at] ? held : cleared).push(deletion_id);
    }
    after = step.next;
  }
  return ok({ held, cleared, raw_key });
};

/** Requests for which the batch has to be kept, because it may hold their persons. */
export const heldIn = async (
  shop: Workshop,
  call: Call,
  batch_id: BatchId,
): Promise<Result<readonly DeletionId[], Rejection>> => {
  const found = await foundIn(shop, call, { batch_id, before: "expiry" });
  return found.ok ? ok(found.value.held) : found;
};
