import { expect, test } from "vitest";
import { RunReader } from "../../src/data/parquetRuns.ts";
import fc from "../support/property.ts";

type Run =
  | { readonly is: "repeated"; readonly value: number; readonly times: number }
  | { readonly is: "packed"; readonly values: readonly number[] };

const varint = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];

/** As the specification puts it: bits of a packed run from the lowest of the first byte up. */
const encoded = (runs: readonly Run[], width: number): Uint8Array => {
  const bytes = runs.flatMap((run): readonly number[] => {
    const bytesOf = (bits: bigint, count: number) =>
      Array.from({ length: count }, (_, at) => Number((bits >> BigInt(8 * at)) & 0xffn));
    if (run.is === "repeated")
      return [...varint(run.times << 1), ...bytesOf(BigInt(run.value), (width + 7) >> 3)];
    const bits = run.values.reduce(
      (all, value, at) => all | (BigInt(value) << BigInt(at * width)),
      0n,
    );
    const groups = run.values.length / 8;
    return [...varint((groups << 1) | 1), ...bytesOf(bits, groups * width)];
  });
  return Uint8Array.from(bytes);
};

const runsOf = (width: number): fc.Arbitrary<readonly Run[]> => {
  const value = fc.integer({ min: 0, max: 2 ** width - 1 });
  const repeated = fc.record({
    is: fc.constant("repeated" as const),
    value,
    times: fc.integer({ min: 1, max: 300 }),
  });
  const packed = fc.array(fc.array(value, { minLength: 8, maxLength: 8 }), {
    minLength: 1,
    maxLength: 5,
  });
  return fc.array(
    fc.oneof(
      repeated,
      packed.map((groups) => ({ is: "packed" as const, values: groups.flat() })),
    ),
    { minLength: 1, maxLength: 6 },
  );
};

test("runs of any width are read, however many values are asked for at a time", () => {
  const input = fc
    .integer({ min: 1, max: 32 })
    .chain((width) => fc.tuple(fc.constant(width), runsOf(width), fc.integer({ min: 1, max: 50 })));
  fc.assert(
    fc.property(input, ([width, runs, step]) => {
      const bytes = encoded(runs, width);
      const expected = runs.flatMap((run) =>
        run.is === "packed" ? run.values : new Array<number>(run.times).fill(run.value),
      );
      const reader = new RunReader({ bytes, start: 0, end: bytes.length }, width);
      const read: number[] = [];
      while (read.length < expected.length)
        read.push(...reader.read(Math.min(step, expected.length - read.length)));
      expect(read).toEqual(expected);
    }),
  );
});

test("a run that ends beyond the bytes is damage", () => {
  const reader = new RunReader({ bytes: Uint8Array.of(0x03, 0xff), start: 0, end: 2 }, 2);
  expect(() => reader.read(1)).toThrow("contradict");
});
