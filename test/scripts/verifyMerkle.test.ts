import { describe, expect, it } from "vitest";
import { HashIndex, HashTree } from "../../scripts/support/verify/hashTree.ts";
import {
  EMPTY_ROOT,
  leafHash,
  proofLength,
  provesConsistency,
  provesInclusion,
} from "../../scripts/support/verify/merkle.ts";
import { naivePath, naiveProof, naiveRoot } from "./verifyLake.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");

/** The eight leaves, roots and proofs with which the Certificate Transparency code is tested. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map(hex);

const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
].map(hex);

const rootOf = (size: number): Buffer => ROOTS[size] ?? Buffer.alloc(0);

const INCLUSION = {
  0: [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
  ],
  5: [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  ],
};

const CONSISTENCY: [number, number, string[]][] = [
  [1, 8, INCLUSION[0]],
  [
    6,
    8,
    [
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [
    2,
    5,
    [
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];

const treeOf = (leaves: readonly Uint8Array[]): HashTree => {
  const tree = new HashTree();
  for (const leaf of leaves) tree.push(leafHash(leaf));
  return tree;
};

describe("the verifier's tree", () => {
  it("has the published root at every size up to eight, the empty tree's too", () => {
    expect(EMPTY_ROOT).toEqual(rootOf(0));
    const tree = treeOf(LEAVES);
    for (let size = 0; size <= 8; size++) expect(tree.root(size)).toEqual(rootOf(size));
  });

  it("agrees with the definition at sizes where subtrees are remembered", () => {
    const leaves = Array.from({ length: 1500 }, (_, index) => Buffer.from(`leaf ${index}`));
    const tree = treeOf(leaves);
    for (const size of [255, 256, 257, 511, 512, 1023, 1024, 1025, 1500])
      expect(tree.root(size)).toEqual(naiveRoot(leaves.slice(0, size)));
  });

  it("forgets what it remembered when a leaf is put right", () => {
    const leaves = Array.from({ length: 600 }, (_, index) => Buffer.from(`leaf ${index}`));
    const tree = treeOf(leaves);
    tree.root();
    leaves[300] = Buffer.from("another");
    tree.set(300, leafHash(Buffer.from("another")));
    expect(tree.root()).toEqual(naiveRoot(leaves));
  });

  it("finds every leaf's place, and none for a stranger", () => {
    const tree = treeOf(Array.from({ length: 5000 }, (_, index) => Buffer.from(`leaf ${index}`)));
    const index = new HashIndex(tree);
    for (let at = 0; at < tree.size; at++) expect(index.find(tree.at(at))).toBe(at);
    expect(index.find(leafHash(Buffer.from("stranger")))).toBe(-1);
    tree.push(Buffer.from(tree.at(7)));
    expect(index.enter(5000)).toBe(7);
  });
});

describe("an inclusion proof", () => {
  it("of the published vectors holds", () => {
    for (const [index, proof] of Object.entries(INCLUSION)) {
      const leaf = leafHash(LEAVES[Number(index)] ?? Buffer.alloc(0));
      expect(provesInclusion(leaf, Number(index), 8, proof.map(hex), rootOf(8))).toBe(true);
    }
  });

  it("made by the definition holds for every leaf of every size, and for no other", () => {
    for (let size = 1; size <= 33; size++) {
      const leaves = Array.from({ length: size }, (_, index) => Buffer.from(`leaf ${index}`));
      const root = naiveRoot(leaves);
      leaves.forEach((leaf, index) => {
        const proof = naivePath(index, leaves);
        const hash = leafHash(leaf);
        expect(proof).toHaveLength(proofLength(index, size));
        expect(provesInclusion(hash, index, size, proof, root)).toBe(true);
        expect(provesInclusion(hash, index, size, [...proof, hash], root)).toBe(false);
        expect(provesInclusion(hash, size, size, proof, root)).toBe(false);
        if (size === 1) return;
        expect(provesInclusion(hash, (index + 1) % size, size, proof, root)).toBe(false);
        expect(provesInclusion(hash, index, size, proof.slice(1), root)).toBe(false);
        expect(provesInclusion(leafHash(Buffer.from("x")), index, size, proof, root)).toBe(false);
      });
    }
  });
});

describe("a consistency proof", () => {
  const head = (size: number) => ({ size, root: rootOf(size) });

  it("of the published vectors holds", () => {
    for (const [from, to, proof] of CONSISTENCY)
      expect(provesConsistency(head(from), head(to), proof.map(hex))).toBe(true);
  });

  it("made by the definition holds between every two sizes, and with nothing of it altered", () => {
    const leaves = Array.from({ length: 33 }, (_, index) => Buffer.from(`leaf ${index}`));
    const at = (size: number) => ({ size, root: naiveRoot(leaves.slice(0, size)) });
    for (let to = 1; to <= 33; to++)
      for (let from = 1; from < to; from++) {
        const proof = naiveProof(from, leaves.slice(0, to));
        expect(provesConsistency(at(from), at(to), proof)).toBe(true);
        const rewritten = { size: from, root: leafHash(Buffer.from("x")) };
        expect(provesConsistency(rewritten, at(to), proof)).toBe(false);
        expect(provesConsistency(at(from), { size: to, root: rewritten.root }, proof)).toBe(false);
        expect(provesConsistency(at(from), at(to), proof.slice(0, -1))).toBe(false);
        expect(provesConsistency(at(from), at(to), [...proof, rewritten.root])).toBe(false);
      }
  });

  it("is empty from the empty tree and to the same tree, and there is none backwards", () => {
    expect(provesConsistency(head(0), head(8), [])).toBe(true);
    expect(provesConsistency(head(8), head(8), [])).toBe(true);
    expect(provesConsistency({ size: 0, root: rootOf(1) }, head(8), [])).toBe(false);
    expect(provesConsistency({ size: 8, root: rootOf(7) }, head(8), [])).toBe(false);
    expect(provesConsistency(head(8), head(7), [])).toBe(false);
  });
});
