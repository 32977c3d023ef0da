/**
 * Which uploads an erasure looks through. One that a batch was taken from holds what the batch holds:
 * it goes when the batch was hit, and need not be read. Every other is read as text, also one that
 * came under the same name before the batch was on record.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { EraseRequest, LandedUpload } from "./erasePlans.ts";
import { landingKey } from "./objectKeys.ts";
import { clearId, type Erasing, idMissing, stepOf } from "./planErase.ts";
import type { Planned } from "./planWork.ts";
import { isUploadOf } from "./takenUploads.ts";

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
  // Once it was completed the id is gone: what was withheld, or came back with a restore, is in
  // batches, and other uploads were looked through then. None of them is ever restored.
  const first = erasure.only === null && deletion.completed_at === null;
  const taken = takenOver(uploads.page, erasing, first);
  const free = first ? uploads.page.filter(({ filename }) => !taken.has(filename)) : [];
  const { page, last } = upTo(free[READ_AT_ONCE - 1], uploads);
  const after = last ? null : (page.at(-1)?.filename ?? null);
  const keyOf = ({ filename }: LandedUpload) => landingKey(lake.lake_id, filename);
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
    scan: free.slice(0, READ_AT_ONCE).map(keyOf),
    remove: remove.map((upload) => ({ key: keyOf(upload), etag: upload.etag })),
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

/**
 * The batches that hold an upload of the page as it lies there, by its name. Where it is not known
 * whether one does, it does not as long as the upload can be read, `readable`.
 */
const takenOver = (
  page: readonly LandedUpload[],
  { planner, read, erasure }: Erasing,
  readable: boolean,
): ReadonlyMap<string, readonly BatchId[]> => {
  const taken = new Map<string, BatchId[]>();
  const digest_key = planner.keyring().digestKey();
  const batches = planner.log.uploads.batchesOf(page.map(({ filename }) => filename));
  for (const upload of page) {
    const { filename, uploaded_at } = upload;
    for (const id of batches.get(filename) ?? []) {
      const state = read.batch(id);
      if (state.status !== "held" && state.status !== "expired") continue;
      const { batch_id, file_url, revised_at } = state.batch;
      const maybe = !readable && uploaded_at <= revised_at;
      if (file_url !== filename || !(isUploadOf(upload, state.batch, digest_key) ?? maybe))
        continue;
      // One that was destroyed took its upload with it; another that expired left it to be swept.
      if (state.status === "expired" && !erasedFrom(erasure, batch_id)) continue;
      taken.set(filename, [...(taken.get(filename) ?? []), batch_id]);
    }
  }
  return taken;
};

const erasedFrom = ({ erased_from }: Erasing["erasure"], id: BatchId): boolean =>
  erased_from.some(({ batch_id }) => batch_id === id);
