/**
 * Pseudonyms: people who do not exist, the same one for the same value. Nothing made here can be
 * dialled, mailed or visited: addresses end in domains kept for examples (RFC 2606), phone numbers
 * begin with +999, which the ITU has assigned to nobody, and no such towns exist.
 */
import type { KeyObject } from "node:crypto";
import { assertNever } from "../../domain/decider.ts";
import type { PseudonymKind } from "../../domain/rules/privacy.ts";
import { draw, keyedDigest } from "./keyed.ts";
import { FIRST_NAMES, LAST_NAMES, STREETS, TOWNS } from "./pseudonymWords.ts";

const DOMAINS = ["example.com", "example.net", "example.org"];

/**
 * Built from HMAC-SHA-256(key, "<kind>:<attempt>:<text>"); the attempt grows while the pseudonym
 * happens to be the text itself. Keyed digits make it rare for two values to share one: there are
 * 4 × 10^9 names, 10^10 phone numbers, 10^11 addresses (each "about") and more emails.
 */
export const pseudonymize = (key: KeyObject, kind: PseudonymKind, text: string): string => {
  for (let attempt = 0; ; attempt += 1) {
    const pseudonym = build(kind, keyedDigest(key, `${kind}:${attempt}:${text}`));
    if (pseudonym !== text) return pseudonym;
  }
};

const build = (kind: PseudonymKind, digest: Buffer): string => {
  const pick = (words: readonly string[], index: number): string =>
    words[draw(digest, index) % words.length] ?? "";
  const digits = (count: number, index: number): string =>
    String(draw(digest, index) % 10 ** count).padStart(count, "0");
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
      const house = 1 + (draw(digest, 0) % 999);
      return `${house} ${pick(STREETS, 1)} Street, ${digits(5, 2)} ${pick(TOWNS, 3)}`;
    }
    default:
      return assertNever(kind);
  }
};
