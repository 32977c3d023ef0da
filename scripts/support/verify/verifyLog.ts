/**
 * Verifies a lake's log from outside: the steps, in their order. Needs no trust in the server and
 * none of its code; what it relies on is the key, SHA-256 and Ed25519.
 */
import { createReadStream } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { checkCopy } from "./copy.ts";
import type { HashTree } from "./hashTree.ts";
import { checkCheckpoint, checkKey, checkSince } from "./identity.ts";
import { type LakeLog, lakeLog } from "./lakeLog.ts";
import { linesOf } from "./lines.ts";
import { explain, locate } from "./locate.ts";
import type { TreeHead } from "./merkle.ts";
import { checkProofs } from "./proofs.ts";
import { eventsNamed, isSystemError, type Report, UnreadableError } from "./report.ts";
import { type Keeper, keeper } from "./saved.ts";
import { readServed } from "./served.ts";

/** Leaf hashes are kept in memory, about 150 bytes an event all in all. */
const MAX_EVENTS = 50_000_000;

const COPY_CHUNK_BYTES = 1024 * 1024;

export interface VerifyOptions {
  /** The lake's URL, without a slash at the end. */
  readonly lake: string;
  readonly token?: string | undefined;
  /** A verifier key known beforehand. */
  readonly key?: string | undefined;
  /** Files: an export, an older checkpoint. */
  readonly copy?: string | undefined;
  readonly since?: string | undefined;
  /** A directory to keep key, checkpoint and export in. */
  readonly save?: string | undefined;
  readonly progress?: (done: number, of: number) => void;
}

/** How it ended: everything holds, something was caught, or the log could not be read. */
export type Outcome = "holds" | "caught" | "unreadable";

/** Verifies and reports. What was caught before the log became unreadable stays caught. */
export const verifyLog = async (options: VerifyOptions, report: Report): Promise<Outcome> => {
  let kept: Keeper | null = null;
  try {
    const since = options.since === undefined ? null : await readFile(options.since);
    if (options.copy !== undefined) await access(options.copy);
    kept = options.save === undefined ? null : await keeper(options.save);
    if (!(await run(options, since, kept, report)) && !report.caught) return "unreadable";
  } catch (error) {
    if (!(error instanceof UnreadableError || isSystemError(error))) throw error;
    report.add("note", "unreadable", error.message);
    return report.caught ? "caught" : "unreadable";
  } finally {
    await kept?.abandon();
  }
  return report.caught ? "caught" : "holds";
};

/** Returns whether every step could be taken. */
const run = async (
  options: VerifyOptions,
  since: Buffer | null,
  kept: Keeper | null,
  report: Report,
): Promise<boolean> => {
  let complete = true;
  // A server that refuses one question, out of damage or design, must not silence the others.
  const step = async <T>(check: string, take: () => Promise<T>): Promise<T | null> => {
    try {
      return await take();
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      complete = false;
      report.add("note", check, `not checked to the end: ${error.message}`);
      return null;
    }
  };
  const log = lakeLog(options.lake, options.token);

  // 1. Who signs, and what.
  const key = await checkKey(log, options.key, report);
  const checkpoint = await log.checkpoint();
  const head = checkCheckpoint(checkpoint, key, options.lake, report);
  if (head.size > MAX_EVENTS)
    throw new UnreadableError(
      `${head.size} events are more than ${MAX_EVENTS}, the most this holds`,
    );

  // 2. Every event of it.
  const served = await readServed(log, head.size, report, {
    ...(kept ? { keep: kept.keep } : {}),
    ...(options.progress ? { progress: options.progress } : {}),
  });

  // 3. Are they what is signed, and if not, which of them?
  const asServed = served.root().equals(head.root);
  if (asServed) {
    report.add("ok", "root", "the events hash to the signed root");
    await step("proofs", () => checkProofs(log, served, head, report));
  } else {
    report.add("caught", "root", "the events as served do not hash to the signed root");
    await step("root", () => locateChanges(log, served, head, report));
  }

  // 4. What was signed before, and what was copied before.
  const then = since && (await step("since", () => checkSince(since, key, head, log, report)));
  if (options.copy !== undefined) {
    // Where the tree told what it holds, the reference was put right: maybe all of it.
    const proven = asServed || served.root().equals(head.root);
    const stream = createReadStream(options.copy, { highWaterMark: COPY_CHUNK_BYTES });
    const evidence = { log, head, served, proven, since: then };
    await step("copy", () => checkCopy(linesOf(stream), evidence, report));
  }

  if (kept === null) return complete;
  const holds = complete && !report.caught;
  const files = await kept.finish({ key: key.text, checkpoint, holds });
  report.add("note", "saved", files.join(", "));
  return complete;
};

/** Names what differs, and puts the tree's own hashes into `served` where they were learned. */
const locateChanges = async (
  log: LakeLog,
  served: HashTree,
  head: TreeHead,
  report: Report,
): Promise<void> => {
  const located = await locate(served, head.root, (index) => log.inclusion(index, head.size));
  for (const text of explain(served, located)) report.add("caught", "root", text);
  for (const [low, high] of located.unproven)
    report.add(
      "caught",
      "root",
      `${eventsNamed(low + 1, high)}: something differs, but the server's proofs are not of its own root`,
    );
  for (const { index, held } of located.differences) served.set(index, held);
};
