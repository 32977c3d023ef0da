/**
 * URLs to sealed objects. The object store cannot open them, so they are read through Lethe by a
 * token that carries its own permission: what may be read and until when, signed under a key of
 * the lake's (HMAC-SHA-256). What a token names is handed out as long as the batch holds it and
 * would still be granted.
 */
import { progressOf } from "../domain/batch/batch.ts";
import { admitConsumption } from "../domain/batch/protection.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId } from "../domain/ids.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { ObjectRef } from "../domain/table.ts";
import type { Answer } from "./answers.ts";
import type { Reader } from "./commands.ts";
import { keyDestroyed, keyOf } from "./datasetKeys.ts";
import type { Keyring } from "./keyring.ts";

interface Claims {
  readonly batch_id: BatchId;
  readonly key: string;
  /** RFC 3339, UTC; from then on it is refused. */
  readonly expires_at: string;
}

/** What a token opens. */
export interface SealedObject {
  readonly key: string;
  readonly dataset_key: Uint8Array;
  readonly format: ObjectRef["format"];
  /** What it is called where it is saved. */
  readonly filename: string;
}

/** GET, and HEAD, which is GET without the bytes. */
const METHOD = "GET";

const signedText = (payload: string): string => `${METHOD}\n${payload}`;

const tokenOf = (claims: Claims, keyring: Keyring): string => {
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${payload}.${keyring.signUrl(signedText(payload))}`;
};

/** The answer with the token that its URL consists of, when it is a URL to a sealed object. */
export const withToken = (answer: Answer, keyring: Keyring): Answer => {
  const { sign } = answer;
  if (!sign?.sealed) return answer;
  const expires_ms = Date.parse(sign.signed_at) + sign.expires_in * 1000;
  const expires_at = new Date(expires_ms).toISOString();
  const token = tokenOf({ batch_id: sign.sealed.batch_id, key: sign.key, expires_at }, keyring);
  return { ...answer, sign: { ...sign, sealed: { ...sign.sealed, token } } };
};

/**
 * Rejects with `forbidden` what this lake has not signed or what has expired, with `not_found` what
 * the batch does not hand out any more, with `gone` what cannot be opened any more.
 */
export const openToken = (
  token: string,
  { read, keyring, now }: { read: Reader; keyring: Keyring; now: string },
): Result<SealedObject, Rejection> => {
  const [payload = "", signature = ""] = token.split(".", 2);
  if (!keyring.isUrlSigned(signedText(payload), signature) || token !== `${payload}.${signature}`) {
    return reject(
      "forbidden",
      "bad-signature",
      "This URL was not signed by this lake, or altered.",
    );
  }
  // Signed by this lake, hence written by `tokenOf`.
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims;
  if (now >= claims.expires_at) {
    return reject("forbidden", "url-expired", `This URL expired at ${claims.expires_at}.`);
  }
  const lake = read.lake();
  if (lake.status === "absent") return lakeNotFound();
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
  return ok({ key: object.key, dataset_key: key.value, format: object.format, filename });
};

const notHandedOut = ({ batch_id }: Claims) =>
  reject(
    "not_found",
    "object-gone",
    `What this URL opened is not there any more: batch ${batch_id} was derived anew or withdrawn.`,
  );
