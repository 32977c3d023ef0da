/**
 * Merkle trees as RFC 6962 section 2.1 defines them: SHA-256, `0x00` before a leaf, `0x01` before
 * a pair of nodes, the left subtree of n leaves holding the largest power of two below n. Pure:
 * where the hashes of whole subtrees come from is the caller's business.
 */
import { sha256, sha256Text } from "./sha256/sha256.ts";

export const HASH_BYTES = 32;

const NODE_PREFIX = Uint8Array.of(1);

/** Of the leaf's text in UTF-8. */
export const leafHash = (leaf: string): Uint8Array => sha256Text(0, leaf);

export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(NODE_PREFIX, left, right);

/** The root of the tree without leaves. */
export const EMPTY_ROOT: Uint8Array = sha256();

/** The largest power of two below `n` (n > 1). */
const split = (n: number): number => 2 ** Math.floor(Math.log2(n - 1));

/**
 * Root of the leaves `start … end - 1`. Asked only for ranges that RFC 6962 calls subtrees; those
 * that are complete and aligned, and whose length is a power of two, may be answered from a cache.
 */
export type SubtreeHash = (start: number, end: number) => Uint8Array;

/** MTH(D[start:end]): descends until `known` answers. `known` must answer single leaves. */
export const subtreeRoot = (
  known: (start: number, end: number) => Uint8Array | null,
  start: number,
  end: number,
): Uint8Array => {
  if (end <= start) return EMPTY_ROOT;
  const found = known(start, end);
  if (found !== null) return found;
  const middle = start + split(end - start);
  return nodeHash(subtreeRoot(known, start, middle), subtreeRoot(known, middle, end));
};

/** PATH(m, D[n]), RFC 6962 section 2.1.1: from the leaf's sibling upward. */
export const inclusionPath = (hash: SubtreeHash, index: number, size: number): Uint8Array[] => {
  const path: Uint8Array[] = [];
  const descend = (start: number, end: number): void => {
    if (end - start <= 1) return;
    const middle = start + split(end - start);
    if (index < middle) {
      descend(start, middle);
      path.push(hash(middle, end));
    } else {
      descend(middle, end);
      path.push(hash(start, middle));
    }
  };
  descend(0, size);
  return path;
};

/** PROOF(m, D[n]), RFC 6962 section 2.1.2: that the tree of `from` leaves is a prefix of `to`'s. */
export const consistencyPath = (hash: SubtreeHash, from: number, to: number): Uint8Array[] => {
  const path: Uint8Array[] = [];
  const descend = (start: number, end: number, whole: boolean): void => {
    if (from === end) {
      if (!whole) path.push(hash(start, end));
      return;
    }
    const middle = start + split(end - start);
    if (from <= middle) {
      descend(start, middle, whole);
      path.push(hash(middle, end));
    } else {
      descend(middle, end, false);
      path.push(hash(start, middle));
    }
  };
  if (from > 0 && from < to) descend(0, to, true);
  return path;
};
