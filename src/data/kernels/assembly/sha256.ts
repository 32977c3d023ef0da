/**
 * SHA-256 (FIPS 180-4) and HMAC (RFC 2104) of four messages at a time, one in each lane of a
 * vector: a table has thousands of short texts to hash under one key, so lanes beat latency.
 */

const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const INITIAL: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** 64 words of the message schedule, four lanes each. */
const W: usize = memory.data(64 * 16, 16);
/** The running state: 8 words of four lanes. */
const STATE: usize = memory.data(8 * 16, 16);
/** One block of each lane. */
const BLOCKS: usize = memory.data(4 * 64, 16);

const BLOCK: i32 = 64;
const DIGEST: i32 = 32;

function rotr(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}

/** One block of each lane into STATE; the block stands in the first 16 words of W. */
function compress(): void {
  for (let t = 16; t < 64; t++) {
    const at = W + (t << 4);
    const w15 = v128.load(at - 15 * 16);
    const w2 = v128.load(at - 2 * 16);
    const s0 = v128.xor(v128.xor(rotr(w15, 7), rotr(w15, 18)), i32x4.shr_u(w15, 3));
    const s1 = v128.xor(v128.xor(rotr(w2, 17), rotr(w2, 19)), i32x4.shr_u(w2, 10));
    const sum = i32x4.add(i32x4.add(v128.load(at - 16 * 16), s0), v128.load(at - 7 * 16));
    v128.store(at, i32x4.add(sum, s1));
  }
  let a = v128.load(STATE);
  let b = v128.load(STATE, 16);
  let c = v128.load(STATE, 32);
  let d = v128.load(STATE, 48);
  let e = v128.load(STATE, 64);
  let f = v128.load(STATE, 80);
  let g = v128.load(STATE, 96);
  let h = v128.load(STATE, 112);
  for (let t = 0; t < 64; t++) {
    const k = v128.load32_splat(K + (t << 2));
    const s1 = v128.xor(v128.xor(rotr(e, 6), rotr(e, 11)), rotr(e, 25));
    const choice = v128.bitselect(f, g, e);
    const w = i32x4.add(v128.load(W + (t << 4)), k);
    const t1 = i32x4.add(i32x4.add(h, s1), i32x4.add(choice, w));
    const s0 = v128.xor(v128.xor(rotr(a, 2), rotr(a, 13)), rotr(a, 22));
    const majority = v128.bitselect(c, b, v128.xor(a, b));
    h = g;
    g = f;
    f = e;
    e = i32x4.add(d, t1);
    d = c;
    c = b;
    b = a;
    a = i32x4.add(t1, i32x4.add(s0, majority));
  }
  v128.store(STATE, i32x4.add(a, v128.load(STATE)));
  v128.store(STATE, i32x4.add(b, v128.load(STATE, 16)), 16);
  v128.store(STATE, i32x4.add(c, v128.load(STATE, 32)), 32);
  v128.store(STATE, i32x4.add(d, v128.load(STATE, 48)), 48);
  v128.store(STATE, i32x4.add(e, v128.load(STATE, 64)), 64);
  v128.store(STATE, i32x4.add(f, v128.load(STATE, 80)), 80);
  v128.store(STATE, i32x4.add(g, v128.load(STATE, 96)), 96);
  v128.store(STATE, i32x4.add(h, v128.load(STATE, 112)), 112);
}

/** Words of the four blocks, big-endian, side by side. */
function loadBlocks(): void {
  for (let t = 0; t < BLOCK; t += 4) {
    let words = v128.load32_zero(BLOCKS + t);
    words = v128.load_lane<u32>(BLOCKS + BLOCK + t, words, 1);
    words = v128.load_lane<u32>(BLOCKS + 2 * BLOCK + t, words, 2);
    words = v128.load_lane<u32>(BLOCKS + 3 * BLOCK + t, words, 3);
    v128.store(W + (t << 2), bigEndian(words));
  }
}

function bigEndian(words: v128): v128 {
  return i8x16.shuffle(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** The same 8 words into every lane of STATE. */
function splatState(words: usize): void {
  for (let word = 0; word < 8; word++) {
    v128.store(STATE + (word << 4), v128.load32_splat(words + (word << 2)));
  }
}

/** The state after the key's block, of a lane, as 8 words at `out`. */
function keyState(key: usize, keyBytes: i32, pad: u8, out: usize): void {
  for (let lane = 0; lane < 4; lane++) {
    for (let at = 0; at < BLOCK; at++) {
      const byte = at < keyBytes ? load<u8>(key + at) : 0;
      store<u8>(BLOCKS + lane * BLOCK + at, byte ^ pad);
    }
  }
  splatState(INITIAL);
  loadBlocks();
  compress();
  for (let word = 0; word < 8; word++) {
    store<u32>(out + (word << 2), load<u32>(STATE + (word << 4)));
  }
}

/** Prepares a key of at most 64 bytes: 64 bytes at `context`, for `hmacTexts`. */
export function hmacPrepare(key: usize, keyBytes: i32, context: usize): void {
  keyState(key, keyBytes, 0x36, context);
  keyState(key, keyBytes, 0x5c, context + DIGEST);
}

/** 0 to 15. */
const POSITIONS: usize = memory.data<u8>(
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  16,
);

/** Block number `block` of a message with its padding; `blocks` of them in all. */
function fillBlock(to: usize, message: usize, length: i32, block: i32, blocks: i32): void {
  const from = block * BLOCK;
  const left = length - from;
  if (left >= BLOCK) {
    memory.copy(to, message + from, BLOCK);
    return;
  }
  for (let at = 0; at < BLOCK; at += 16) {
    let bytes = i8x16.splat(0);
    if (left > at) {
      // Of a vector that goes beyond the message only the bytes that are the message's.
      const mine = i8x16.lt_s(v128.load(POSITIONS), i8x16.splat(<i8>min(left - at, 16)));
      bytes = v128.and(v128.load(message + from + at), mine);
    }
    v128.store(to + at, bytes);
  }
  if (left >= 0) store<u8>(to + left, 0x80);
  // The key's block counts as well.
  if (block === blocks - 1) store<u64>(to + 56, bswap<u64>((<u64>(length + BLOCK)) << 3));
}

/** Blocks of a message and its padding. */
function blocksOf(length: i32): i32 {
  return (length + 9 + BLOCK - 1) / BLOCK;
}

/**
 * HMAC-SHA-256 of `rows` texts, row n being bytes[offsets[n]..offsets[n + 1]): 32 bytes each at
 * `out`, which has room for a multiple of four.
 */
export function hmacTexts(
  context: usize,
  offsets: usize,
  bytes: usize,
  rows: i32,
  out: usize,
): void {
  for (let row = 0; row < rows; row += 4) {
    hmacOfFour(context, offsets, bytes, row, rows, out + row * DIGEST);
  }
}

function hmacOfFour(
  context: usize,
  offsets: usize,
  bytes: usize,
  row: i32,
  rows: i32,
  out: usize,
): void {
  const last = rows - 1;
  const start0 = load<i32>(offsets + (row << 2));
  const length0 = load<i32>(offsets + ((row + 1) << 2)) - start0;
  const row1 = min(row + 1, last);
  const start1 = load<i32>(offsets + (row1 << 2));
  const length1 = load<i32>(offsets + ((row1 + 1) << 2)) - start1;
  const row2 = min(row + 2, last);
  const start2 = load<i32>(offsets + (row2 << 2));
  const length2 = load<i32>(offsets + ((row2 + 1) << 2)) - start2;
  const row3 = min(row + 3, last);
  const start3 = load<i32>(offsets + (row3 << 2));
  const length3 = load<i32>(offsets + ((row3 + 1) << 2)) - start3;
  const blocks0 = blocksOf(length0);
  const blocks1 = blocksOf(length1);
  const blocks2 = blocksOf(length2);
  const blocks3 = blocksOf(length3);
  const most = max(max(blocks0, blocks1), max(blocks2, blocks3));
  const counts = i32x4(blocks0, blocks1, blocks2, blocks3);

  splatState(context);
  for (let block = 0; block < most; block++) {
    fillBlock(BLOCKS, bytes + start0, length0, block, blocks0);
    fillBlock(BLOCKS + BLOCK, bytes + start1, length1, block, blocks1);
    fillBlock(BLOCKS + 2 * BLOCK, bytes + start2, length2, block, blocks2);
    fillBlock(BLOCKS + 3 * BLOCK, bytes + start3, length3, block, blocks3);
    loadBlocks();
    compressLanes(i32x4.gt_s(counts, i32x4.splat(block)));
  }
  outerBlock();
  splatState(context + DIGEST);
  compress();
  for (let word = 0; word < 8; word++) {
    const words = bigEndian(v128.load(STATE + (word << 4)));
    const at = out + (word << 2);
    store<u32>(at, i32x4.extract_lane(words, 0));
    store<u32>(at + DIGEST, i32x4.extract_lane(words, 1));
    store<u32>(at + 2 * DIGEST, i32x4.extract_lane(words, 2));
    store<u32>(at + 3 * DIGEST, i32x4.extract_lane(words, 3));
  }
}

/** The state before a block that not every lane has. */
const KEPT: usize = memory.data(8 * 16, 16);

/** Compresses; lanes whose message has ended keep their state. */
function compressLanes(active: v128): void {
  if (i32x4.all_true(active)) {
    compress();
    return;
  }
  memory.copy(KEPT, STATE, 8 * 16);
  compress();
  for (let at: usize = 0; at < 8 * 16; at += 16) {
    v128.store(STATE + at, v128.bitselect(v128.load(STATE + at), v128.load(KEPT + at), active));
  }
}

/** The inner digests of all lanes, padded, as the block that the outer hash takes. */
function outerBlock(): void {
  memory.copy(W, STATE, 8 * 16);
  v128.store(W + 8 * 16, i32x4.splat(0x80000000));
  for (let word = 9; word < 15; word++) v128.store(W + (word << 4), i32x4.splat(0));
  v128.store(W + 15 * 16, i32x4.splat((BLOCK + DIGEST) << 3));
}

const HEX: usize = memory.data<u8>([
  0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
]);

/** `bytes` bytes, a multiple of 16, as lower-case hex of twice the length. */
export function digestsToHex(digests: usize, bytes: i32, out: usize): void {
  const digits = v128.load(HEX);
  const low4 = i8x16.splat(0x0f);
  for (let at = 0; at < bytes; at += 16) {
    const byte = v128.load(digests + at);
    const high = i8x16.swizzle(digits, v128.and(i8x16.shr_u(byte, 4), low4));
    const low = i8x16.swizzle(digits, v128.and(byte, low4));
    const to = out + (at << 1);
    v128.store(
      to,
      i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
    );
    v128.store(
      to,
      i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
      16,
    );
  }
}
