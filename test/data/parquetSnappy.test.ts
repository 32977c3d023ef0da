import { expect, test } from "vitest";
import { snappyUnpacked } from "../../src/data/parquetSnappy.ts";
import { varint } from "../support/pageFiles.ts";
import fc from "../support/property.ts";

/** Bytes as they are, or so many of those that came so far before, in one of three spellings. */
type Element =
  | { readonly is: "literal"; readonly bytes: Uint8Array }
  | {
      readonly is: "copy";
      readonly length: number;
      readonly back: number;
      readonly kind: 1 | 2 | 3;
    };

const element: fc.Arbitrary<Element> = fc.oneof(
  fc.record({
    is: fc.constant("literal" as const),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 400 }),
  }),
  fc.record({
    is: fc.constant("copy" as const),
    length: fc.integer({ min: 1, max: 64 }),
    back: fc.integer({ min: 1, max: 700 }),
    kind: fc.constantFrom(1 as const, 2 as const, 3 as const),
  }),
);

const bytesOf = (value: number, wide: number) =>
  Array.from({ length: wide }, (_, at) => (value >>> (8 * at)) & 0xff);

/** As the format's description has it; a copy reaches back to what there is, at most. */
const written = (elements: readonly Element[]) => {
  const unpacked: number[] = [];
  const packed: number[] = [];
  for (const one of elements) {
    if (one.is === "literal") {
      const less = one.bytes.length - 1;
      const wide = less < 60 ? 0 : less < 256 ? 1 : 2;
      packed.push((wide === 0 ? less : 59 + wide) << 2, ...bytesOf(less, wide), ...one.bytes);
      unpacked.push(...one.bytes);
      continue;
    }
    const back = Math.min(one.back, unpacked.length);
    if (back === 0) continue;
    const length = one.kind === 1 ? 4 + (one.length % 8) : one.length;
    if (one.kind === 1) packed.push(((back >> 8) << 5) | ((length - 4) << 2) | 1, back & 0xff);
    else packed.push(((length - 1) << 2) | one.kind, ...bytesOf(back, one.kind === 2 ? 2 : 4));
    for (let index = 0; index < length; index += 1) unpacked.push(unpacked.at(-back) ?? 0);
  }
  return {
    packed: Uint8Array.from([...varint(unpacked.length), ...packed]),
    unpacked: Uint8Array.from(unpacked),
  };
};

const input = fc.array(element, { maxLength: 30 }).map(written);

test("what is packed in any spelling of the format is unpacked", () => {
  fc.assert(
    fc.property(input, ({ packed, unpacked }) => {
      expect(snappyUnpacked(packed, unpacked.length)).toEqual(unpacked);
    }),
  );
});

test("what is damaged, cut or of another size is refused, or of just that size", () => {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat());
  fc.assert(
    fc.property(input, change, ({ packed, unpacked }, [place, flip, cut]) => {
      const damaged = packed.slice(0, packed.length - (cut % 3));
      const at = place % packed.length;
      if (at < damaged.length) damaged[at] = (damaged[at] ?? 0) ^ flip;
      try {
        expect(snappyUnpacked(damaged, unpacked.length)).toHaveLength(unpacked.length);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      expect(() => snappyUnpacked(packed, unpacked.length + 1)).toThrow(RangeError);
    }),
  );
});
