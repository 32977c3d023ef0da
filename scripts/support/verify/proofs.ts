/** Whether the server's proofs prove: some of them, chosen by the root, so by nobody in advance. */
import { hash } from "node:crypto";
import type { HashTree } from "./hashTree.ts";
import type { LakeLog } from "./lakeLog.ts";
import { provesConsistency, provesInclusion, type TreeHead } from "./merkle.ts";
import { counted, type Report } from "./report.ts";

/** Besides the first leaf and the last. */
const SAMPLES = 5;

/** A number below `limit`, the same for the same root and turn. */
const draw = (root: Buffer, turn: number, limit: number): number =>
  hash("sha256", `${root.toString("hex")} ${turn}`, "buffer").readUIntBE(0, 6) % limit;

export const sampledIndexes = ({ size, root }: TreeHead): number[] => {
  if (size === 0) return [];
  const drawn = Array.from({ length: SAMPLES }, (_, turn) => draw(root, turn, size));
  return [...new Set([0, size - 1, ...drawn])].sort((a, b) => a - b);
};

/** `served` must be the tree of `head`: a proof is held against leaves known to be right. */
export const checkProofs = async (
  log: LakeLog,
  served: HashTree,
  head: TreeHead,
  report: Report,
): Promise<void> => {
  const { size, root } = head;
  const sampled = sampledIndexes(head);
  let wrong = 0;
  for (const index of sampled) {
    const proof = await log.inclusion(index, size);
    if (provesInclusion(served.at(index), index, size, proof, root)) continue;
    wrong++;
    report.add("caught", "proofs", `the server's inclusion proof of event ${index + 1} is wrong`);
  }
  const old = size > 1 ? 1 + draw(root, SAMPLES, size - 1) : 0;
  if (old > 0) {
    const then = { size: old, root: served.root(old) };
    if (!provesConsistency(then, head, await log.consistency(old, size))) {
      wrong++;
      const text = `the server's consistency proof from ${counted(old, "event")} is wrong`;
      report.add("caught", "proofs", text);
    }
  }
  if (wrong === 0 && size > 0) {
    const consistency = old > 0 ? `, and consistency since ${counted(old, "event")}` : "";
    const events = sampled.map((index) => index + 1).join(", ");
    report.add("ok", "proofs", `the server proves inclusion of ${events}${consistency}`);
  }
};
