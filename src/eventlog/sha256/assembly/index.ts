/**
 * SHA-256 (FIPS 180-4) of one message of at most MESSAGE bytes: leaves and nodes of the log's tree
 * are short and come one by one, so a call into the platform's hash costs more than the hash.
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

const BLOCK: i32 = 64;
const MESSAGE: i32 = 16 * 1024;

/** The message, and room behind it for its padding: one block, or two. */
const INPUT: usize = memory.data(16 * 1024 + 2 * 64, 16);
const SCHEDULE: usize = memory.data(64 * 4, 16);
const DIGEST: usize = memory.data(32, 16);

/** Where the message is put … */
export function input(): usize {
  return INPUT;
}

/** … and how long it may be. */
export function capacity(): i32 {
  return MESSAGE;
}

/** Where `hash` leaves the digest, 32 bytes. */
export function output(): usize {
  return DIGEST;
}

let h0: u32 = 0;
let h1: u32 = 0;
let h2: u32 = 0;
let h3: u32 = 0;
let h4: u32 = 0;
let h5: u32 = 0;
let h6: u32 = 0;
let h7: u32 = 0;

/** Hashes the first `length` bytes of the input; the padding overwrites what stands behind them. */
export function hash(length: i32): void {
  const padded = ((length + 8) / BLOCK + 1) * BLOCK;
  memory.fill(INPUT + length, 0, padded - length);
  store<u8>(INPUT + length, 0x80);
  store<u64>(INPUT + padded - 8, bswap<u64>((<u64>length) << 3));
  h0 = 0x6a09e667;
  h1 = 0xbb67ae85;
  h2 = 0x3c6ef372;
  h3 = 0xa54ff53a;
  h4 = 0x510e527f;
  h5 = 0x9b05688c;
  h6 = 0x1f83d9ab;
  h7 = 0x5be0cd19;
  for (let at = 0; at < padded; at += BLOCK) compress(INPUT + at);
  store<u32>(DIGEST, bswap<u32>(h0));
  store<u32>(DIGEST, bswap<u32>(h1), 4);
  store<u32>(DIGEST, bswap<u32>(h2), 8);
  store<u32>(DIGEST, bswap<u32>(h3), 12);
  store<u32>(DIGEST, bswap<u32>(h4), 16);
  store<u32>(DIGEST, bswap<u32>(h5), 20);
  store<u32>(DIGEST, bswap<u32>(h6), 24);
  store<u32>(DIGEST, bswap<u32>(h7), 28);
}

function compress(block: usize): void {
  for (let t = 0; t < 16; t++) {
    store<u32>(SCHEDULE + (t << 2), bswap<u32>(load<u32>(block + (t << 2))));
  }
  for (let t = 16; t < 64; t++) {
    const at = SCHEDULE + (t << 2);
    const w15 = load<u32>(at - 15 * 4);
    const w2 = load<u32>(at - 2 * 4);
    const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >> 3);
    const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >> 10);
    store<u32>(at, load<u32>(at - 16 * 4) + s0 + load<u32>(at - 7 * 4) + s1);
  }
  let a = h0;
  let b = h1;
  let c = h2;
  let d = h3;
  let e = h4;
  let f = h5;
  let g = h6;
  let h = h7;
  for (let t = 0; t < 64; t++) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const choice = g ^ (e & (f ^ g));
    const t1 = h + s1 + choice + load<u32>(K + (t << 2)) + load<u32>(SCHEDULE + (t << 2));
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const majority = (a & b) | (c & (a | b));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + s0 + majority;
  }
  h0 += a;
  h1 += b;
  h2 += c;
  h3 += d;
  h4 += e;
  h5 += f;
  h6 += g;
  h7 += h;
}
