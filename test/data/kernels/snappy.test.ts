import { snappyUncompress } from "hyparquet";
import { expect, test } from "vitest";
import { withKernels } from "../../../src/data/kernels/kernels.ts";
import fc from "../../support/property.ts";

const compress = (bytes: Uint8Array): Uint8Array =>
  withKernels((arena) => {
    const input = arena.put(bytes);
    const out = arena.reserve(64 + bytes.length + Math.ceil(bytes.length / 6));
    return arena.copy(out, arena.kernels.snappyCompress(input, bytes.length, out));
  });

const roundTrip = (bytes: Uint8Array) => {
  const unpacked = new Uint8Array(bytes.length);
  snappyUncompress(compress(bytes), unpacked);
  expect(Buffer.from(unpacked).equals(bytes)).toBe(true);
};

test("Snappy's own reader gets back what was packed, whatever it was", () => {
  const repetitive = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.nat(200)), { maxLength: 30 })
    .map((parts) => Buffer.concat(parts.flatMap(([part, times]) => Array(times).fill(part))));
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), repetitive), roundTrip), {
    numRuns: 500,
  });
});

test("blocks of 64 KiB do not see each other, and long matches are cut as the format wants", () => {
  for (const size of [65_535, 65_536, 65_537, 200_000]) {
    roundTrip(new Uint8Array(size).fill(7));
    roundTrip(Uint8Array.from({ length: size }, (_, at) => (at * 2_654_435_761) >>> 24));
  }
});

test("what repeats itself gets small, what does not hardly grows", () => {
  const text = Buffer.from("the lake that remembers everything, ".repeat(3000));
  expect(compress(text).length).toBeLessThan(text.length / 15);
  const noise = Uint8Array.from({ length: 100_000 }, (_, at) => Math.imul(at, 0x9e3779b1) >>> 13);
  expect(compress(noise).length).toBeLessThan(noise.length * 1.01);
});
