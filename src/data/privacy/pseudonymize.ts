/**
 * Pseudonyms: people who do not exist, the same one for the same value. Nothing made here can be
 * dialled, mailed or visited: addresses end in domains kept for examples (RFC 2606), phone numbers
 * begin with +999, which the ITU has assigned to nobody, and no such towns exist.
 */
import type { KeyObject } from "node:crypto";
import { assertNever } from "../../domain/decider.ts";
import type { PseudonymKind } from "../../domain/rules/privacy.ts";
import { keyedDigests } from "../kernels/keyedHash.ts";
import { decodeText, TextBuilder, type Texts } from "../textBuilder.ts";
import { DIGEST_BYTES, draw, keyedDigest, secretKey } from "./keyed.ts";
import { FIRST_NAMES, LAST_NAMES, STREETS, TOWNS } from "./pseudonymWords.ts";

const DOMAINS = ["example.com", "example.net", "example.org"];

/**
 * In: texts. Out: a pseudonym each, built from HMAC-SHA-256(key, "<kind>:<attempt>:<text>"); the
 * attempt grows from 0 while the pseudonym happens to be the text itself. Keyed digits make it rare
 * for two values to share one: there are 4 × 10^9 names, 10^10 phone numbers, 10^11 addresses (each
 * "about") and more emails.
 */
export const columnPseudonymizer =
  (key: Uint8Array, kind: PseudonymKind): ((texts: Texts, rows: number) => Texts) =>
  (texts, rows) => {
    const digests = keyedDigests(key, prefixed(`${kind}:0:`, texts, rows), rows);
    const { offsets, bytes } = texts;
    const pseudonyms = new TextBuilder(rows, 32 * rows);
    for (let row = 0; row < rows; row += 1) {
      const start = pseudonyms.end;
      pseudonyms.text(build(kind, digests, row * DIGEST_BYTES));
      const text = bytes.subarray(offsets[row], offsets[row + 1]);
      if (isText(pseudonyms, start, text)) {
        pseudonyms.end = start;
        pseudonyms.text(another(secretKey(key), kind, decodeText(text, 0, text.length)));
      }
      pseudonyms.endText();
    }
    return pseudonyms.texts();
  };

/** The pseudonym of a text whose first one is the text itself. */
const another = (key: KeyObject, kind: PseudonymKind, text: string): string => {
  for (let attempt = 1; ; attempt += 1) {
    const pseudonym = build(kind, keyedDigest(key, `${kind}:${attempt}:${text}`), 0);
    if (pseudonym !== text) return pseudonym;
  }
};

const isText = (builder: TextBuilder, start: number, text: Uint8Array): boolean => {
  if (builder.end - start !== text.length) return false;
  for (let index = 0; index < text.length; index += 1)
    if (builder.bytes[start + index] !== text[index]) return false;
  return true;
};

/** Every text with the same beginning before it. */
const prefixed = (prefix: string, { offsets, bytes }: Texts, rows: number): Texts => {
  const builder = new TextBuilder(rows, bytes.length + rows * prefix.length);
  for (let row = 0; row < rows; row += 1) {
    builder.text(prefix);
    builder.copy(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
    builder.endText();
  }
  return builder.texts();
};

const build = (kind: PseudonymKind, digests: Uint8Array, start: number): string => {
  const pick = (words: readonly string[], index: number): string =>
    words[draw(digests, index, start) % words.length] ?? "";
  const digits = (count: number, index: number): string =>
    String(draw(digests, index, start) % 10 ** count).padStart(count, "0");
  switch (kind) {
    case "name":
      return `${pick(FIRST_NAMES, 0)} ${pick(LAST_NAMES, 1)} ${digits(6, 2)}`;
    case "email": {
      const local = `${pick(FIRST_NAMES, 0)}.${pick(LAST_NAMES, 1)}.${digits(8, 2)}`;
      return `${local.toLowerCase()}@${pick(DOMAINS, 3)}`;
    }
    case "phone": {
      const number = digits(10, 0);
      return `+999 ${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}`;
    }
    case "address": {
      const house = 1 + (draw(digests, 0, start) % 999);
      return `${house} ${pick(STREETS, 1)} Street, ${digits(5, 2)} ${pick(TOWNS, 3)}`;
    }
    default:
      return assertNever(kind);
  }
};
