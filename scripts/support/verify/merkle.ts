/**
 * The verifier's own Merkle tree: RFC 6962 section 2.1 for the hashes, RFC 9162 sections 2.1.3.2
 * and 2.1.4.2 for checking proofs (RFC 6962 defines the proofs, but not how to check one).
 * Written apart from the server's on purpose: two programs that agree are worth more than one
 * that agrees with itself.
 */
import { createHash, hash } from "node:crypto";

export const HASH_BYTES = 32;

/** The root of the tree without leaves: the hash of nothing. */
export const EMPTY_ROOT = hash("sha256", "", "buffer");

const LEAF_PREFIX = Buffer.from([0]);

export const leafHash = (leaf: Uint8Array): Buffer =>
  createHash("sha256").update(LEAF_PREFIX).update(leaf).digest();

/** One buffer for all: a tree of a million leaves has a million inner nodes. */
const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

export const nodeHash = (left: Buffer, right: Buffer): Buffer => {
  left.copy(pair, 1);
  right.copy(pair, 1 + HASH_BYTES);
  return hash("sha256", pair, "buffer");
};

/** The largest power of two below `count` (count > 1): how many leaves the left subtree has. */
export const leftOf = (count: number): number => {
  let left = 1;
  while (left * 2 < count) left *= 2;
  return left;
};

/** How many hashes the inclusion proof of a leaf has. */
export const proofLength = (index: number, size: number): number => {
  let [low, high, length] = [0, size, 0];
  for (; high - low > 1; length++) {
    const middle = low + leftOf(high - low);
    if (index < middle) high = middle;
    else low = middle;
  }
  return length;
};

// Arithmetic instead of bit operators: those cut numbers to 32 bits.
const isOdd = (n: number): boolean => n % 2 === 1;
const half = (n: number): number => Math.floor(n / 2);

/**
 * Whether `proof` shows that `leaf` (a leaf hash) stands at `index` of the tree of `size` leaves
 * with `root`: RFC 9162 section 2.1.3.2.
 */
export const provesInclusion = (
  leaf: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
  root: Buffer,
): boolean => {
  if (index < 0 || index >= size) return false;
  let [fn, sn, computed] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      computed = nodeHash(sibling, computed);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      computed = nodeHash(computed, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && computed.equals(root);
};

/** A tree as its checkpoint gives it. */
export interface TreeHead {
  readonly size: number;
  readonly root: Buffer;
}

/**
 * Whether `proof` shows that the tree `now` only appended to the tree `then`: RFC 9162 section
 * 2.1.4.2. Every tree extends the empty one, and a tree extends itself; both with an empty proof.
 */
export const provesConsistency = (
  then: TreeHead,
  now: TreeHead,
  proof: readonly Buffer[],
): boolean => {
  if (then.size > now.size) return false;
  if (then.size === now.size) return proof.length === 0 && then.root.equals(now.root);
  if (then.size === 0) return proof.length === 0 && then.root.equals(EMPTY_ROOT);
  let [fn, sn] = [then.size - 1, now.size - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  // `fn` is 0 by now only when the old size is a power of two: its root is then a node of both.
  const [first, ...rest] = fn === 0 ? [then.root, ...proof] : proof;
  if (first === undefined || proof.length === 0) return false;
  let [oldRoot, newRoot] = [first, first];
  for (const hashed of rest) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      oldRoot = nodeHash(hashed, oldRoot);
      newRoot = nodeHash(hashed, newRoot);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      newRoot = nodeHash(newRoot, hashed);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && oldRoot.equals(then.root) && newRoot.equals(now.root);
};
