import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  describeDigest,
  isKeyed,
  objectDigest,
  plainDigest,
  uploadTag,
} from "../../src/application/digests.ts";

const KEY = new Uint8Array(32).fill(1);
const NAME = "lakes/l/batches/b/1/raw/a.csv";
const BYTES = new TextEncoder().encode("phone\n4711\n");

const digestOf = (key: Uint8Array, name: string, ...pieces: Uint8Array[]) => {
  const digest = objectDigest(key, name);
  for (const piece of pieces) digest.update(piece);
  return digest.end();
};

describe("the digest of an object", () => {
  it("is the HMAC of its name, a byte 0 and its bytes, in whatever pieces they come", () => {
    const message = Buffer.concat([Buffer.from(NAME), Buffer.of(0), BYTES]);
    const hex = createHmac("sha256", KEY).update(message).digest("hex");
    expect(digestOf(KEY, NAME, BYTES)).toBe(`hmac-sha256:${hex}`);
    expect(digestOf(KEY, NAME, BYTES.subarray(0, 3), BYTES.subarray(3))).toBe(`hmac-sha256:${hex}`);
  });

  it("is another one in another lake, and of the same bytes under another name", () => {
    const all = [
      digestOf(KEY, NAME, BYTES),
      digestOf(new Uint8Array(32).fill(2), NAME, BYTES),
      digestOf(KEY, `${NAME}2`, BYTES),
    ];
    expect(new Set(all).size).toBe(3);
  });

  it("names its algorithm where it is shown; what stands bare is of before it was keyed", () => {
    const plain = plainDigest();
    plain.update(BYTES);
    const bare = plain.end();
    expect(bare).toBe(createHash("sha256").update(BYTES).digest("hex"));
    expect(isKeyed(bare)).toBe(false);
    expect(describeDigest(bare)).toBe(`sha256:${bare}`);
    const keyed = digestOf(KEY, NAME, BYTES);
    expect(isKeyed(keyed)).toBe(true);
    expect(describeDigest(keyed)).toBe(keyed);
  });
});

describe("the tag of an upload", () => {
  it("is keyed, of its entity tag and of what was made of it, and no object's digest", () => {
    const tags = [
      uploadTag(KEY, NAME, "e"),
      uploadTag(KEY, NAME, "f"),
      uploadTag(KEY, `${NAME}2`, "e"),
      uploadTag(new Uint8Array(32).fill(2), NAME, "e"),
      digestOf(KEY, NAME, new TextEncoder().encode("e")),
    ];
    expect(new Set(tags).size).toBe(tags.length);
    for (const tag of tags) expect(tag).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
  });
});
