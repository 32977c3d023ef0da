/**
 * One step of an erasure: indexes are asked, a batch is rewritten, uploads are looked through, or what
 * was rewritten is read again. Every attempt writes keys of its own and what was planned before the
 * request or the batch changed does not count, so a step may be done twice and be lost anywhere.
 */
import { invariant, ok } from "../../domain/decider.ts";
import type { ErasureStep } from "../../domain/deletion/erasure.ts";
import type { DeletionId } from "../../domain/ids.ts";
import type { ErasePlan, EraseStepPlan, LandedUpload } from "../erasePlans.ts";
import type { Call } from "../lakeGateway.ts";
import { inLanes } from "../lanes.ts";
import { landingKey } from "../objectKeys.ts";
import { UPLOADS_AT_ONCE } from "../planUploads.ts";
import type { SubjectPlane } from "../subjectPorts.ts";
import { mayHoldAny } from "./lookups.ts";
import { redactBatch, verifyBatches } from "./redactWork.ts";
import { NO_ANSWER, type Outcome, perform, type Recorder, type Workshop } from "./workshop.ts";

/**
 * `release`: everything is erased and what is left is the lake's own to do. `wait`: something else
 * has to end first; ask again after a while.
 */
export type EraseStep = "more" | "wait" | "release" | "done";

/** A step that changes while it is done is taken anew, this often at once. */
const TRIES_AT_ONCE = 3;

/** Does one step; rejects when it is to be tried again. */
export const eraseStep = async (
  shop: Workshop,
  call: Call,
  deletion_id: DeletionId,
): Promise<EraseStep> => {
  for (let tries = 1; ; tries += 1) {
    const { outcome, next } = await eraseOnce(shop, call, deletion_id);
    if (outcome.ok) return next;
    const { code } = outcome.error;
    if (code === "changed-meanwhile" && tries < TRIES_AT_ONCE) continue;
    // Others are at the same batch: they are waited for, and nothing has failed.
    if (code === "changed-meanwhile" || code === "batch-busy") return "wait";
    throw new Error(`erasure ${deletion_id}: ${outcome.error.detail}`);
  }
};

const eraseOnce = async (
  shop: Workshop,
  call: Call,
  deletion_id: DeletionId,
  uploads?: { readonly page: readonly LandedUpload[]; readonly last: boolean },
): Promise<{ readonly outcome: Awaited<Outcome>; readonly next: EraseStep }> => {
  let next: EraseStep = "more";
  let list_after: string | null = null;
  const request = { kind: "erase", deletion_id, ...(uploads ? { uploads } : {}) } as const;
  const outcome = await perform(shop, call, request, async (plan, record, data, subjects) => {
    if (plan.kind === "nothing" || plan.kind === "wait") {
      next = plan.kind === "wait" ? "wait" : "done";
      return ok(NO_ANSWER);
    }
    invariant(plan.kind === "erase", "a step of an erasure is planned as one");
    const { step } = plan;
    switch (step.kind) {
      case "release":
        next = "release";
        return ok(NO_ANSWER);
      case "list_uploads":
        list_after = step.after;
        return ok(NO_ANSWER);
      case "note":
        return note(plan, [step.step], record);
      case "look":
        return note(plan, [await look(shop, step)], record);
      case "uploads":
        return note(plan, [await lookThrough(shop, subjects, step)], record);
      case "verify":
        return note(plan, await verifyBatches(step, subjects), record);
      default:
        return redactBatch(plan, step, { record, data, subjects });
    }
  });
  if (list_after === null || !outcome.ok) return { outcome, next };
  return eraseOnce(shop, call, deletion_id, await landedAfter(shop, call.lake_id, list_after));
};

const note = (
  { deletion_id, at_version }: ErasePlan,
  steps: readonly ErasureStep[],
  record: Recorder,
): Outcome => record({ type: "NoteErasureStep", deletion_id, at_version, steps });

type Step<Kind extends EraseStepPlan["kind"]> = Extract<EraseStepPlan, { readonly kind: Kind }>;

/** Which of the batches may hold the subject: those that cannot be asked are opened. */
const look = async (
  shop: Workshop,
  { looks, sets, asked, known_hits, after, done }: Step<"look">,
): Promise<ErasureStep> => {
  const hits = await mayHoldAny(shop, looks, sets);
  const batches = asked + looks.length;
  return { kind: "looked", after, done, batches, hits: [...known_hits, ...hits] };
};

/** A page of the uploads behind a name, in the order of their names. */
const landedAfter = async ({ store }: Workshop, lake_id: string, after: string) => {
  const prefix = landingKey(lake_id, "");
  const page: LandedUpload[] = [];
  for await (const { key, etag, uploaded_at } of store.list(prefix, landingKey(lake_id, after))) {
    if (page.length === UPLOADS_AT_ONCE) return { page, last: false };
    const filename = key.slice(prefix.length);
    page.push({ filename, etag, uploaded_at: uploaded_at.toISOString() });
  }
  return { page, last: true };
};

/** Uploads that are asked for at the same time whether they are still what they were. */
const HEADS_AT_ONCE = 6;

const lookThrough = async (
  { store }: Workshop,
  subjects: SubjectPlane,
  { subject_ids, scan, remove, after }: Step<"uploads">,
): Promise<ErasureStep> => {
  const held: string[] = [];
  for (const key of scan) if (await subjects.holdsText(key, subject_ids)) held.push(key);
  const still = await inLanes(remove, HEADS_AT_ONCE, async ({ key, etag }) =>
    (await store.head(key))?.etag === etag ? [key] : [],
  );
  const gone = [...still.flat(), ...held];
  await store.delete(gone);
  return { kind: "uploads", after, scanned: scan.length, deleted: gone.length };
};
