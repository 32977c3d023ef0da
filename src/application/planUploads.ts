/**
 * Which uploads an erasure looks through. One that a batch took over unchanged holds what the batch
 * holds: it goes when the batch was hit, and need not be read. Every other is read as text.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { EraseRequest, LandedUpload } from "./erasePlans.ts";
import { landingKey } from "./objectKeys.ts";
import { clearId, type Erasing, idMissing, stepOf } from "./planErase.ts";
import type { Planned } from "./planWork.ts";

/** Uploads that one step goes through. */
export const UPLOADS_AT_ONCE = 1000;

/** Those of them that it reads. */
export const READ_AT_ONCE = 100;

type UploadPage = NonNullable<EraseRequest["uploads"]>;

export const planUploads = (
  { uploads }: EraseRequest,
  erasing: Erasing,
): Result<Planned, Rejection> => {
  const { deletion, erasure, lake } = erasing;
  if (uploads === undefined) {
    return ok(stepOf(erasing, { kind: "list_uploads", after: erasure.uploads_after }));
  }
  const taken = takenOver(uploads.page, erasing);
  // Once it was completed the id is gone: what was withheld, or came back with a restore, is in
  // batches, and other uploads were looked through then. None of them is ever restored.
  const first = erasure.only === null && deletion.completed_at === null;
  const free = first ? uploads.page.filter(({ filename }) => !taken.has(filename)) : [];
  const { page, last } = upTo(free[READ_AT_ONCE - 1], uploads);
  const after = last ? null : (page.at(-1)?.filename ?? null);
  const keys = (of: readonly LandedUpload[]) =>
    of.map(({ filename }) => landingKey(lake.lake_id, filename));
  const hit = new Set(erasure.erased_from.map(({ batch_id }) => batch_id));
  const remove = page.filter((upload) => {
    const batches = taken.get(upload.filename);
    return batches?.some((batch_id) => hit.has(batch_id)) ?? false;
  });
  const clear = free.length === 0 ? null : clearId(erasing);
  if (free.length > 0 && clear === null) return idMissing();
  const subject_ids = clear === null ? [] : [clear];
  const step = {
    kind: "uploads",
    subject_ids,
    scan: keys(free.slice(0, READ_AT_ONCE)),
    remove: keys(remove),
    after,
  } as const;
  return ok(stepOf(erasing, step));
};

/** The page, no further than to this one of it. */
const upTo = (end: LandedUpload | undefined, uploads: UploadPage): UploadPage => {
  const { page } = uploads;
  if (end === undefined || end === page.at(-1)) return uploads;
  return { page: page.slice(0, page.indexOf(end) + 1), last: false };
};

/** The batches that hold an upload of the page as it lies there, by its name. */
const takenOver = (
  page: readonly LandedUpload[],
  { planner, read, erasure }: Erasing,
): ReadonlyMap<string, readonly BatchId[]> => {
  const taken = new Map<string, BatchId[]>();
  const batches = planner.log.uploads.batchesOf(page.map(({ filename }) => filename));
  for (const { filename, uploaded_at } of page) {
    for (const id of batches.get(filename) ?? []) {
      const state = read.batch(id);
      if (state.status !== "held" && state.status !== "expired") continue;
      const { batch_id, file_url, revised_at } = state.batch;
      if (file_url !== filename || uploaded_at > revised_at) continue;
      // One that was destroyed took its upload with it; another that expired left it to be swept.
      if (state.status === "expired" && !erasedFrom(erasure, batch_id)) continue;
      taken.set(filename, [...(taken.get(filename) ?? []), batch_id]);
    }
  }
  return taken;
};

const erasedFrom = ({ erased_from }: Erasing["erasure"], id: BatchId): boolean =>
  erased_from.some(({ batch_id }) => batch_id === id);
