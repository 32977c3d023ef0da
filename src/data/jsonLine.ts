/**
 * One line of JSON as its members. Numbers keep the digits they were written with, because
 * JSON.parse alone would round integers beyond 2^53 and make 22 of 22.0. Most lines are flat
 * objects, which are read here; the platform's parser, which is slow when it has to say how a
 * number was spelt, has the last word on every other one.
 */
import { hasRepeatedNames } from "./repeatedNames.ts";
import { JsonNumber } from "./types.ts";

/**
 * The object of a line as a map (a key named `__proto__` is a key like any other; of a key that
 * occurs twice the last value counts), any other JSON as `null`, and undefined when the text is no
 * JSON.
 */
export const parseLine = (text: string): ReadonlyMap<string, unknown> | null | undefined => {
  const flat = flatObject(text);
  return flat === undefined || flat === REPEATED ? anyJson(text) : flat;
};

export const REPEATED: unique symbol = Symbol("has a name twice");

/**
 * The same, but for a line in which an object has a name twice, however deep: what the other values
 * say would stand in the file and in nothing that is read of it (RFC 7493, section 2.3, has none).
 */
export const parseRow = (text: string): ReturnType<typeof parseLine> | typeof REPEATED => {
  const flat = flatObject(text);
  if (flat !== undefined) return flat;
  const value = anyJson(text);
  return value !== undefined && hasRepeatedNames(text) ? REPEATED : value;
};

const anyJson = (text: string): ReadonlyMap<string, unknown> | null | undefined => {
  try {
    const value: unknown = JSON.parse(text, keepDigits);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return value instanceof JsonNumber ? null : new Map(Object.entries(value));
  } catch {
    return undefined;
  }
};

/** The third argument is TC39's "JSON.parse source text access", in V8 since 2023. */
const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }) =>
  typeof value === "number" && context?.source !== undefined
    ? new JsonNumber(context.source)
    : value;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BLANK = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Undefined unless the text is an object of nothing but strings, numbers, booleans and nulls. */
const flatObject = (text: string): ReadonlyMap<string, unknown> | typeof REPEATED | undefined => {
  const scan = new Scan(text);
  if (!scan.takes(OPEN)) return undefined;
  const members = new Map<string, unknown>();
  let read = 0;
  if (!scan.takes(CLOSE)) {
    do {
      const key = scan.string();
      if (key === undefined || !scan.takes(COLON)) return undefined;
      const value = scan.scalar();
      if (value === undefined) return undefined;
      members.set(key, value);
      read += 1;
    } while (scan.takes(COMMA));
    if (!scan.takes(CLOSE)) return undefined;
  }
  if (!scan.isAtEnd()) return undefined;
  return members.size === read ? members : REPEATED;
};

/** RFC 8259, section 6. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const LITERALS = [
  ["null", null],
  ["true", true],
  ["false", false],
] as const;

class Scan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#skipBlanks();
    return this.#at === this.#text.length;
  }

  /** Whether this character comes next, blanks aside: then it has been taken. */
  takes(code: number): boolean {
    this.#skipBlanks();
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    return true;
  }

  /** Undefined, the place kept no more, when there is none or it is not well written. */
  string(): string | undefined {
    if (!this.takes(QUOTE)) return undefined;
    const text = this.#text;
    const start = this.#at;
    for (let at = start; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return text.slice(start, at);
      }
      if (code === BACKSLASH) return this.#escaped(start, at);
      if (code < BLANK) return undefined;
    }
    return undefined;
  }

  /** Of a string, number or literal; undefined for anything else. */
  scalar(): string | JsonNumber | boolean | null | undefined {
    this.#skipBlanks();
    const text = this.#text;
    if (text.charCodeAt(this.#at) === QUOTE) return this.string();
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(text)?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      return new JsonNumber(number);
    }
    for (const [word, value] of LITERALS) {
      if (!text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return undefined;
  }

  /** The same string with a backslash in it: where it ends is found here, what it says is not. */
  #escaped(start: number, first: number): string | undefined {
    const text = this.#text;
    for (let at = first; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) {
        this.#at = at + 1;
        return unescaped(text.slice(start - 1, at + 1));
      }
    }
    return undefined;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== BLANK && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }
}

const unescaped = (quoted: string): string | undefined => {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
};
