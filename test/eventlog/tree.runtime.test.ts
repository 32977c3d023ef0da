/** The tree over a real log, held against the definitions and against an independent verifier. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { provesConsistency, provesInclusion } from "../../scripts/support/verify/merkle.ts";
import type { LogTree } from "../../src/application/logProofs.ts";
import { logTree } from "../../src/eventlog/logTree.ts";
import { accessed, appendTo, inEmptyLog, metaAt, second } from "../support/emptyLog.ts";

/** More than two tiles of 256 events, and a rest. */
const EVENTS = 600;
const SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 600];

/** MTH as RFC 6962 section 2.1 writes it down, without any cache. */
const naiveRoot = (leaves: readonly Buffer[]): Buffer => {
  const sha256 = (...parts: readonly Uint8Array[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  if (leaves.length === 0) return sha256();
  const [only] = leaves;
  if (only && leaves.length === 1) return sha256(Buffer.of(0), only);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
};

const inFilledLog = (body: (tree: LogTree, leaves: readonly Buffer[]) => void) =>
  inEmptyLog((log, storage) => {
    for (let at = 0; at < EVENTS; at += 50) {
      const events = Array.from({ length: 50 }, (_, n) => accessed(`analyst-${at + n}`));
      appendTo(log, "access", events, metaAt(second(at)));
    }
    const tree = logTree(storage.sql);
    body(
      tree,
      tree.leaves(0, EVENTS).map(({ leaf }) => Buffer.from(leaf)),
    );
  });

const buffers = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash));
const leafHashOf = (leaf: Buffer) =>
  createHash("sha256").update(Buffer.of(0)).update(leaf).digest();

describe("the tree over a log", () => {
  test("has the root of RFC 6962 at every size", () =>
    inFilledLog((tree, leaves) => {
      expect(tree.size()).toBe(EVENTS);
      for (const size of [0, ...SIZES]) {
        const root = Buffer.from(tree.root(size)).toString("hex");
        expect([size, root]).toEqual([size, naiveRoot(leaves.slice(0, size)).toString("hex")]);
      }
    }));

  test("proves that an event is in it, wherever it stands and however large it was", () =>
    inFilledLog((tree, leaves) => {
      for (const size of SIZES) {
        const root = Buffer.from(tree.root(size));
        for (const index of new Set([0, 1, size >> 1, size - 1].filter((n) => n < size))) {
          const leaf = leafHashOf(leaves[index] ?? Buffer.alloc(0));
          const proof = buffers(tree.inclusion(index, size));
          expect([size, index, provesInclusion(leaf, index, size, proof, root)]).toEqual([
            size,
            index,
            true,
          ]);
          const other = leafHashOf(Buffer.from("another event"));
          expect(provesInclusion(other, index, size, proof, root)).toBe(false);
        }
      }
    }));

  test("proves between any two sizes that it only grew", () =>
    inFilledLog((tree) => {
      for (const from of SIZES) {
        for (const to of SIZES.filter((size) => size >= from)) {
          const before = { size: from, root: Buffer.from(tree.root(from)) };
          const after = { size: to, root: Buffer.from(tree.root(to)) };
          const proof = buffers(tree.consistency(from, to));
          expect([from, to, provesConsistency(before, after, proof)]).toEqual([from, to, true]);
          if (from === to) continue;
          const rewritten = { size: from, root: Buffer.from(tree.root(from)).reverse() };
          expect(provesConsistency(rewritten, after, proof)).toBe(false);
        }
      }
    }));
});
