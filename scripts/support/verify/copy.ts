/**
 * Holds a copy of the log, an export kept elsewhere, against the signed tree. A copy that is the
 * tree's beginning is proven by the tree alone, whatever the server serves today; what is wrong
 * with another one is told by comparing it with the leaves.
 */
import { type CopyFinding, compareCopy } from "./compareCopy.ts";
import { HashIndex, HashTree } from "./hashTree.ts";
import type { LakeLog } from "./lakeLog.ts";
import { parseLeaf } from "./leafRules.ts";
import { leafHash, provesConsistency, type TreeHead } from "./merkle.ts";
import { counted, eventsNamed, type Report, UnreadableError } from "./report.ts";

export interface CopyEvidence {
  readonly log: LakeLog;
  readonly head: TreeHead;
  /** Leaf hashes to compare with. */
  readonly served: HashTree;
  /** Whether `served` hashes to the signed root. */
  readonly proven: boolean;
  /** An older checkpoint, itself verified, if there is one. */
  readonly since: TreeHead | null;
}

export const checkCopy = async (
  lines: AsyncIterable<Buffer>,
  evidence: CopyEvidence,
  report: Report,
): Promise<void> => {
  const { log, head, served, proven, since } = evidence;
  const copy = new HashTree();
  const places: number[] = [];
  const claims = new Map<number, number>();
  const index = new HashIndex(served);
  for await (const line of lines) {
    copy.push(leafHash(line));
    const at = copy.size - 1;
    const inPlace = served.knows(at) && served.at(at).equals(copy.at(at));
    const place = inPlace ? at : index.find(copy.at(at));
    places.push(place);
    if (place >= 0) continue;
    const leaf = parseLeaf(line);
    if (typeof leaf !== "string") claims.set(at, leaf.seq);
  }

  const { size } = copy;
  const told = counted(size, "event");
  if (size === 0) {
    report.add("note", "copy", "the copy is empty");
    return;
  }
  const whole = size === head.size;
  const proof = size < head.size ? await proofOf(log, size, head.size) : [];
  if (
    !(proof instanceof UnreadableError) &&
    provesConsistency({ size, root: copy.root() }, head, proof)
  ) {
    const what = whole ? "it is the whole signed log" : `they are the beginning of the signed log`;
    report.add("ok", "copy", `${told}, line by line what the tree holds: ${what}`);
    return;
  }
  const findings = compareCopy({ places, claims, size: served.size });
  if (findings.length === 0 && proof instanceof UnreadableError) throw proof;
  const { caught, end } = report.catcher("copy");
  for (const finding of findings) caught(inWords(finding));
  end();
  if (findings.length === 0)
    report.add(
      "caught",
      "copy",
      proven
        ? `the copy is right, but the server's consistency proof for ${told} is wrong`
        : "the copy is what the server serves, and neither is what the tree holds",
    );
  else if (!proven)
    report.add("note", "copy", "compared with what is served, which the tree does not bear out");
  judge(copy, since, report);
};

/** Without a proof a copy can still be found wrong, but not right. */
const proofOf = (log: LakeLog, from: number, to: number): Promise<Buffer[] | UnreadableError> =>
  log.consistency(from, to).catch((error: unknown) => {
    if (error instanceof UnreadableError) return error;
    throw error;
  });

/** When copy and log disagree, an older signature can say which of the two was altered. */
const judge = (copy: HashTree, since: TreeHead | null, report: Report): void => {
  if (since === null || since.size === 0 || since.size > copy.size) return;
  const told = counted(since.size, "line");
  if (copy.root(since.size).equals(since.root))
    report.add("note", "copy", `its first ${told} are what was signed then: the log was altered`);
  else report.add("note", "copy", `its first ${told} are not what was signed then, either`);
};

const inWords = (finding: CopyFinding): string => {
  switch (finding.kind) {
    case "changed": {
      const { from, to } = finding;
      return from === to
        ? `event ${from} is changed: the copy's bytes are not what the tree holds`
        : `events ${from} to ${to} are changed: the copy's bytes are not what the tree holds`;
    }
    case "dropped": {
      const { from, to } = finding;
      const is = from === to ? "is" : "are";
      return `${eventsNamed(from, to)} ${is} dropped: in the tree, but not in the copy`;
    }
    case "swapped":
      return `events ${finding.seq} and ${finding.other} are reordered: they have changed places`;
    case "moved":
      return `event ${finding.seq} is reordered: it stands on line ${finding.line}`;
    case "repeated":
      return `event ${finding.seq} is repeated on line ${finding.line}`;
    case "invented": {
      const { from, to } = finding;
      return from === to
        ? `line ${from} is invented: the tree holds no such event`
        : `lines ${from} to ${to} are invented: the tree holds no such events`;
    }
    default:
      return finding satisfies never;
  }
};
