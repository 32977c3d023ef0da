/**
 * Merkle trees of RFC 6962 as whoever does not trust the server recomputes them: from a leaf and a
 * path to a root. Written for the browser alone; it shares no line with the log that it checks.
 */

export const HASH_BYTES = 32;

const digest = async (...parts: readonly Uint8Array[]): Promise<Uint8Array> => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
};

export const leafHash = (leaf: Uint8Array): Promise<Uint8Array> => digest(Uint8Array.of(0), leaf);

const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Uint8Array> =>
  digest(Uint8Array.of(1), left, right);

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/**
 * The root to which a leaf's path leads (RFC 9162, section 2.1.3.2); null when the path is not of
 * the length that the place and the size ask for.
 */
export const rootFromPath = async (
  hash: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Promise<Uint8Array | null> => {
  if (!(index >= 0 && index < size)) return null;
  let [place, last, root] = [index, size - 1, hash];
  for (const sibling of path) {
    if (last === 0 || sibling.length !== HASH_BYTES) return null;
    if (place % 2 === 1 || place === last) {
      root = await nodeHash(sibling, root);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      root = await nodeHash(root, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : null;
};

/** A size of a log, and the root that it had then. */
export interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether the log of `before` begins that of `after` (RFC 9162, section 2.1.4.2). */
export const isPrefix = async (
  before: Head,
  after: Head,
  proof: readonly Uint8Array[],
): Promise<boolean> => {
  if (before.size > after.size || proof.some(({ length }) => length !== HASH_BYTES)) return false;
  if (before.size === after.size) return proof.length === 0 && sameBytes(before.root, after.root);
  if (before.size === 0) return proof.length === 0;
  let [place, last] = [before.size - 1, after.size - 1];
  while (place % 2 === 1) {
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  // A tree that is whole is its own first node, which the proof leaves out.
  const [first, ...rest] = place === 0 ? [before.root, ...proof] : proof;
  if (first === undefined) return false;
  let [old, now] = [first, first];
  for (const hash of rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      old = await nodeHash(hash, old);
      now = await nodeHash(hash, now);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      now = await nodeHash(now, hash);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(old, before.root) && sameBytes(now, after.root);
};
