/**
 * Digests of objects as the log holds them. They tell the lake whether an object is what was written,
 * and tell nobody else anything: each is an HMAC under a key of the lake's own, so who lacks that key
 * cannot try what a file may have held. The object's name goes in first: equal files have different
 * digests, so nothing is learnt either by handing a guess in as another file.
 */
import { createHash, createHmac } from "node:crypto";
import type { ObjectStore, ObjectWriter } from "./dataPorts.ts";

/** Hashes bytes while they pass by: the Web Crypto API only digests what is in memory as a whole. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** Of everything so far, in the form that an ObjectRef has; ends it. */
  end(): string;
}

export interface DigestingWriter extends ObjectWriter {
  /** For the bytes of this object; who writes them says them to it. */
  readonly digest: Digest;
}

/** An object store together with the digests of one lake. */
export interface DigestingStore extends ObjectStore {
  writer(key: string, contentType: string): DigestingWriter;
  /** Of what was written under that key. */
  digest(key: string): Digest;
  /** See `uploadTag`. */
  uploadTag(key: string, etag: string): string;
}

const KEYED = "hmac-sha256:";
const PLAIN = "sha256:";

/** What a keyed digest of anything but an object begins with: no object's name does. */
const UPLOAD = "upload-etag";
const END_OF_NAME = "\0";

/** HMAC-SHA-256 under the lake's digest key of the object's name, a byte 0 and its bytes. */
export const objectDigest = (digest_key: Uint8Array, name: string): Digest => {
  const hmac = createHmac("sha256", digest_key).update(`${name}${END_OF_NAME}`);
  return {
    update: (bytes) => void hmac.update(bytes),
    end: () => `${KEYED}${hmac.digest("hex")}`,
  };
};

/** SHA-256 of the bytes, bare hex: what logs from before there was a key for it hold. */
export const plainDigest = (): Digest => {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), end: () => hash.digest("hex") };
};

export const isKeyed = (stored: string): boolean => stored.startsWith(KEYED);

/** As answers have it: with its algorithm in front. */
export const describeDigest = (stored: string): string =>
  isKeyed(stored) ? stored : `${PLAIN}${stored}`;

/**
 * What the log keeps of the entity tag that the object store gave an upload, which is a digest too,
 * often the MD5 of its bytes. `name`: of the object that was made of the upload.
 */
export const uploadTag = (digest_key: Uint8Array, name: string, etag: string): string => {
  const text = [UPLOAD, name, etag].join(END_OF_NAME);
  return `${KEYED}${createHmac("sha256", digest_key).update(text).digest("hex")}`;
};
