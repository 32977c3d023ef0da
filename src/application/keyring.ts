/**
 * Keys. A lake has one random key, stored wrapped under the root secret; each purpose gets a key
 * of its own from it by HKDF-SHA-256 (RFC 5869). So another root secret changes no other key. A data subject has a random key in two halves: one
 * stored wrapped under the lake's, one in the object store. Either alone says nothing about the key;
 * destroying them makes the subject's sealed fields unreadable for good, whatever backup of one of
 * the two places comes back. An encrypted dataset has a random key too, stored wrapped, under which
 * its objects are sealed.
 * Wrapping and sealing are AES-256-GCM with a random 96-bit nonce; the additional data binds a
 * ciphertext to its place, so that it cannot be moved to another field, request or lake.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { DatasetName, SubjectAccessId, SubjectRef } from "../domain/ids.ts";
import { decrypt, derive, encrypt, KEY_BYTES } from "./ciphers.ts";
import type { PrivacyKeys } from "./dataPorts.ts";
import { MIN_ROOT_SECRET_LENGTH, type RootSecrets } from "./rootSecrets.ts";

const KEY_ID_BYTES = 8;

/** The lake's key does not open under the root secret that is set. */
export class LockedKeyError extends Error {}

/** What the object store keeps of the subjects' keys, as far as it has been fetched. */
export interface Halves {
  /** 32 bytes; null when there is none there, undefined when nobody has looked. */
  find(subject: SubjectRef): Uint8Array | null | undefined;
}

/**
 * Thrown where a subject's key is needed and its half in the object store is not at hand: nothing
 * was written. Whoever runs the turn fetches the half and runs it again (see custody.ts).
 */
export class HalfNeededError extends Error {
  readonly subject: SubjectRef;
  /** Whether one is to be made when there is none. */
  readonly make: boolean;

  constructor(subject: SubjectRef, make: boolean) {
    super("the half of a subject's key that the object store keeps is not at hand");
    this.subject = subject;
    this.make = make;
  }
}

/** Nothing was fetched. */
const NO_HALVES: Halves = { find: () => undefined };

/** Where wrapped keys are kept. */
export interface KeyStore {
  find(id: string): string | null;
  put(id: string, wrapped: string): void;
  /** Missing ids are no error. */
  destroy(id: string): void;
}

export interface Keyring {
  /** The pseudonym of a data subject: HMAC-SHA-256 of the id, lower-case hex. */
  subjectRef(subject_id: string): SubjectRef;
  /** The key of pseudonyms, 32 bytes: for finding a subject's rows by them. */
  pseudonymKey(): Uint8Array;
  /** A keyed fingerprint of a command, for telling a repeated one from another. */
  fingerprint(command: string): string;
  /**
   * Seals a text under the subject's key, making that key when there is none. Throws
   * HalfNeededError, as `open` does.
   */
  seal(subject: SubjectRef, place: string, text: string): { readonly sealed: string };
  /** The text, or null when the key it was sealed under has been destroyed. */
  open(subject: SubjectRef, place: string, sealed: string): string | null;
  /** Destroys what this lake keeps of the subject's key. */
  destroySubjectKey(subject: SubjectRef): void;
  /** The same keys, with what was fetched from the object store. */
  withHalves(halves: Halves): Keyring;
  privacyKeys(dataset: DatasetName): PrivacyKeys;
  /** Makes the key of an encrypted dataset, 32 random bytes; one that is there stays. */
  makeDatasetKey(dataset: DatasetName): void;
  /** The key of an encrypted dataset, or null when there is none (any more) that opens. */
  datasetKey(dataset: DatasetName): Uint8Array | null;
  /** Destroys the key: no object of the dataset can ever be read again. */
  destroyDatasetKey(dataset: DatasetName): void;
  /** Makes the key that the answer to a request for access is sealed under, 32 random bytes. */
  makeAccessKey(id: SubjectAccessId): void;
  /** That key, or null when it was destroyed. */
  accessKey(id: SubjectAccessId): Uint8Array | null;
  /** Signs what a URL to a sealed object says: HMAC-SHA-256, base64url. */
  signUrl(claims: string): string;
  /** Whether the signature is this lake's own of these claims; takes the same time either way. */
  isUrlSigned(claims: string, signature: string): boolean;
  /** Seals a text under the lake's own key. */
  sealOwn(place: string, text: string): { readonly sealed: string };
  /** The text, or null when another lake sealed it. */
  openOwn(place: string, sealed: string): string | null;
  /** The key of objects' digests, 32 bytes (see digests.ts). */
  digestKey(): Uint8Array;
  /** Seed of the key that signs the log's checkpoints, 32 bytes. */
  logSeed(): Uint8Array;
  /** Whether the lake's own key is wrapped under the previous root secret, not the present one. */
  isOutdated(): boolean;
  /** Wraps it under the present one; the key itself, and all that follow from it, stay. */
  rewrap(): void;
}

/** Where the lake keeps its half of a subject's key. */
const halfId = (subject: SubjectRef): string => `subject-half/${subject}`;

/** Where the whole key lies when it was made before there were halves. */
const wholeId = (subject: SubjectRef): string => `subject/${subject}`;

/** A key from its halves, or the other half from a key and one of them. */
const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  if (one.length !== KEY_BYTES || other.length !== KEY_BYTES) {
    throw new Error(`half a key has ${KEY_BYTES} bytes`);
  }
  return one.map((byte, at) => byte ^ (other[at] ?? 0));
};

/** Tells keys of a subject apart that followed each other, and says nothing else about them. */
const keyIdOf = (key: Uint8Array): string =>
  Buffer.from(derive(key, "key-id")).subarray(0, KEY_ID_BYTES).toString("hex");

/** The id of the key a text was sealed under, null in texts from before they named it. */
const partsOf = (sealed: string): readonly [id: string | null, body: string] => {
  const dot = sealed.indexOf(".");
  return dot < 0 ? [null, sealed] : [sealed.slice(0, dot), sealed.slice(dot + 1)];
};

/** Where the key of the answer to a request for access is kept: destroying it destroys the answer. */
export const accessKeyId = (id: string): string => `access/${id}`;

/** The first of the wrapping keys that opens it counts. */
const unwrapLakeKey = (
  wrappings: readonly Uint8Array[],
  stored: string,
  place: string,
): { readonly lakeKey: Uint8Array; readonly under: number } => {
  for (const [under, wrapping] of wrappings.entries()) {
    try {
      return { lakeKey: decrypt(wrapping, stored, place), under };
    } catch {
      // Wrapped under another one: the next is tried.
    }
  }
  throw new LockedKeyError("the lake's key was wrapped under another root secret");
};

/**
 * Opens the lake's keys, making the lake's own on first use. Throws LockedKeyError when the stored
 * key was wrapped under neither root secret: the lake then refuses to work.
 */
export const openKeyring = (roots: RootSecrets, lake_id: string, store: KeyStore): Keyring => {
  const { present, previous } = roots;
  if (present.length < MIN_ROOT_SECRET_LENGTH) throw new LockedKeyError("no root secret");
  const wrapping = derive(Buffer.from(present), "wrap");
  const before = previous === null ? [] : [derive(Buffer.from(previous), "wrap")];
  const lakePlace = `lake/${lake_id}`;
  const stored = store.find("lake");
  const opened = stored === null ? null : unwrapLakeKey([wrapping, ...before], stored, lakePlace);
  const lakeKey = opened?.lakeKey ?? randomBytes(KEY_BYTES);
  let outdated = opened !== null && opened.under > 0;
  const wrap = () => store.put("lake", encrypt(wrapping, lakeKey, lakePlace));
  if (opened === null) wrap();

  const pseudonym = derive(lakeKey, "pseudonym");
  const fingerprints = derive(lakeKey, "fingerprint");
  const own = derive(lakeKey, "own-seal");
  const subjectWrapping = derive(lakeKey, "subject-wrap");

  const unwrapped = (id: string): Uint8Array | null => {
    const wrapped = store.find(id);
    return wrapped === null ? null : decrypt(subjectWrapping, wrapped, id);
  };

  /** Null when there is none that could be whole again. */
  const subjectKey = (subject: SubjectRef, halves: Halves): Uint8Array | null => {
    const whole = unwrapped(wholeId(subject));
    if (whole !== null) return whole;
    const own = unwrapped(halfId(subject));
    if (own === null) return null;
    const other = halves.find(subject);
    if (other === undefined) throw new HalfNeededError(subject, false);
    return other === null ? null : joined(own, other);
  };

  const makeSubjectKey = (subject: SubjectRef, halves: Halves): Uint8Array => {
    const other = halves.find(subject);
    if (!other) throw new HalfNeededError(subject, true);
    const kept = unwrapped(halfId(subject));
    if (kept !== null) return joined(kept, other);
    // A key from before there were halves stays the same key, and is split with its next use.
    const whole = unwrapped(wholeId(subject));
    const own = whole === null ? randomBytes(KEY_BYTES) : joined(whole, other);
    store.put(halfId(subject), encrypt(subjectWrapping, own, halfId(subject)));
    if (whole !== null) store.destroy(wholeId(subject));
    return joined(own, other);
  };

  const subjectSeals = (halves: Halves): Pick<Keyring, "seal" | "open"> => ({
    seal(subject, place, text) {
      const key = makeSubjectKey(subject, halves);
      const body = encrypt(key, Buffer.from(text), `${lake_id}/${place}`);
      return { sealed: `${keyIdOf(key)}.${body}` };
    },
    open(subject, place, sealed) {
      const key = subjectKey(subject, halves);
      if (key === null) return null;
      const [id, body] = partsOf(sealed);
      if (id !== null && id !== keyIdOf(key)) return null;
      try {
        return new TextDecoder().decode(decrypt(key, body, `${lake_id}/${place}`));
      } catch (error) {
        // A text that does not name its key may be of one that was destroyed since.
        if (id === null) return null;
        throw error;
      }
    },
  });
  const datasetWrapping = derive(lakeKey, "dataset-wrap");
  const urls = derive(lakeKey, "sealed-url");
  const accessWrapping = derive(lakeKey, "access-wrap");
  const openedWith = (key: Uint8Array, id: string): Uint8Array | null => {
    const wrapped = store.find(id);
    if (!wrapped) return null;
    try {
      return decrypt(key, wrapped, id);
    } catch {
      // Not wrapped by this lake for what the id names: as good as none.
      return null;
    }
  };
  const urlMac = (claims: string) => createHmac("sha256", urls).update(claims).digest("base64url");
  const hmac = (key: Uint8Array, text: string) =>
    createHmac("sha256", key).update(text).digest("hex");

  const keyring: Keyring = {
    subjectRef: (subject_id) => hmac(pseudonym, subject_id) as SubjectRef,
    pseudonymKey: () => pseudonym.slice(),
    fingerprint: (command) => hmac(fingerprints, command),
    ...subjectSeals(NO_HALVES),
    destroySubjectKey(subject) {
      store.destroy(wholeId(subject));
      store.destroy(halfId(subject));
    },
    withHalves: (halves) => ({ ...keyring, ...subjectSeals(halves) }),
    makeDatasetKey(dataset) {
      const id = `dataset/${dataset}`;
      if (store.find(id) !== null) return;
      store.put(id, encrypt(datasetWrapping, randomBytes(KEY_BYTES), id));
    },
    datasetKey: (dataset) => openedWith(datasetWrapping, `dataset/${dataset}`),
    destroyDatasetKey: (dataset) => store.destroy(`dataset/${dataset}`),
    makeAccessKey(access) {
      const id = accessKeyId(access);
      if (store.find(id) === null)
        store.put(id, encrypt(accessWrapping, randomBytes(KEY_BYTES), id));
    },
    accessKey: (access) => openedWith(accessWrapping, accessKeyId(access)),
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
    digestKey: () => derive(lakeKey, "object-digest"),
    logSeed: () => derive(lakeKey, "log-signature"),
    isOutdated: () => outdated,
    rewrap() {
      store.destroy("lake");
      wrap();
      outdated = false;
    },
    privacyKeys: (dataset) => ({
      hash: derive(lakeKey, "privacy/hash"),
      token: derive(lakeKey, "privacy/token"),
      pseudonym: derive(lakeKey, "privacy/pseudonym"),
      noise: derive(lakeKey, `privacy/noise/${dataset}`),
      date_shift: derive(lakeKey, `privacy/date-shift/${dataset}`),
      unique: derive(lakeKey, "quality/unique"),
    }),
  };
  return keyring;
};
