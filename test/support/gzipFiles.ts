/** Gzip files (RFC 1952) as they are written, and what of them is none. */
import { gzipSync } from "node:zlib";

/** What every one of the sound files unpacks to. */
export const CONTENT = `id,amount\n${Array.from({ length: 80 }, (_, n) => `${n},${n * 7919}\n`).join("")}`;

const [first, second] = [gzipSync(CONTENT.slice(0, 300)), gzipSync(CONTENT.slice(300))];
const nothing = gzipSync("");
const two = Buffer.concat([first, second]);
const zeros = Buffer.alloc(1_000);

export const SOUND: Readonly<Record<string, Uint8Array>> = {
  "one member": gzipSync(CONTENT),
  "two members": two,
  "members of nothing between others": Buffer.concat([nothing, first, nothing, second, nothing]),
  "a member for each line": Buffer.concat(
    CONTENT.split(/(?<=\n)/).map((line, n) => gzipSync(line, { level: n % 10 })),
  ),
  "zeros behind the last member": Buffer.concat([two, zeros]),
  "a single zero behind the last member": Buffer.concat([two, zeros.subarray(0, 1)]),
};

const flipped = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, index) => (index === at ? byte ^ 0xff : byte));

export const UNSOUND: Readonly<Record<string, Uint8Array>> = {
  "cut in its only member": first.subarray(0, -4),
  "cut in its second member": two.subarray(0, -4),
  "cut in the header of its second member": two.subarray(0, first.length + 5),
  "cut behind the first byte of its second member": two.subarray(0, first.length + 1),
  "wrong in the check of its first member": flipped(two, first.length - 8),
  "wrong in the check of its second member": flipped(two, two.length - 8),
  "wrong in the header of its second member": flipped(two, first.length + 2),
  "followed by a text": Buffer.concat([two, Buffer.from("id,amount\n")]),
  "followed by zeros and a text": Buffer.concat([two, zeros, Buffer.from("7")]),
  "followed by zeros and a member": Buffer.concat([first, zeros, second]),
};

/** In pieces of so many bytes and empty ones, each overwritten when the next one is asked for. */
export async function* inPieces(
  bytes: Uint8Array,
  size_bytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const piece = new Uint8Array(size_bytes);
  for (let at = 0; at < bytes.length; at += size_bytes) {
    const part = bytes.subarray(at, at + size_bytes);
    piece.set(part);
    yield piece.subarray(0, part.length);
    yield new Uint8Array(0);
    piece.fill(0xff);
  }
}
