/**
 * What was uploaded, or may be, and no batch was taken from: by its name, with its size and when it
 * came, and when it is swept. What lies in the object store is looked at before, a stretch of names at a
 * time; the lake knows which of it are batches' and which names have a URL out.
 */
import { isRunning } from "../domain/batch/work.ts";
import type { StateOf } from "./aggregates.ts";
import type { LandedUpload } from "./erasePlans.ts";
import type { EventLog } from "./ports.ts";
import { reader } from "./reader.ts";
import { isUploadOf } from "./takenUploads.ts";

/** Names that one page goes through, whoever they belong to. */
export const NAMES_AT_ONCE = 1_000;

/** An upload as the object store lists it. */
export interface Landed extends LandedUpload {
  readonly bytes: number;
}

export interface UploadsAsked {
  /** Names behind this one. */
  readonly after: string;
  readonly limit: number;
  /** What lies there behind it, in the order of the names; `last`: and nothing else does. */
  readonly landed: readonly Landed[];
  readonly last: boolean;
}

export interface OpenUpload {
  readonly filename: string;
  /** `awaited`: a URL to upload it is out, and nothing lies there. */
  readonly state: "landed" | "awaited";
  readonly bytes: number | null;
  readonly uploaded_at: string | null;
  /** Null: nobody has asked for a URL of that name, so nobody sweeps it. */
  readonly swept_at: string | null;
}

export interface OpenUploads {
  readonly items: readonly OpenUpload[];
  /** The name behind which the next page begins; null: this is the last. */
  readonly next: string | null;
}

/** One page, in the order of the names (by code unit). */
export const openUploads = (
  log: EventLog,
  { after, limit, landed, last }: UploadsAsked,
  digest_key: () => Uint8Array,
): OpenUploads => {
  const sweeps = log.schedule.listed("sweep_upload", after, NAMES_AT_ONCE);
  const swept = new Map(sweeps.map((duty) => [duty.ref, duty]));
  const found = new Map(landed.map((upload) => [upload.filename, upload]));
  const known = [...new Set([...found.keys(), ...swept.keys()])].sort();
  // Behind the end of either list the other one does not tell all names there are.
  const ends = [
    ...(last ? [] : [landed.at(-1)?.filename ?? after]),
    ...(sweeps.length < NAMES_AT_ONCE ? [] : [sweeps.at(-1)?.ref ?? after]),
  ].sort();
  const end = ends[0];
  const names = end === undefined ? known : known.filter((name) => name <= end);
  const batches = log.uploads.batchesOf(names);
  const items: OpenUpload[] = [];
  for (const [index, filename] of names.entries()) {
    if (items.length === limit) return { items, next: names[index - 1] ?? null };
    const upload = found.get(filename);
    const duty = swept.get(filename);
    const states = (batches.get(filename) ?? []).map((id) => reader(log).batch(id));
    const swept_at = duty?.due_at ?? null;
    if (upload === undefined) {
      // Without a beginning the duty is about what a batch has left, and no URL is out.
      if (states.length > 0 || typeof duty?.payload.from !== "string") continue;
      items.push({ filename, state: "awaited", bytes: null, uploaded_at: null, swept_at });
    } else if (!states.some((state) => isTaken(upload, state, digest_key))) {
      const { bytes, uploaded_at } = upload;
      items.push({ filename, state: "landed", bytes, uploaded_at, swept_at });
    }
  }
  return { items, next: end ?? null };
};

/** Whether a batch was taken from it, or is just being. */
const isTaken = (
  upload: Landed,
  state: StateOf<"batch">,
  digest_key: () => Uint8Array,
): boolean => {
  if (state.status === "requested") return isRunning(state.work);
  if (state.status === "absent") return false;
  const { file_url, revised_at } = state.batch;
  if (file_url !== upload.filename) return false;
  return isUploadOf(upload, state.batch, digest_key()) ?? upload.uploaded_at <= revised_at;
};
