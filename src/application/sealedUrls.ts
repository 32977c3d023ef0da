/**
 * URLs to sealed objects. The object store cannot open them, so they are read through Lethe by a
 * token that carries its own permission: what may be read and until when, signed under a key of
 * the lake's (HMAC-SHA-256). What a token names is handed out as long as the batch holds it, and
 * whoever asked for the URL would still be given it.
 */
import { progressOf } from "../domain/batch/batch.ts";
import { admitConsumption } from "../domain/batch/protection.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId, SubjectAccessId } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { ObjectRef } from "../domain/table.ts";
import { type Asked, askedBy, mayStill } from "./admission.ts";
import type { Answer, SealedHolder, ToSign } from "./answers.ts";
import type { Caller } from "./callers.ts";
import { keyDestroyed, keyOf } from "./datasetKeys.ts";
import type { Keyring } from "./keyring.ts";
import type { EventLog } from "./ports.ts";
import { type Reader, reader } from "./reader.ts";
import { anyRestriction } from "./restrictions.ts";

type Claims = SealedHolder & {
  readonly key: string;
  /** RFC 3339, UTC; from then on it is refused. */
  readonly expires_at: string;
  /** Who asked for it, where callers are told apart. */
  readonly by?: Asked;
};

/** What a token opens. */
export interface SealedObject {
  readonly key: string;
  /** Under which it is sealed. */
  readonly seal_key: Uint8Array;
  readonly format: ObjectRef["format"];
  /** What it is called where it is saved. */
  readonly filename: string;
  /** The batch to look for persons in whose processing is restricted; left out: there are none. */
  readonly look_into?: BatchId;
}

/** GET, and HEAD, which is GET without the bytes. */
const METHOD = "GET";

const signedText = (payload: string): string => `${METHOD}\n${payload}`;

const tokenOf = (claims: Claims, keyring: Keyring): string => {
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${payload}.${keyring.signUrl(signedText(payload))}`;
};

/** The answer with the tokens that its URLs consist of, when they lead to sealed objects. */
export const withToken = (answer: Answer, keyring: Keyring, caller: Caller): Answer => {
  const { sign, item_signs } = answer;
  return {
    ...answer,
    sign: sign && tokened(sign, keyring, caller),
    ...(item_signs ? { item_signs: item_signs.map((one) => tokened(one, keyring, caller)) } : {}),
  };
};

const tokened = <Sign extends ToSign>(sign: Sign, keyring: Keyring, caller: Caller): Sign => {
  if (!sign.sealed) return sign;
  const expires_ms = Date.parse(sign.signed_at) + sign.expires_in * 1000;
  const expires_at = new Date(expires_ms).toISOString();
  const { token: _, ...holder } = sign.sealed;
  const by = askedBy(caller);
  const claims = { ...holder, key: sign.key, expires_at, ...(by === null ? {} : { by }) };
  const token = tokenOf(claims, keyring);
  return { ...sign, sealed: { ...sign.sealed, token } };
};

/**
 * Rejects with `forbidden` what this lake has not signed, what has expired, and what its asker has
 * lost the right to, with `not_found` what the batch does not hand out any more, with `gone` what
 * cannot be opened any more.
 */
export const openToken = (
  token: string,
  { log, keyring, now }: { log: EventLog; keyring: Keyring; now: string },
): Result<SealedObject, Rejection> => {
  const read = reader(log);
  const [payload = "", signature = ""] = token.split(".", 2);
  if (!keyring.isUrlSigned(signedText(payload), signature) || token !== `${payload}.${signature}`) {
    return badSignature();
  }
  // Signed by this lake, hence written by `tokenOf`.
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims;
  if (now >= claims.expires_at) {
    return reject("forbidden", "url-expired", `This URL expired at ${claims.expires_at}.`);
  }
  const lake = read.lake();
  if (lake.status === "absent") return badSignature();
  if (claims.by !== undefined && !mayStill(claims.by, { read, now })) return withdrawn();
  if (!("batch_id" in claims)) return openOfAccess(claims, read, keyring);
  const opened = openOfBatch(claims, lake, read, keyring);
  if (!opened.ok || !anyRestriction(log)) return opened;
  return ok({ ...opened.value, look_into: claims.batch_id });
};

/** Also what a lake that is not there answers: who has no URL learns nothing of lakes. */
export const badSignature = () =>
  reject("forbidden", "bad-signature", "This URL was not signed by this lake, or altered.");

const withdrawn = () =>
  reject(
    "forbidden",
    "url-withdrawn",
    "Whoever asked for this URL has not the right to the file any more: it opens nothing.",
  );

const openOfAccess = (
  { subject_access_id, key }: Extract<Claims, { readonly subject_access_id: SubjectAccessId }>,
  read: Reader,
  keyring: Keyring,
): Result<SealedObject, Rejection> => {
  const access = read.subjectAccess(subject_access_id);
  const file = access.status === "absent" ? null : access.file;
  const seal_key = keyring.accessKey(subject_access_id);
  if (file?.key !== key || seal_key === null) return accessGone(subject_access_id);
  return ok({
    key,
    seal_key,
    format: "jsonl",
    filename: `subject-access-${subject_access_id}.jsonl`,
  });
};

type BatchClaims = Extract<Claims, { readonly batch_id: BatchId }>;

const openOfBatch = (
  claims: BatchClaims,
  lake: ActiveLake,
  read: Reader,
  keyring: Keyring,
): Result<SealedObject, Rejection> => {
  const state = read.batch(claims.batch_id);
  if (state.status !== "held") return notHandedOut(claims);
  const { batch } = state;
  const dataset = read.dataset(batch.dataset);
  const contract = read.contract(batch.contract_id);
  const { quality } = progressOf(batch);
  // Of what fits no schema the file itself is what was rejected.
  const unfit = batch.misfit === null ? null : batch.raw;
  const rejected = [quality.contract?.quarantine, quality.request?.quarantine, unfit].find(
    (ref) => ref?.key === claims.key,
  );
  const published =
    batch.progress.status === "published" && admitConsumption(batch, { lake, dataset, contract }).ok
      ? batch.progress.publication.objects.find(({ key }) => key === claims.key)
      : undefined;
  const object = rejected ?? published;
  if (!object) return notHandedOut(claims);
  const key = keyOf(dataset, keyring);
  if (!key.ok) return key;
  if (key.value === null) return keyDestroyed(batch.dataset);
  const filename = `${claims.batch_id}${rejected ? "-quarantine" : ""}.${object.format}`;
  return ok({ key: object.key, seal_key: key.value, format: object.format, filename });
};

const notHandedOut = ({ batch_id }: BatchClaims) =>
  reject(
    "not_found",
    "object-gone",
    `What this URL opened is not there any more: batch ${batch_id} was derived anew or withdrawn.`,
  );

const accessGone = (id: SubjectAccessId) =>
  reject(
    "not_found",
    "object-gone",
    `What this URL opened is not there any more: the file of request for access ${id} is gone.`,
  );
