/** Whose log it is, and what its owner signed: the key, the checkpoint, and an older one. */
import type { LakeLog } from "./lakeLog.ts";
import { provesConsistency, type TreeHead } from "./merkle.ts";
import {
  type Checkpoint,
  type Note,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signedBy,
  type VerifierKey,
} from "./note.ts";
import { counted, type Report, UnreadableError } from "./report.ts";

export const readKey = (line: string, whose: string): VerifierKey => {
  const key = parseVerifierKey(line);
  if (!key.ok) throw new UnreadableError(`${whose} is no verifier key: ${key.reason}`);
  return key.value;
};

/** A key with which all others are compared: the pinned one, else the server's own. */
export const checkKey = async (
  log: LakeLog,
  pinned: string | undefined,
  report: Report,
): Promise<VerifierKey> => {
  if (pinned === undefined) {
    const key = readKey(await log.key(), "what log/key answers");
    report.add("note", "key", `${key.text} is the server's own word: keep it, next time --key it`);
    return key;
  }
  const key = readKey(pinned, "--key");
  const served = readKey(await log.key(), "what log/key answers");
  if (served.text === key.text) report.add("ok", "key", `${key.text}, as pinned`);
  else
    report.add("caught", "key", `the server has another key than the pinned one: ${served.text}`);
  return key;
};

export const takeApart = (bytes: Buffer, what: string): { note: Note; checkpoint: Checkpoint } => {
  const note = parseNote(bytes);
  if (!note.ok) throw new UnreadableError(`${what} is no signed note: ${note.reason}`);
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) throw new UnreadableError(`${what} is no checkpoint: ${checkpoint.reason}`);
  return { note: note.value, checkpoint: checkpoint.value };
};

/** What speaks against the checkpoint being of this log and by this key, or null. */
export const objection = (note: Note, { origin }: Checkpoint, key: VerifierKey): string | null => {
  const signed = signedBy(note, key);
  if (signed === "forged") return `its signature is not that of ${key.name}`;
  if (signed === "unsigned") return `it is not signed by the key ${key.name}+${key.keyHash}`;
  if (origin !== key.name) return `it is of the log ${origin}, but the key is of ${key.name}`;
  return null;
};

/** The lake that a URL names: nothing for the routes of the default lake. */
const lakeIn = (url: string): string | undefined => /\/lakes\/([^/?#]+)$/.exec(url)?.[1];

/** The signed head of the tree. A wrong signature is reported, and the rest still looked at. */
export const checkCheckpoint = (
  bytes: Buffer,
  key: VerifierKey,
  lakeUrl: string,
  report: Report,
): TreeHead => {
  const { note, checkpoint } = takeApart(bytes, "what log/checkpoint answers");
  const { origin, size, root } = checkpoint;
  const wrong = objection(note, checkpoint, key);
  const asked = lakeIn(lakeUrl);
  if (wrong !== null) report.add("caught", "checkpoint", `not to be trusted: ${wrong}`);
  else if (asked !== undefined && origin !== `lethe/${asked}`)
    report.add("caught", "checkpoint", `it is of ${origin}, but the lake asked is ${asked}`);
  else
    report.add(
      "ok",
      "checkpoint",
      `${counted(size, "event")}, root ${root.toString("base64")}, signed by ${origin}`,
    );
  return { size, root };
};

/** Whether the tree of an older checkpoint is the beginning of the present one. */
export const checkSince = async (
  bytes: Buffer,
  key: VerifierKey,
  now: TreeHead,
  log: LakeLog,
  report: Report,
): Promise<TreeHead | null> => {
  const { note, checkpoint: then } = takeApart(bytes, "the file of --since");
  const wrong = objection(note, then, key);
  if (wrong !== null) {
    report.add("caught", "since", `the older checkpoint is not to be trusted: ${wrong}`);
    return null;
  }
  const told = counted(then.size, "event");
  if (then.size > now.size) {
    const text = `the log had ${told} and has ${now.size} now: it was cut or rolled back`;
    report.add("caught", "since", text);
    return then;
  }
  const trivial = then.size === 0 || then.size === now.size;
  const proof = trivial ? [] : await log.consistency(then.size, now.size);
  if (provesConsistency(then, now, proof))
    report.add("ok", "since", `the ${told} signed then are the beginning of the log now`);
  else
    report.add(
      "caught",
      "since",
      `history was rewritten: the log signed at ${told} is not the beginning of the one signed ` +
        `now (a copy kept since, given as --copy, names the events)`,
    );
  return then;
};
