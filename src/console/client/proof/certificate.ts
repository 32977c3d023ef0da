/**
 * A certificate of erasure, checked here and not believed: the lake's key signed what it says, the
 * event that it is made of says the same, that event stands in the log whose head the same key
 * signed, and the log of today begins with that one. The six steps of the README, and those two.
 */
import {
  type Evidence,
  grew,
  hashesOf,
  type Memory,
  type Proof,
  SIGNED,
  type Step,
  step,
} from "./check.ts";
import { leafHash, rootFromPath, sameBytes } from "./merkle.ts";
import {
  fromBase64,
  readCheckpoint,
  readKey,
  type Verdict,
  verdictOn,
  verdictOnBytes,
} from "./note.ts";

const TYPE = "application/vnd.lethe.erasure-certificate+json";

const MEMBERS = ["certificate", "envelope", "checkpoint", "leaf", "inclusion", "verifier_key"];

/** The events that close an erasure. */
const CLOSINGS = ["GDPRDeletionCompleted", "GDPRDeletionRemainderErased", "GDPRDeletionReapplied"];

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const bytesOf = (value: unknown): Uint8Array<ArrayBuffer> =>
  fromBase64(text(value)) ?? new Uint8Array();

/** Whether two values are the same as JSON, in whatever order their members stand. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && sameJson(value, right.get(name)))
  );
};

const jsonIn = (bytes: Uint8Array): Fields => {
  try {
    return fields(
      JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)),
    );
  } catch {
    return {};
  }
};

const judged = (title: string, verdict: Verdict, detail: string): Step => ({
  title,
  state: verdict === "signed" ? "held" : verdict === "unknown" ? "unknown" : "failed",
  detail,
});

const failed = (detail: string): Proof => ({
  steps: [{ title: "The file", state: "failed", detail }],
  holds: false,
  memory: null,
});

const WRITTEN: Readonly<Record<Verdict, string>> = {
  signed: "The lake's key signed these very words.",
  unsigned: "No signature of the lake's key stands under it.",
  forged: "The signature is not of the lake's key, or something was changed since.",
  unknown: SIGNED.unknown,
};

/** DSSE, version 1: what is signed is the type and the payload with their lengths. */
const envelopeSteps = async (
  file: Fields,
  keyid: string,
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<readonly Step[]> => {
  const { payloadType, payload, signatures } = fields(file.envelope);
  const body = bytesOf(payload);
  const utf8 = new TextEncoder();
  const type = utf8.encode(text(payloadType));
  const head = utf8.encode(`DSSEv1 ${type.length} ${text(payloadType)} ${body.length} `);
  const own = list(signatures)
    .map(fields)
    .filter((one) => one.keyid === keyid);
  const verdict = await verdictOnBytes(
    Uint8Array.of(...head, ...body),
    own.map(({ sig }) => bytesOf(sig)),
    publicKey,
  );
  const [yes, no] = [
    "What is shown here is what was signed.",
    "What is shown is not what was signed.",
  ];
  const same = payloadType === TYPE && sameJson(jsonIn(body), file.certificate);
  return [judged("The signature", verdict, WRITTEN[verdict]), step("The words", same, yes, no)];
};

/** Whether the event in the log says what the certificate says. */
const eventStep = (certificate: Fields, leaf: Uint8Array): Step => {
  const kept = jsonIn(leaf);
  const claimed = fields(certificate.event);
  const facts = fields(certificate.facts);
  const holds =
    CLOSINGS.includes(text(kept.type)) &&
    kept.stream === `deletion/${text(facts.deletion_id)}` &&
    ["seq", "event_id", "type", "recorded_at"].every((name) => kept[name] === claimed[name]) &&
    sameJson(kept.data, certificate.facts);
  return step(
    "The event",
    holds,
    `Event ${String(claimed.seq)} of the log, ${text(claimed.type)}, says what the certificate says.`,
    "The event in the log does not say what the certificate says.",
  );
};

const keyStep = (named: string, known: Memory | null, now: string): Step =>
  known === null
    ? step(
        "The key",
        named === now.trim(),
        "It is the key that the lake shows today. This browser had none of it from before.",
        "It is another key than the one that the lake shows today.",
      )
    : step(
        "The key",
        named === known.key.trim(),
        "It is the key that this browser has known the lake by.",
        "It is another key than the one that this browser has known the lake by.",
      );

/**
 * Takes every step, also behind one that failed. `file`: as `GET /deletions/{id}/certificate`
 * answers it, or as somebody kept it. Rejects when the lake gives no evidence.
 */
export const checkCertificate = async (
  file: unknown,
  evidence: Evidence,
  known: Memory | null,
): Promise<Proof> => {
  const all = fields(file);
  const certificate = fields(all.certificate);
  const named = text(all.verifier_key).trim();
  const key = await readKey(named);
  const head = readCheckpoint(text(all.checkpoint));
  if (key === null || head === null) return failed("It is no certificate of an erasure.");
  const leaf = bytesOf(all.leaf);
  const { leaf_index, tree_size, hashes } = fields(all.inclusion);
  const seq = Number(fields(certificate.event).seq);
  const path = hashesOf(list(hashes).map(text));
  const root = await rootFromPath(await leafHash(leaf), seq - 1, head.size, path);
  const placed = leaf_index === seq - 1 && tree_size === head.size;
  const verdict = await verdictOn(head, key);
  const [today, note] = [await evidence.key(), await evidence.checkpoint()];
  const now = readCheckpoint(note);
  const steps: Step[] = [
    step(
      "The file",
      sameJson(Object.keys(all).sort(), [...MEMBERS].sort()),
      "It has the six members of a certificate, and no others.",
      "It has members that are no part of a certificate, or lacks some.",
    ),
    ...(await envelopeSteps(all, named.split("+").slice(0, 2).join("+"), key.publicKey)),
    eventStep(certificate, leaf),
    step(
      "The path",
      placed && root !== null && sameBytes(root, head.root),
      `${path.length} hashes lead from the event to the root of ${head.size} events.`,
      "The path from the event does not lead to the root.",
    ),
    judged("The head of the log", verdict, SIGNED[verdict]),
    step(
      "The lake",
      head.origin === key.name && key.name === `lethe/${text(certificate.lake_id)}`,
      `Key, log and certificate are of the lake ${text(certificate.lake_id)}.`,
      "Key, log and certificate are of different lakes.",
    ),
    keyStep(named, known, today),
  ];
  if (now === null) return { ...failed("The lake's checkpoint of today cannot be read."), steps };
  const signedNow = await verdictOn(now, key);
  const since = await grew(head, now, evidence);
  steps.push(
    judged("The log of today", signedNow, SIGNED[signedNow]),
    step(
      "Since the certificate",
      since.state === "held",
      `The log of today begins with the ${head.size} events that the certificate was made of.`,
      `The log of today does not begin with the ${head.size} events that the certificate was made of.`,
    ),
  );
  // What this browser remembers gives way only to what goes on from it.
  const before = known === null ? null : readCheckpoint(known.checkpoint);
  if (before !== null) steps.push(await grew(before, now, evidence));
  const holds = steps.every(({ state }) => state !== "failed");
  return { steps, holds, memory: holds ? { key: today, checkpoint: note } : null };
};
