/**
 * Numbers and bytes that only the holder of a lake's key can derive, the same for the same input
 * at any time: HMAC-SHA-256 (RFC 2104, FIPS 180-4) under the key of one purpose.
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

/** A key made ready once: from raw bytes, Node prepares it anew for every digest, at 5 times the cost. */
export const secretKey = (bytes: Uint8Array): KeyObject => createSecretKey(bytes);

/** 32 bytes. */
export const keyedDigest = (key: KeyObject, message: string): Buffer =>
  createHmac("sha256", key).update(message, "utf8").digest();

const DRAW_BYTES = 6;

/** Draws from a keyed digest read 6 bytes each: this many values, from 0. */
export const DRAW_RANGE = 2 ** 48;

/** The number in bytes 6n to 6n+5 of a digest, n from 0 to 4; its bias modulo m is m / 2^48. */
export const draw = (digest: Buffer, index: number): number =>
  digest.readUIntBE(index * DRAW_BYTES, DRAW_BYTES);

/** Texts longer than this are not worth keeping. */
const MAX_MEMO_CHARS = 256;
const MAX_MEMO_TEXTS = 4096;

/** Columns repeat themselves: remembers the latest results of a function of one text, bounded. */
export const memoized = (derive: (text: string) => string): ((text: string) => string) => {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > MAX_MEMO_CHARS) return derive(text);
    const found = known.get(text);
    if (found !== undefined) return found;
    const derived = derive(text);
    if (known.size >= MAX_MEMO_TEXTS) known.clear();
    known.set(text, derived);
    return derived;
  };
};
