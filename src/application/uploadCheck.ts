/**
 * Whether upload URLs do what they are for and nothing else, tried from outside as whoever is given
 * one would: a plain PUT is taken, and one with an added `x-amz-copy-source` copies nothing. A store
 * that obeys that header reads every lake's files out to whoever may upload one.
 *
 * What is written for it lies in no lake and is deleted again; what a trial that was cut short left is
 * deleted by a later one. The outcome counts for a while: nothing of it changes by the minute.
 */
import type { SmallObjects } from "./dataPorts.ts";
import type { Logger } from "./logging.ts";
import type { Presigner } from "./ports.ts";

/** How long URLs are known to be well, and how long anything else is said again without a trial. */
export const UPLOADS_WELL_MS = 60 * 60_000;
export const UPLOADS_AMISS_MS = 60_000;
/** What a trial may take in all. */
export const UPLOADS_TIMEOUT_MS = 10_000;

const REQUEST_TIMEOUT_MS = 4_000;
const URL_LIFE_S = 60;
/** Whatever was written for longer is nobody's any more. */
const LEFT_MS = 60 * 60_000;

/** Where trials write: in no lake's prefix. */
const PLACE = "ready/";

export interface UploadCheckDeps {
  /** The bucket's, by its binding. */
  readonly objects: SmallObjects;
  readonly presigner: Presigner;
  /** As the store calls it. */
  bucket(): string;
  fetch(url: string, init: RequestInit): Promise<Response>;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly log: Logger;
}

/** What a trial came to: why uploads are not well, or null; or what kept it from finding out. */
type Told = { readonly why: string | null } | { readonly error: unknown };

/** Resolves to why uploads are not well, or null; rejects when it cannot be found out. */
export const uploadCheck = (deps: UploadCheckDeps): (() => Promise<string | null>) => {
  let last: { readonly until_ms: number; readonly told: Told } | null = null;
  return async () => {
    const at = deps.now().getTime();
    if (last === null || at >= last.until_ms) {
      const told = await tried(deps).then(
        (why): Told => ({ why }),
        (error: unknown): Told => ({ error }),
      );
      const well = "why" in told && told.why === null;
      last = { until_ms: at + (well ? UPLOADS_WELL_MS : UPLOADS_AMISS_MS), told };
    }
    if ("error" in last.told) throw last.told.error;
    return last.told.why;
  };
};

const UPLOADED = "what is sent";
const ELSEWHERE = "what lies elsewhere";

const tried = async (deps: UploadCheckDeps): Promise<string | null> => {
  const { objects, now, newId } = deps;
  const place = `${PLACE}${momentOf(now())}/${newId()}`;
  // Each is written once: R2 takes one write to a key in a second and answers another with 429.
  const [mine, other, copy] = [`${place}/mine`, `${place}/other`, `${place}/copy`];
  try {
    await objects.put(other, encoder.encode(ELSEWHERE));
    return (await notTaken(deps, mine)) ?? (await copied(deps, copy, other));
  } finally {
    await cleared(deps, [mine, other, copy]);
  }
};

/** What it cannot delete now a later trial does: that is no verdict on uploads. */
const cleared = async (deps: UploadCheckDeps, keys: readonly string[]): Promise<void> => {
  try {
    await deps.objects.delete([...keys, ...(await leftIn(deps))]);
  } catch (error) {
    deps.log("warn", "what a trial of upload URLs wrote is not deleted yet", { error });
  }
};

const notTaken = async (deps: UploadCheckDeps, key: string): Promise<string | null> => {
  const status = await put(deps, key, { body: UPLOADED });
  if (status >= 300) return `an upload by a signed URL is answered ${status}`;
  return (await textAt(deps, key)) === UPLOADED
    ? null
    : "what is uploaded by a signed URL is not in the bucket that is bound: is its name another?";
};

const copied = async (deps: UploadCheckDeps, copy: string, other: string) => {
  const status = await put(deps, copy, {
    headers: { "x-amz-copy-source": `/${deps.bucket()}/${other}` },
  });
  if ((await textAt(deps, copy)) === ELSEWHERE) return COPIES;
  // Taken all the same, as a plain upload, is as good as refused: nothing was read.
  const told = status < 300 || [400, 401, 403, 501].includes(status);
  return told
    ? null
    : `a signed URL with an added x-amz-copy-source is answered ${status}: whether the store copies is not known`;
};

const COPIES =
  "the store copies any object of the bucket to where an upload URL leads, if the header " +
  "x-amz-copy-source is added to it: whoever may upload a file to one lake can read those of all";

const put = async (
  { presigner, fetch, now }: UploadCheckDeps,
  key: string,
  init: RequestInit,
): Promise<number> => {
  const signed_at = `${now().toISOString().slice(0, 19)}.000Z`;
  const url = await presigner.sign({ method: "PUT", key, signed_at, expires_in: URL_LIFE_S });
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const answer = await fetch(url, { ...init, method: "PUT", redirect: "manual", signal });
  await answer.body?.cancel();
  return answer.status;
};

const textAt = async ({ objects }: UploadCheckDeps, key: string): Promise<string | null> => {
  const bytes = await objects.read(key);
  return bytes === null ? null : new TextDecoder().decode(bytes);
};

/** Such as 20261129T120000000Z: sorts by time, and looks in a URL as it does in a key. */
const momentOf = (time: Date): string => time.toISOString().replaceAll(/[-:.]/g, "");

const leftIn = async ({ objects, now }: UploadCheckDeps): Promise<readonly string[]> => {
  const before = `${PLACE}${momentOf(new Date(now().getTime() - LEFT_MS))}`;
  const left: string[] = [];
  for await (const key of objects.list(PLACE)) {
    if (key >= before || left.length === MAX_LEFT) break;
    left.push(key);
  }
  return left;
};

/** With those of the trial itself no more than are deleted at once. */
const MAX_LEFT = 900;

const encoder = new TextEncoder();
