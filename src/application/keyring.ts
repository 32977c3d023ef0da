/**
 * Keys. A lake has one random key, stored wrapped under the root secret; each purpose gets a key
 * of its own from it by HKDF-SHA-256 (RFC 5869). A data subject has a random key, stored wrapped
 * under the lake's: destroying it makes the subject's sealed fields unreadable for good. So has an
 * encrypted dataset, whose objects are sealed under it.
 * Wrapping and sealing are AES-256-GCM with a random 96-bit nonce; the additional data binds a
 * ciphertext to its place, so that it cannot be moved to another field, request or lake.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import type { DatasetName, SubjectRef } from "../domain/ids.ts";
import type { PrivacyKeys } from "./dataPorts.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The root secret of local development: refused everywhere else. */
export const DEVELOPMENT_ROOT_SECRET = "lethe-development-root-secret-do-not-deploy";

/** Shorter secrets are refused. */
export const MIN_ROOT_SECRET_LENGTH = 32;

/** The lake's key does not open under the root secret that is set. */
export class LockedKeyError extends Error {}

/** Where wrapped keys are kept. */
export interface KeyStore {
  find(id: string): string | null;
  put(id: string, wrapped: string): void;
  /** Missing ids are no error. */
  destroy(id: string): void;
}

const derive = (key: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), `lethe/v1/${purpose}`, KEY_BYTES));

const encrypt = (key: Uint8Array, clear: Uint8Array, place: string): string => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]).toString(
    "base64",
  );
};

/** Throws when the key is another, the bytes were changed or the place is another. */
const decrypt = (key: Uint8Array, sealed: string, place: string): Uint8Array => {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const body = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]);
};

export interface Keyring {
  /** The pseudonym of a data subject: HMAC-SHA-256 of the id, lower-case hex. */
  subjectRef(subject_id: string): SubjectRef;
  /** The key of pseudonyms, 32 bytes: for finding a subject's rows by them. */
  pseudonymKey(): Uint8Array;
  /** A keyed fingerprint of a command, for telling a repeated one from another. */
  fingerprint(command: string): string;
  /** Seals a text under the subject's key, making that key when there is none. */
  seal(subject: SubjectRef, place: string, text: string): { readonly sealed: string };
  /** The text, or null when the subject's key has been destroyed. */
  open(subject: SubjectRef, place: string, sealed: string): string | null;
  privacyKeys(): PrivacyKeys;
  /** Makes the key of an encrypted dataset, 32 random bytes; one that is there stays. */
  makeDatasetKey(dataset: DatasetName): void;
  /** The key of an encrypted dataset, or null when there is none (any more) that opens. */
  datasetKey(dataset: DatasetName): Uint8Array | null;
  /** Destroys the key: no object of the dataset can ever be read again. */
  destroyDatasetKey(dataset: DatasetName): void;
  /** Signs what a URL to a sealed object says: HMAC-SHA-256, base64url. */
  signUrl(claims: string): string;
  /** Whether the signature is this lake's own of these claims; takes the same time either way. */
  isUrlSigned(claims: string, signature: string): boolean;
  /** Seals a text under the lake's own key. */
  sealOwn(place: string, text: string): { readonly sealed: string };
  /** The text, or null when another lake sealed it. */
  openOwn(place: string, sealed: string): string | null;
  /** Seed of the key that signs the log's checkpoints, 32 bytes. */
  logSeed(): Uint8Array;
}

const unwrapLakeKey = (wrapping: Uint8Array, stored: string, place: string): Uint8Array => {
  try {
    return decrypt(wrapping, stored, place);
  } catch (cause) {
    throw new LockedKeyError("the lake's key was wrapped under another root secret", { cause });
  }
};

/**
 * Opens the lake's keys, making the lake's own on first use. Throws LockedKeyError when the stored
 * key was wrapped under another root secret: the lake then refuses to work.
 */
export const openKeyring = (rootSecret: string, lake_id: string, store: KeyStore): Keyring => {
  if (rootSecret.length < MIN_ROOT_SECRET_LENGTH) throw new LockedKeyError("no root secret");
  const wrapping = derive(Buffer.from(rootSecret), "wrap");
  const lakePlace = `lake/${lake_id}`;
  const stored = store.find("lake");
  const lakeKey = stored ? unwrapLakeKey(wrapping, stored, lakePlace) : randomBytes(KEY_BYTES);
  if (stored === null) store.put("lake", encrypt(wrapping, lakeKey, lakePlace));

  const pseudonym = derive(lakeKey, "pseudonym");
  const fingerprints = derive(lakeKey, "fingerprint");
  const own = derive(lakeKey, "own-seal");
  const subjectWrapping = derive(lakeKey, "subject-wrap");

  const subjectKey = (subject: SubjectRef): Uint8Array | null => {
    const wrapped = store.find(`subject/${subject}`);
    return wrapped ? decrypt(subjectWrapping, wrapped, `subject/${subject}`) : null;
  };
  const datasetWrapping = derive(lakeKey, "dataset-wrap");
  const urls = derive(lakeKey, "sealed-url");
  const datasetKey = (dataset: DatasetName): Uint8Array | null => {
    const id = `dataset/${dataset}`;
    const wrapped = store.find(id);
    if (!wrapped) return null;
    try {
      return decrypt(datasetWrapping, wrapped, id);
    } catch {
      // Not wrapped by this lake for this dataset: as good as none.
      return null;
    }
  };
  const urlMac = (claims: string) => createHmac("sha256", urls).update(claims).digest("base64url");
  const hmac = (key: Uint8Array, text: string) =>
    createHmac("sha256", key).update(text).digest("hex");

  return {
    subjectRef: (subject_id) => hmac(pseudonym, subject_id) as SubjectRef,
    pseudonymKey: () => pseudonym.slice(),
    fingerprint: (command) => hmac(fingerprints, command),
    seal(subject, place, text) {
      let key = subjectKey(subject);
      if (key === null) {
        key = randomBytes(KEY_BYTES);
        const id = `subject/${subject}`;
        store.put(id, encrypt(subjectWrapping, key, id));
      }
      return { sealed: encrypt(key, Buffer.from(text), `${lake_id}/${place}`) };
    },
    open(subject, place, sealed) {
      const key = subjectKey(subject);
      if (key === null) return null;
      return new TextDecoder().decode(decrypt(key, sealed, `${lake_id}/${place}`));
    },
    makeDatasetKey(dataset) {
      const id = `dataset/${dataset}`;
      if (store.find(id) !== null) return;
      store.put(id, encrypt(datasetWrapping, randomBytes(KEY_BYTES), id));
    },
    datasetKey,
    destroyDatasetKey: (dataset) => store.destroy(`dataset/${dataset}`),
    signUrl: urlMac,
    isUrlSigned(claims, signature) {
      const [own, given] = [Buffer.from(urlMac(claims)), Buffer.from(signature)];
      return given.length === own.length && timingSafeEqual(given, own);
    },
    sealOwn: (place, text) => ({
      sealed: encrypt(own, Buffer.from(text), `${lake_id}/${place}`),
    }),
    openOwn(place, sealed) {
      try {
        return new TextDecoder().decode(decrypt(own, sealed, `${lake_id}/${place}`));
      } catch {
        // A log that came from elsewhere brings texts that this lake's key does not open.
        return null;
      }
    },
    logSeed: () => derive(lakeKey, "log-signature"),
    privacyKeys: () => ({
      hash: derive(lakeKey, "privacy/hash"),
      token: derive(lakeKey, "privacy/token"),
      pseudonym: derive(lakeKey, "privacy/pseudonym"),
      noise: derive(lakeKey, "privacy/noise"),
      date_shift: derive(lakeKey, "privacy/date-shift"),
      unique: derive(lakeKey, "quality/unique"),
    }),
  };
};
