/**
 * Verifies a certificate of erasure from its file alone: who signed it, that the event it speaks of
 * says the same, and that this event stands in the log whose head is signed by the same key. Needs
 * no server and none of its code.
 */
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { certificateClaims } from "./certificateClaims.ts";
import { envelopeObjection, parseEnvelope } from "./dsse.ts";
import { objection, readKey, takeApart } from "./identity.ts";
import { repeatedMembers } from "./jsonMembers.ts";
import { parseLeaf } from "./leafRules.ts";
import { HASH_BYTES, leafHash, provesInclusion, type TreeHead } from "./merkle.ts";
import { decodeBase64, decodeUtf8, type VerifierKey } from "./note.ts";
import { counted, isSystemError, type Report, UnreadableError } from "./report.ts";
import type { Outcome } from "./verifyLog.ts";

const PAYLOAD_TYPE = "application/vnd.lethe.erasure-certificate+json";

/** The events a certificate can be of. */
const CLOSINGS = [
  "GDPRDeletionCompleted",
  "GDPRDeletionRemainderErased",
  "GDPRDeletionReapplied",
] as const;

const MEMBERS = ["certificate", "envelope", "checkpoint", "leaf", "inclusion", "verifier_key"];

type Fields = Readonly<Record<string, unknown>>;

/** Verifies the file and reports; `key`: a verifier key known beforehand. */
export const verifyCertificateFile = async (
  file: string,
  key: string | undefined,
  report: Report,
): Promise<Outcome> => {
  try {
    verifyCertificate(await readFile(file, "utf8"), key, report);
  } catch (error) {
    if (!(error instanceof UnreadableError || isSystemError(error))) throw error;
    report.add("note", "unreadable", error.message);
    return report.caught ? "caught" : "unreadable";
  }
  return report.caught ? "caught" : "holds";
};

/** Reports what holds and what does not; throws UnreadableError when it is no certificate at all. */
const verifyCertificate = (text: string, pinned: string | undefined, report: Report) => {
  const file = fieldsOf(parsedJson(text), "the file");
  checkMembers(file, text, report);
  const key = keyOf(file, pinned, report);
  const payload = checkSignature(file, key, report);
  if (payload === null) return;
  const head = checkHead(file, key, report);
  const leaf = checkPlace(file, head, report);
  if (leaf !== null) checkEvent(payload, leaf, key, report);
  certificateClaims(payload, report);
};

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableError("the file is not JSON");
  }
};

const fieldsOf = (value: unknown, what: string): Fields => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UnreadableError(`${what} is no JSON object`);
  return value as Fields;
};

/** What is not checked may not stand beside what is: a reader could take it for a part of it. */
const checkMembers = (file: Fields, text: string, report: Report): void => {
  const { caught, end } = report.catcher("file");
  for (const name of repeatedMembers(text))
    caught(`${name} stands twice: which of them is read is up to the reader`);
  for (const name of Object.keys(file))
    if (!MEMBERS.includes(name)) caught(`${name} is no part of a certificate: nothing proves it`);
  end();
};

/** The pinned key, else the one in the file, which proves only that the file is of one piece. */
const keyOf = (file: Fields, pinned: string | undefined, report: Report): VerifierKey => {
  if (pinned === undefined) {
    const own = readKey(String(file.verifier_key), "the file's verifier_key");
    const text = `${own.text} is the file's own word: hold it against the lake's, with --key`;
    report.add("note", "key", text);
    return own;
  }
  const key = readKey(pinned, "--key");
  const named = file.verifier_key;
  if (named === key.text) report.add("ok", "key", `${key.text}, as pinned`);
  else report.add("caught", "key", `the file names another key than the pinned one: ${named}`);
  return key;
};

/** What is signed, or null when it cannot even be read. */
const checkSignature = (file: Fields, key: VerifierKey, report: Report): Fields | null => {
  const envelope = parseEnvelope(file.envelope);
  if (!envelope.ok) {
    report.add("caught", "signature", `the envelope cannot be read: ${envelope.reason}`);
    return null;
  }
  const { payloadType, payload } = envelope.value;
  const wrong = envelopeObjection(envelope.value, key);
  if (wrong !== null) report.add("caught", "signature", wrong);
  else if (payloadType === PAYLOAD_TYPE)
    report.add("ok", "signature", `${counted(payload.length, "byte")}, signed by ${key.name}`);
  if (payloadType !== PAYLOAD_TYPE)
    report.add("caught", "signature", `what is signed is no certificate, but ${payloadType}`);
  const signed = payloadOf(payload);
  if (signed === null) report.add("caught", "payload", "what is signed is no JSON object");
  else if (isDeepStrictEqual(file.certificate, signed))
    report.add("ok", "payload", "the readable certificate is what is signed");
  else report.add("caught", "payload", "the readable certificate is not what is signed");
  return signed;
};

const payloadOf = (bytes: Buffer): Fields | null => {
  try {
    return fieldsOf(JSON.parse(decodeUtf8(bytes) ?? ""), "the payload");
  } catch {
    return null;
  }
};

/** The signed head of the log, as far as the file has one that can be read. */
const checkHead = (file: Fields, key: VerifierKey, report: Report): TreeHead | null => {
  try {
    const bytes = Buffer.from(String(file.checkpoint));
    const { note, checkpoint } = takeApart(bytes, "the file's checkpoint");
    const wrong = objection(note, checkpoint, key);
    if (wrong !== null) report.add("caught", "checkpoint", `not to be trusted: ${wrong}`);
    else {
      const told = `${counted(checkpoint.size, "event")}, root ${checkpoint.root.toString("base64")}`;
      report.add("ok", "checkpoint", `${told}, signed by ${checkpoint.origin}`);
    }
    return checkpoint;
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    report.add("caught", "checkpoint", error.message);
    return null;
  }
};

/** The event's bytes, or null when the file has none that can be read. */
const checkPlace = (file: Fields, head: TreeHead | null, report: Report): Buffer | null => {
  const leaf = typeof file.leaf === "string" ? decodeBase64(file.leaf) : null;
  if (leaf === null) {
    report.add("caught", "event", "the leaf is not base64");
    return null;
  }
  if (head === null) return leaf;
  const proof = proofOf(file.inclusion);
  if (typeof proof === "string") report.add("caught", "inclusion", proof);
  else if (proof.size !== head.size) {
    const text = `the proof is for ${counted(proof.size, "event")}, the checkpoint for ${head.size}`;
    report.add("caught", "inclusion", text);
  } else if (provesInclusion(leafHash(leaf), proof.index, head.size, proof.hashes, head.root))
    report.add("ok", "inclusion", `the event is number ${proof.index + 1} of the signed log`);
  else
    report.add(
      "caught",
      "inclusion",
      "event, proof and checkpoint do not belong together: one of them was changed, or the " +
        "checkpoint is of another log",
    );
  return leaf;
};

interface Proof {
  readonly index: number;
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

const proofOf = (value: unknown): Proof | string => {
  const { leaf_index, tree_size, hashes } = (value ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(leaf_index) || !Number.isSafeInteger(tree_size))
    return "the proof names no place in the log";
  if (!Array.isArray(hashes)) return "the proof has no hashes";
  const decoded: Buffer[] = [];
  for (const hash of hashes as readonly unknown[]) {
    const bytes = typeof hash === "string" ? decodeBase64(hash) : null;
    if (bytes?.length !== HASH_BYTES) return "a hash of the proof is none";
    decoded.push(bytes);
  }
  return { index: leaf_index as number, size: tree_size as number, hashes: decoded };
};

/** Whether the event in the log says what the certificate says. */
const checkEvent = (payload: Fields, leaf: Buffer, key: VerifierKey, report: Report): void => {
  const parsed = parseLeaf(leaf);
  if (typeof parsed === "string") {
    report.add("caught", "event", `the event ${parsed}`);
    return;
  }
  const { data, ...head } = parsed as unknown as Fields;
  const claimed = (payload.event ?? {}) as Fields;
  const facts = (payload.facts ?? {}) as Fields;
  const { caught, end } = report.catcher("event");
  for (const [name, value] of Object.entries(claimed))
    if (!Object.is(head[name], value))
      caught(`the certificate speaks of ${name} ${value}, the event has ${head[name]}`);
  if (!CLOSINGS.some((type) => type === head.type))
    caught(`an event ${head.type} completes no erasure`);
  if (head.stream !== `deletion/${facts.deletion_id}`)
    caught(`the event is of ${head.stream}, the certificate of request ${facts.deletion_id}`);
  for (const name of differing(facts, data as Fields))
    caught(`the certificate's ${name} is not what the event says`);
  if (`lethe/${payload.lake_id}` !== key.name)
    caught(`the certificate is of lake ${payload.lake_id}, the key is of ${key.name}`);
  if (end() === 0) report.add("ok", "event", `${head.type} says what the certificate says`);
};

const differing = (one: Fields, other: Fields): readonly string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => !isDeepStrictEqual(one[name], other[name]),
  );
