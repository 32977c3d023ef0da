/**
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) of a whole column of texts under one key. Where texts repeat,
 * each is hashed once: telling them apart takes a tenth of the time.
 */
import { invariant } from "../../domain/decider.ts";
import type { TextColumn } from "../columns.ts";
import { type Arena, withKernels } from "./kernels.ts";

const DIGEST_BYTES = 32;
const DIGEST_WORDS = DIGEST_BYTES / 4;
const CONTEXT_BYTES = 64;
const MAX_KEY_BYTES = 64;

/** Texts as a column has them: row n is `bytes[offsets[n]..offsets[n + 1])`. */
export type Texts = Pick<TextColumn, "offsets" | "bytes">;

/** 32 bytes a row, one after the other. `key` has at most 64 bytes. */
export const keyedDigests = (key: Uint8Array, texts: Texts, rows: number): Uint8Array =>
  withKernels((arena) => {
    const digests = digest(arena, key, texts, rows);
    return arena.copy(digests, rows * DIGEST_BYTES);
  });

/** The same in lower-case hex, 64 characters a row, as texts of a column without nulls. */
export const keyedHex = (key: Uint8Array, texts: Texts, rows: number): Texts =>
  withKernels((arena) => {
    const digests = digest(arena, key, texts, rows);
    const hex = arena.reserve(rows * 2 * DIGEST_BYTES);
    arena.kernels.digestsToHex(digests, rows * DIGEST_BYTES, hex);
    const offsets = new Int32Array(rows + 1);
    for (let row = 1; row <= rows; row += 1) offsets[row] = row * 2 * DIGEST_BYTES;
    return { offsets, bytes: arena.copy(hex, rows * 2 * DIGEST_BYTES) };
  });

/** The address of the digests. */
const digest = (arena: Arena, key: Uint8Array, texts: Texts, rows: number): number => {
  invariant(key.length <= MAX_KEY_BYTES, `a key has at most ${MAX_KEY_BYTES} bytes`);
  const { kernels } = arena;
  const context = arena.reserve(CONTEXT_BYTES);
  kernels.hmacPrepare(arena.put(key), key.length, context);
  const offsets = arena.put(texts.offsets.subarray(0, rows + 1));
  const bytes = arena.put(texts.bytes.subarray(0, texts.offsets[rows]));
  // Four rows at a time: the last ones may be fewer.
  const out = arena.reserve((rows + 3) * DIGEST_BYTES);
  arena.scratch(() => {
    const repeated = rows < FEWEST_ROWS ? null : repeatedTexts(arena, { offsets, bytes, rows });
    if (repeated === null) kernels.hmacTexts(context, offsets, bytes, rows, out);
    else digestOnce(arena, context, texts, { ...repeated, rows, out });
  });
  return out;
};

/** Of fewer there is nothing to gain. */
const FEWEST_ROWS = 64;
const WORD_BYTES = 4;

interface Repeated {
  readonly distinct: number;
  /** Addresses: of each row which distinct text it has, of each of those the row it came first in. */
  readonly indices: number;
  readonly firsts: number;
}

/** Which texts are equal, when at most half as many are distinct as there are rows. */
const repeatedTexts = (
  arena: Arena,
  { offsets, bytes, rows }: { offsets: number; bytes: number; rows: number },
): Repeated | null => {
  const most = Math.floor(rows / 2);
  const places = 2 ** Math.ceil(Math.log2(2 * most));
  const slots = arena.reserve(places * WORD_BYTES);
  arena.bytes(slots, places * WORD_BYTES).fill(0);
  const indices = arena.reserve(rows * WORD_BYTES);
  const firsts = arena.reserve(most * WORD_BYTES);
  const { numberTexts } = arena.kernels;
  const mask = places - 1;
  const distinct = numberTexts(offsets, bytes, 0, rows, slots, mask, most, indices, firsts);
  return distinct === -1 ? null : { distinct, indices, firsts };
};

/** Hashes each distinct text once and copies its digest to every row that has it. */
const digestOnce = (
  arena: Arena,
  context: number,
  { offsets, bytes }: Texts,
  { distinct, indices, firsts, rows, out }: Repeated & { rows: number; out: number },
): void => {
  const ends = new Int32Array(distinct + 1);
  const chosen = arena.words(firsts, distinct).slice();
  let end = 0;
  for (const [at, row] of chosen.entries()) {
    end += (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
    ends[at + 1] = end;
  }
  const once = new Uint8Array(end);
  for (const [at, row] of chosen.entries())
    once.set(bytes.subarray(offsets[row], offsets[row + 1]), ends[at]);
  const digests = arena.reserve((distinct + 3) * DIGEST_BYTES);
  const first = arena.put(ends);
  arena.kernels.hmacTexts(context, first, arena.put(once), distinct, digests);
  const [from, to] = [
    arena.words(digests, distinct * DIGEST_WORDS),
    arena.words(out, rows * DIGEST_WORDS),
  ];
  const index = arena.words(indices, rows);
  for (let row = 0; row < rows; row += 1) {
    const source = (index[row] ?? 0) * DIGEST_WORDS;
    const target = row * DIGEST_WORDS;
    for (let word = 0; word < DIGEST_WORDS; word += 1) to[target + word] = from[source + word] ?? 0;
  }
};
