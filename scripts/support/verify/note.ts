/**
 * Signed notes (c2sp.org/signed-note) and the checkpoints in them (c2sp.org/tlog-checkpoint).
 * Strict: what is not exactly of the format is refused, and says why.
 */
import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import { HASH_BYTES, type TreeHead } from "./merkle.ts";

/** The specification asks for room for 16 signatures of up to 5 kB at least. */
const MAX_NOTE_BYTES = 1024 * 1024;
const MAX_SIGNATURES = 100;

const ED25519 = 0x01;
const PUBLIC_KEY_BYTES = 32;
const KEY_HASH_BYTES = 4;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
const refuse = (reason: string): Parsed<never> => ({ ok: false, reason });

/** Standard base64 (RFC 4648 section 4), padded and canonical, or null. */
export const decodeBase64 = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
};

export interface VerifierKey {
  readonly name: string;
  /** First 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), as hex. */
  readonly keyHash: string;
  readonly publicKey: KeyObject;
  /** The line it was read from. */
  readonly text: string;
}

/** `<name>+<8 hex>+<base64(0x01 ‖ Ed25519 public key)>`; one newline at the end is let pass. */
export const parseVerifierKey = (line: string): Parsed<VerifierKey> => {
  const text = line.replace(/\n$/, "");
  // The last part is base64, which has plus signs of its own.
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text);
  if (parts === null) return refuse("it is not of the form <name>+<8 hex digits>+<base64>");
  const [, name = "", keyHash = "", encoded = ""] = parts;
  const typed = decodeBase64(encoded);
  if (typed === null) return refuse("its key is not base64");
  if (typed[0] !== ED25519 || typed.length !== 1 + PUBLIC_KEY_BYTES)
    return refuse("its key is not an Ed25519 public key");
  const named = Buffer.concat([Buffer.from(`${name}\n`), typed]);
  if (hash("sha256", named, "buffer").toString("hex", 0, KEY_HASH_BYTES) !== keyHash)
    return refuse("its key hash is not that of its name and key");
  const x = typed.toString("base64url", 1);
  const publicKey = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });
  return ok({ name, keyHash, publicKey, text });
};

export interface Signature {
  readonly name: string;
  readonly keyHash: string;
  readonly bytes: Buffer;
}

export interface Note {
  /** What is signed: every line before the last empty one, with its newline. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

/** Takes a note apart. Says nothing about whether a signature is right: see `signedBy`. */
export const parseNote = (bytes: Uint8Array): Parsed<Note> => {
  if (bytes.length > MAX_NOTE_BYTES) return refuse(`it is longer than ${MAX_NOTE_BYTES} bytes`);
  const whole = decodeUtf8(bytes);
  if (whole === null) return refuse("it is not UTF-8");
  if ([...whole].some((character) => character < " " && character !== "\n"))
    return refuse("it has control characters");
  const end = whole.lastIndexOf("\n\n");
  if (end < 0) return refuse("it has no empty line before its signatures");
  if (!whole.endsWith("\n")) return refuse("it does not end with a newline");
  const lines = whole.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) return refuse(`it has more than ${MAX_SIGNATURES} signatures`);
  const signatures: Signature[] = [];
  for (const line of lines) {
    const [, name, encoded = ""] = /^— ([^+\s]+) (\S+)$/u.exec(line) ?? [];
    const decoded = decodeBase64(encoded);
    if (name === undefined || decoded === null || decoded.length <= KEY_HASH_BYTES)
      return refuse("a line after the empty one is no signature");
    const keyHash = decoded.toString("hex", 0, KEY_HASH_BYTES);
    signatures.push({ name, keyHash, bytes: decoded.subarray(KEY_HASH_BYTES) });
  }
  return ok({ text: whole.slice(0, end + 1), signatures });
};

/** UTF-8 without forgiveness; a byte order mark stays what it is. */
export const decodeUtf8 = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};

/**
 * Whether the note is signed by the key: `unsigned` when no signature claims to be of it. Those
 * of other keys are ignored, but one that claims to be of this key and is not spoils the note.
 */
export const signedBy = (note: Note, key: VerifierKey): "signed" | "unsigned" | "forged" => {
  const claimed = note.signatures.filter(
    ({ name, keyHash }) => name === key.name && keyHash === key.keyHash,
  );
  if (claimed.length === 0) return "unsigned";
  const text = Buffer.from(note.text);
  return claimed.every(({ bytes }) => verify(null, text, key.publicKey, bytes))
    ? "signed"
    : "forged";
};

export interface Checkpoint extends TreeHead {
  readonly origin: string;
}

/** The text of a checkpoint's note: origin, size, root, then maybe extension lines. */
export const parseCheckpoint = (text: string): Parsed<Checkpoint> => {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.includes("")) return refuse("it has an empty line");
  const [origin, digits, encoded] = lines;
  if (origin === undefined || digits === undefined || encoded === undefined)
    return refuse("it has fewer than three lines");
  const size = Number(digits);
  if (!/^(0|[1-9][0-9]*)$/.test(digits) || !Number.isSafeInteger(size))
    return refuse("its second line is no tree size");
  const root = decodeBase64(encoded);
  if (root === null || root.length !== HASH_BYTES) return refuse("its third line is no root hash");
  return ok({ origin, size, root });
};
