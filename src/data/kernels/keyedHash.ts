/** HMAC-SHA-256 (RFC 2104, FIPS 180-4) of a whole column of texts under one key. */
import { invariant } from "../../domain/decider.ts";
import type { TextColumn } from "../columns.ts";
import { type Arena, withKernels } from "./kernels.ts";

const DIGEST_BYTES = 32;
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
const digest = (arena: Arena, key: Uint8Array, { offsets, bytes }: Texts, rows: number): number => {
  invariant(key.length <= MAX_KEY_BYTES, `a key has at most ${MAX_KEY_BYTES} bytes`);
  const { kernels } = arena;
  const context = arena.reserve(CONTEXT_BYTES);
  kernels.hmacPrepare(arena.put(key), key.length, context);
  const first = arena.put(offsets.subarray(0, rows + 1));
  const text = arena.put(bytes.subarray(0, offsets[rows]));
  // Four rows at a time: the last ones may be fewer.
  const out = arena.reserve((rows + 3) * DIGEST_BYTES);
  kernels.hmacTexts(context, first, text, rows, out);
  return out;
};
