/**
 * Tokens: a value's stand-in that has its length and shape, so that systems downstream which check
 * formats keep working. Same value, same token, wherever it occurs in the lake.
 */
import type { KeyObject } from "node:crypto";
import { keyedDigest } from "./keyed.ts";
import { isSeparator } from "./mask.ts";

export const DIGITS = "0123456789";
export const LOWER = "abcdefghijklmnopqrstuvwxyz";
export const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Two bytes a character: the bias of 65,536 values over 26 letters is below 0.04 %. */
export const CHARS_PER_BLOCK = 16;

/** What a null becomes when it is not to stay one. */
const EMPTY_TOKEN_ALPHABETS = Array.from({ length: 8 }, () => LOWER);

/**
 * As many code points as the text, and different from it unless it is empty. Block `b` of attempt
 * `a` is HMAC-SHA-256(key, "<a>:<b>:<text>"); its big-endian 16-bit words pick the characters.
 */
export const tokenize = (key: KeyObject, text: string): string =>
  text === "" ? "" : derive(key, text, alphabetsOf(text));

/** The token of a value that is not there: 8 letters. */
export const emptyToken = (key: KeyObject): string => derive(key, "", EMPTY_TOKEN_ALPHABETS);

const derive = (
  key: KeyObject,
  text: string,
  alphabets: readonly (string | Separator)[],
): string => {
  // Every text has at least one character with ten choices or more: an attempt soon differs.
  for (let attempt = 0; ; attempt += 1) {
    const token = spell(key, `${attempt}`, text, alphabets);
    if (token !== text) return token;
  }
};

/** A character that stays. */
interface Separator {
  readonly stays: string;
}

const spell = (
  key: KeyObject,
  attempt: string,
  text: string,
  alphabets: readonly (string | Separator)[],
): string => {
  let block = keyedDigest(key, `${attempt}:0:${text}`);
  let token = "";
  for (const [index, alphabet] of alphabets.entries()) {
    const offset = index % CHARS_PER_BLOCK;
    if (index > 0 && offset === 0)
      block = keyedDigest(key, `${attempt}:${index / CHARS_PER_BLOCK}:${text}`);
    token +=
      typeof alphabet === "string"
        ? alphabet.charAt(word(block, offset) % alphabet.length)
        : alphabet.stays;
  }
  return token;
};

const word = (block: Uint8Array, index: number): number =>
  ((block[2 * index] ?? 0) << 8) | (block[2 * index + 1] ?? 0);

/** Separators stay, unless there is nothing else in the text. */
const alphabetsOf = (text: string): readonly (string | Separator)[] => {
  const characters = [...text];
  const onlySeparators = characters.every(isSeparator);
  return characters.map((character) => {
    if (isSeparator(character)) return onlySeparators ? LOWER : { stays: character };
    if (/\p{Nd}/u.test(character)) return DIGITS;
    return /[\p{Lu}\p{Lt}]/u.test(character) ? UPPER : LOWER;
  });
};
