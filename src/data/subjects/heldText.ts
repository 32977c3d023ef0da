/**
 * Whether bytes hold a clear id as text: for what cannot be told apart into rows and cells, and is
 * deleted whole when they do. So an id counts where it stands alone: `7` is not in `2,714.7`, and who
 * is called `ann` does not take away what names `joann`. It is found as it is, as CSV and JSON escape
 * it, in UTF-8, UTF-16 and the 8-bit encodings of Europe.
 */
import { Buffer } from "node:buffer";
import type { Pieces } from "../pieces.ts";
import { codePages, isAscii } from "./codePages.ts";

export interface BytesFinder {
  /** There is no clear id to look for: nothing can be said. */
  readonly nothing: boolean;
  in(bytes: Uint8Array): boolean;
  /** Reads to the end, or to the first find. */
  inPieces(pieces: Pieces): Promise<boolean>;
}

/** So many bytes on both sides of an id decide whether it stands alone. An even number. */
const AROUND_BYTES = 32;

/** Between which places of the bytes an id has to begin and to end. */
interface Span {
  readonly from: number;
  readonly to: number;
}

export const bytesFinder = (subject_ids: readonly string[]): BytesFinder => {
  const needles = subject_ids.filter((id) => id !== "").flatMap(needlesOf);
  const longest = Math.max(0, ...needles.map(({ bytes }) => bytes.length));
  const found = (haystack: Buffer, span: Span): boolean =>
    needles.some((needle) => standsIn(haystack, needle, span));
  return {
    nothing: needles.length === 0,
    in(bytes) {
      const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      return found(haystack, { from: 0, to: bytes.length });
    },
    async inPieces(pieces) {
      let joined: Buffer = Buffer.alloc(0);
      let from = 0;
      for await (const piece of pieces) {
        // What stands across a border, or so near it that its surroundings do, is judged behind it;
        // what is judged already is kept to be surroundings only.
        const kept = Math.min(joined.length, longest + 2 * AROUND_BYTES);
        if (kept < joined.length) from = AROUND_BYTES;
        joined = Buffer.concat([joined.subarray(joined.length - kept), piece]);
        if (found(joined, { from, to: joined.length - AROUND_BYTES })) return true;
      }
      return found(joined, { from, to: joined.length });
    },
  };
};

interface Needle {
  readonly bytes: Buffer;
  /** As it is spelt. */
  readonly text: string;
  readonly unit_bytes: 1 | 2;
  /** How what surrounds it may be read: those encodings in which the bytes are the text. */
  readonly decoders: readonly Decode[];
}

type Decode = (bytes: Buffer) => string;

const utf8 = (bytes: Buffer): string => bytes.toString("utf8");
const utf16le = (bytes: Buffer): string => bytes.toString("utf16le");
const utf16be = (bytes: Buffer): string => utf16le(swapped(bytes));

const swapped = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2))).swap16();

const needlesOf = (id: string): readonly Needle[] => {
  const json = JSON.stringify(id).slice(1, -1);
  const ascii = json.replace(/[^ -~]/g, (unit) => `\\u${hexOf(unit)}`);
  const spelt = [id, json, json.replaceAll("/", "\\/"), ascii, id.replaceAll('"', '""')];
  const upper = ascii.replace(/\\u[\da-f]{4}/g, (unit) => `\\u${unit.slice(2).toUpperCase()}`);
  const wide = Buffer.from(id, "utf16le");
  return [
    ...[...new Set([...spelt, upper])].map(
      (text): Needle => ({
        bytes: Buffer.from(text),
        text,
        unit_bytes: 1,
        decoders: [utf8],
      }),
    ),
    // Composed: that is the only way in which these can write a letter with a mark.
    ...[...new Set(spelt.map((text) => text.normalize("NFC")))].flatMap(inCodePages),
    { bytes: wide, text: id, unit_bytes: 2, decoders: [utf16le] },
    { bytes: swapped(wide), text: id, unit_bytes: 2, decoders: [utf16be] },
  ];
};

/** One for each way in which the 8-bit encodings write the text; none when UTF-8 is one of them. */
const inCodePages = (text: string): readonly Needle[] => {
  if (isAscii(text)) return [];
  const decodersOf = new Map<string, Decode[]>();
  for (const { encode, decode } of codePages()) {
    const written = encode(text);
    if (written === null) continue;
    const bytes = Buffer.from(written).toString("latin1");
    decodersOf.set(bytes, [...(decodersOf.get(bytes) ?? []), decode]);
  }
  return [...decodersOf].map(([bytes, decoders]) => ({
    bytes: Buffer.from(bytes, "latin1"),
    text,
    unit_bytes: 1,
    decoders,
  }));
};

const hexOf = (unit: string): string => unit.charCodeAt(0).toString(16).padStart(4, "0");

const standsIn = (
  haystack: Buffer,
  { bytes, text, unit_bytes, decoders }: Needle,
  { from, to }: Span,
) => {
  for (let at = haystack.indexOf(bytes, from); at >= 0; at = haystack.indexOf(bytes, at + 1)) {
    const end = at + bytes.length;
    if (end > to) return false;
    // Whole units of it, so that pairs of bytes stay pairs.
    const lead = Math.min(at, AROUND_BYTES);
    const before = haystack.subarray(at - (lead - (lead % unit_bytes)), at);
    const after = haystack.subarray(end, end + AROUND_BYTES);
    if (decoders.some((decode) => standsAlone(text, decode(before), decode(after)))) return true;
  }
  return false;
};

const WORD_AT_END = /[\p{L}\p{N}_]$/u;
const WORD_AT_START = /^[\p{L}\p{N}_]/u;

/** What an escape in JSON leaves before a text is no part of it. */
const ESCAPE_AT_END = /\\(?:[bfnrt]|u[\da-fA-F]{4})$/;

/** Whether a text is not a part of a longer word, or of a longer number, date or time. */
const standsAlone = (text: string, before: string, after: string): boolean => {
  const digits = /^\d+$/.test(text);
  const left = (digits ? before.replace(/0+$/, "") : before).replace(ESCAPE_AT_END, " ");
  const right = digits ? after.replace(/^\.0+(?!\d)/, "") : after;
  if (WORD_AT_START.test(text) && WORD_AT_END.test(left)) return false;
  if (WORD_AT_END.test(text) && WORD_AT_START.test(right)) return false;
  return !digits || !(/\d[.:/-]$/.test(left) || /^[.:/-]\d/.test(right));
};
