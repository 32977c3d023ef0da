/**
 * Signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint) as a browser checks
 * them. What is not exactly of the format is refused.
 */
import { HASH_BYTES, type Head, sameBytes } from "./merkle.ts";

/** Standard base64, padded and canonical, or null. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | null => {
  try {
    const decoded = atob(text);
    return btoa(decoded) === text ? Uint8Array.from(decoded, (c) => c.charCodeAt(0)) : null;
  } catch {
    return null;
  }
};

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

export interface Checkpoint extends Head {
  readonly origin: string;
  /** What is signed. */
  readonly text: string;
  readonly signatures: readonly {
    readonly name: string;
    readonly bytes: Uint8Array<ArrayBuffer>;
  }[];
}

/** Null for what is no checkpoint. */
export const readCheckpoint = (note: string): Checkpoint | null => {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) return null;
  const text = note.slice(0, end + 1);
  const [origin = "", digits = "", encoded = ""] = text.split("\n");
  const size = Number(digits);
  const root = fromBase64(encoded);
  if (!/^(0|[1-9][0-9]*)$/.test(digits) || !Number.isSafeInteger(size)) return null;
  if (origin === "" || root?.length !== HASH_BYTES) return null;
  const signatures = [];
  for (const line of note.slice(end + 2, -1).split("\n")) {
    const [, name, signed = ""] = /^— ([^+\s]+) (\S+)$/u.exec(line) ?? [];
    const bytes = fromBase64(signed);
    if (name === undefined || bytes === null) return null;
    signatures.push({ name, bytes });
  }
  return { origin, size, root, text, signatures };
};

export interface VerifierKey {
  readonly name: string;
  /** The first four bytes of SHA-256(name, line feed, type and key). */
  readonly id: Uint8Array;
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

const ED25519 = 0x01;
const ID_BYTES = 4;
const SIGNATURE_BYTES = 64;

const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** `<name>+<8 hex>+<base64>`; null for what is no verifier key, or has not the id that it says. */
export const readKey = async (line: string): Promise<VerifierKey | null> => {
  const [, name, hex = "", encoded = ""] =
    /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\n?$/u.exec(line) ?? [];
  const typed = fromBase64(encoded);
  if (name === undefined || typed?.[0] !== ED25519 || typed.length !== 33) return null;
  const named = new TextEncoder().encode(`${name}\n`);
  const id = (await sha256(Uint8Array.of(...named, ...typed))).subarray(0, ID_BYTES);
  const said = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  return sameBytes(id, said) ? { name, id, publicKey: typed.slice(1) } : null;
};

/** `unknown`: this browser cannot check Ed25519 signatures. */
export type Verdict = "signed" | "unsigned" | "forged" | "unknown";

/** Whether every one of the signatures is the key's, of which there has to be one. */
export const verdictOnBytes = async (
  signed: Uint8Array<ArrayBuffer>,
  signatures: readonly Uint8Array<ArrayBuffer>[],
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<Verdict> => {
  if (signatures.length === 0) return "unsigned";
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return "unknown";
  }
  for (const signature of signatures) {
    if (signature.length !== SIGNATURE_BYTES) return "forged";
    if (!(await crypto.subtle.verify("Ed25519", key, signature, signed))) return "forged";
  }
  return "signed";
};

/** Whether the checkpoint is signed by the key. */
export const verdictOn = (
  { text, signatures }: Checkpoint,
  { name, id, publicKey }: VerifierKey,
): Promise<Verdict> => {
  const own = signatures.filter(
    (signature) => signature.name === name && sameBytes(signature.bytes.subarray(0, ID_BYTES), id),
  );
  const bare = own.map(({ bytes }) => bytes.slice(ID_BYTES));
  return verdictOnBytes(Uint8Array.from(new TextEncoder().encode(text)), bare, publicKey);
};
