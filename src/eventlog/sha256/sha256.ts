/**
 * SHA-256 of the short messages a log's tree is made of, in WebAssembly. The platform's own hash is
 * faster on long ones and slower on these: a call into it costs several times the work.
 */
import { hash as platformHash } from "node:crypto";
import module from "./sha256.wasm";

/** What `assembly/index.ts` exports. Addresses and sizes are bytes of linear memory. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  input(): number;
  capacity(): number;
  output(): number;
  hash(length: number): void;
}

const DIGEST_BYTES = 32;

/** A UTF-16 unit takes at most so many bytes of UTF-8. */
const BYTES_PER_UNIT = 3;

const open = () => {
  // The boundary: what the module exports is stated above and held by the tests.
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  const { memory, input, output, capacity } = exports;
  return {
    hash: exports.hash,
    capacity: capacity(),
    message: new Uint8Array(memory.buffer, input(), capacity()),
    digest: new Uint8Array(memory.buffer, output(), DIGEST_BYTES),
  };
};

let opened: ReturnType<typeof open> | null = null;

const encoder = new TextEncoder();

/** Of the text's UTF-8 with one byte, `prefix`, before it: 32 bytes. */
export const sha256Text = (prefix: number, text: string): Uint8Array => {
  opened ??= open();
  const { message, digest, capacity, hash } = opened;
  if (text.length * BYTES_PER_UNIT >= capacity) {
    return platformHash("sha256", String.fromCharCode(prefix) + text, "buffer");
  }
  message[0] = prefix;
  const { written } = encoder.encodeInto(text, message.subarray(1));
  hash(1 + written);
  return digest.slice();
};

/** Of the parts, one after the other: 32 bytes. Together they are no longer than a few kilobytes. */
export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  opened ??= open();
  const { message, digest, hash } = opened;
  let length = 0;
  for (const part of parts) {
    message.set(part, length);
    length += part.length;
  }
  hash(length);
  return digest.slice();
};
