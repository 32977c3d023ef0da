/**
 * Reads every leaf of the signed size once, front to back: hashes it, holds it against the rules
 * of a log, hands its bytes on, and forgets it. What the server leaves out is a place without a hash.
 */
import { HashTree } from "./hashTree.ts";
import type { LakeLog } from "./lakeLog.ts";
import { LeafRules } from "./leafRules.ts";
import { leafHash } from "./merkle.ts";
import { counted, eventsNamed, type Report } from "./report.ts";

export interface Watcher {
  /** Gets every leaf's bytes in the order served; waited for. */
  keep?(leaf: Buffer): Promise<void> | void;
  progress?(done: number, of: number): void;
}

/** The hashes of the leaves as served, exactly `size` of them; what is wrong is reported. */
export const readServed = async (
  log: LakeLog,
  size: number,
  report: Report,
  watcher: Watcher = {},
): Promise<HashTree> => {
  const tree = new HashTree();
  const rules = new LeafRules();
  const { caught, end } = report.catcher("events");
  let bytesRead = 0;
  for await (const { seq, bytes } of log.leaves(0, size)) {
    bytesRead += bytes.length;
    await watcher.keep?.(bytes);
    const index = seq - 1;
    if (index < 0 || index >= size) {
      caught(`the server answers an event ${seq}, which was not asked for`);
    } else if (index < tree.size) {
      if (tree.knows(index)) caught(`the server answers event ${seq} twice`);
      else {
        tree.set(index, leafHash(bytes));
        caught(`event ${seq} is reordered: the server answers it after event ${tree.size}`);
      }
    } else {
      while (tree.size < index) tree.push();
      tree.push(leafHash(bytes));
      for (const wrong of rules.check(index, bytes)) caught(wrong);
    }
    watcher.progress?.(tree.size, size);
  }
  while (tree.size < size) tree.push();
  for (const [from, to] of gapsOf(tree)) {
    const [is, them] = from === to ? ["is", "it"] : ["are", "them"];
    caught(`${eventsNamed(from, to)} ${is} dropped: the server does not answer ${them}`);
  }
  if (end() === 0 && size > 0) {
    const volume = `${counted(size, "event")} read, ${counted(bytesRead, "byte")}`;
    const order = `seq, time and the versions of ${counted(rules.streams, "stream")}`;
    report.add("ok", "events", `${volume}: ${order} run without a gap, no event_id twice`);
  }
  return tree;
};

/** The seqs without a leaf, as ranges. */
function* gapsOf(tree: HashTree): Generator<readonly [number, number]> {
  for (let from = 0; from < tree.size; from++) {
    if (tree.knows(from)) continue;
    let to = from;
    while (to + 1 < tree.size && !tree.knows(to + 1)) to++;
    yield [from + 1, to + 1];
    from = to;
  }
}
