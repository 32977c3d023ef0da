/**
 * Finds the events whose bytes are not what the signed tree holds. The root says that something
 * differs; going down from it, the tree's own hash of each half is taken from an inclusion proof
 * of the other half, and believed only when both halves hash to the node above: so every hash used
 * is bound to the signed root, and a server cannot lead the search astray, only end it.
 */
import { HashIndex, type HashTree } from "./hashTree.ts";
import { leftOf, nodeHash, proofLength } from "./merkle.ts";

/** About 2 · log2(size) proofs are read for each. */
export const MAX_LOCATED = 16;

/** Inclusion proof of the leaf at `index`, from the leaf's sibling upward. */
export type InclusionProofs = (index: number) => Promise<readonly Buffer[]>;

export interface Difference {
  readonly index: number;
  /** The leaf hash that the signed tree holds there. */
  readonly held: Buffer;
}

export interface Located {
  /** In the order of the log; no more than `MAX_LOCATED`. */
  readonly differences: readonly Difference[];
  /** There are more behind the last one, or may be. */
  readonly more: boolean;
  /** Ranges (indexes, end exclusive) where the proofs do not fit the signed root. */
  readonly unproven: readonly (readonly [number, number])[];
}

/** Compares `served` with the tree of the same size that has `root`. */
export const locate = async (
  served: HashTree,
  root: Buffer,
  proofOf: InclusionProofs,
): Promise<Located> => {
  const { size } = served;
  const differences: Difference[] = [];
  const unproven: (readonly [number, number])[] = [];
  let more = false;
  const proofs = new Map<number, Promise<readonly Buffer[]>>();
  const proof = (index: number) => {
    const known = proofs.get(index) ?? proofOf(index);
    proofs.set(index, known);
    return known;
  };
  /** The tree's hash of the other half below the node at `depth` on the way to `index`. */
  const sibling = async (index: number, depth: number): Promise<Buffer | undefined> => {
    const hashes = await proof(index);
    return hashes.length === proofLength(index, size) ? hashes.at(-1 - depth) : undefined;
  };
  const search = async (low: number, high: number, held: Buffer, depth: number): Promise<void> => {
    if (served.subtree(low, high).equals(held)) return;
    if (differences.length === MAX_LOCATED) {
      more = true;
      return;
    }
    if (high - low === 1) {
      differences.push({ index: low, held });
      return;
    }
    // A whole range that was not served is known to be missing: nothing to find in it.
    if (allUnknown(served, low, high)) return;
    const middle = low + leftOf(high - low);
    const right = await sibling(low, depth);
    const left = await sibling(middle, depth);
    if (left === undefined || right === undefined || !nodeHash(left, right).equals(held)) {
      unproven.push([low, high]);
      return;
    }
    await search(low, middle, left, depth + 1);
    await search(middle, high, right, depth + 1);
  };
  if (size > 0) await search(0, size, root, 0);
  return { differences, more, unproven };
};

const allUnknown = (served: HashTree, low: number, high: number): boolean => {
  for (let index = low; index < high; index++) if (served.knows(index)) return false;
  return true;
};

/** What was done to the events at the differences, in words, one a finding. */
export const explain = (served: HashTree, { differences, more }: Located): string[] => {
  const index = new HashIndex(served);
  const heldAt = new Map(differences.map(({ index: at, held }) => [at, held]));
  const told: string[] = [];
  const explained = new Set<number>();
  for (const { index: at, held } of differences) {
    if (explained.has(at) || !served.knows(at)) continue;
    const seq = at + 1;
    const elsewhere = index.find(held);
    const swapped = elsewhere >= 0 && heldAt.get(elsewhere)?.equals(served.at(at));
    if (swapped) {
      told.push(`events ${seq} and ${elsewhere + 1} are reordered: they have changed places`);
      explained.add(elsewhere);
    } else if (elsewhere === at + 1) {
      told.push(`at event ${seq} stands an invented one; from there on all stand one too late`);
      for (let next = at + 1; shifted(served, heldAt, next, -1); next++) explained.add(next);
    } else if (heldAt.get(at + 1)?.equals(served.at(at))) {
      told.push(`event ${seq} is dropped; from there on all stand one too early`);
      for (let next = at + 1; shifted(served, heldAt, next, 1); next++) explained.add(next);
    } else if (elsewhere >= 0) {
      told.push(`event ${seq} is reordered: it stands in the place of event ${elsewhere + 1}`);
    } else {
      told.push(`event ${seq} is changed: its bytes are not what the tree holds`);
    }
  }
  const last = differences.at(-1);
  if (more && last !== undefined)
    told.push(`more events behind event ${last.index + 1} differ; the search ends there`);
  return told;
};

/** Whether at `at` is served what the tree holds at `at + by`, as far as that is known. */
const shifted = (
  served: HashTree,
  heldAt: ReadonlyMap<number, Buffer>,
  at: number,
  by: 1 | -1,
): boolean => {
  if (!heldAt.has(at)) return false;
  const held = heldAt.get(at + by);
  // At the edge of what was located nothing speaks against it.
  return held === undefined || held.equals(served.at(at));
};
