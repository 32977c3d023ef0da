import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { HashBuffer } from "../../../src/data/subjects/hashBuffer.ts";
import fc from "../../support/property.ts";

type Entry = readonly [number, number];

/** As evenly spread as HMACs are, the same in every run. */
const entryOf = (number: number): Entry => {
  const digest = createHash("sha256").update(String(number)).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
};

const textOf = ([first, second]: Entry): string => `${first}:${second}`;

const taken = (buffer: HashBuffer): readonly string[] => {
  const words = buffer.take();
  return Array.from({ length: words.length / 2 }, (_, at) =>
    textOf([words[2 * at] ?? 0, words[2 * at + 1] ?? 0]),
  );
};

/** Zeros and alike halves among them: nothing is told by one of the words alone. */
const anyEntry = fc.oneof(
  fc.integer({ min: 0, max: 3_000 }).map(entryOf),
  fc.constantFrom<Entry>([0, 0], [0, 1], [1, 0], [4096, 4096], [0, 4096], [2 ** 32 - 1, 0]),
);

describe("hashes that are gathered", () => {
  test("come out once each, all of them, whatever the buffer holds at a time", () => {
    fc.assert(
      fc.property(
        fc.array(anyEntry, { maxLength: 400 }),
        fc.constantFrom(2, 16, 256, undefined),
        (entries, most) => {
          const buffer = new HashBuffer(most);
          const out: string[] = [];
          for (const entry of entries) {
            if (buffer.add(...entry)) continue;
            const full = taken(buffer);
            expect(full.length).toBeGreaterThan((most ?? 0) / 2);
            expect(new Set(full).size).toBe(full.length);
            out.push(...full);
            expect(buffer.add(...entry)).toBe(true);
          }
          const rest = taken(buffer);
          expect(new Set(rest).size).toBe(rest.length);
          expect(new Set([...out, ...rest])).toEqual(new Set(entries.map(textOf)));
          expect(taken(buffer)).toEqual([]);
        },
      ),
    );
  });

  test("are never too many while few are distinct, in whatever order they come", () => {
    const buffer = new HashBuffer(1024);
    const people = 500;
    for (let row = 0; row < 100_000; row += 1) {
      const [first, second] = entryOf(row % people);
      // All of them lead to the same place among those met of late.
      expect(buffer.add(first, (second & ~4095) >>> 0)).toBe(true);
    }
    expect(taken(buffer)).toHaveLength(people);
  });

  test("come out with those that begin alike side by side, once they are many", () => {
    const buffer = new HashBuffer();
    const entries = Array.from({ length: 20_000 }, (_, number) => entryOf(number));
    for (const entry of entries) buffer.add(...entry);
    const words = buffer.take();
    const parts: number[] = [];
    for (let at = 0; at < words.length; at += 2) {
      const part = (words[at] ?? 0) >>> 29;
      if (parts.at(-1) !== part) parts.push(part);
    }
    expect(words).toHaveLength(2 * entries.length);
    expect(parts).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("are the same when what was taken comes again", () => {
    const buffer = new HashBuffer(16);
    for (let round = 0; round < 3; round += 1) {
      buffer.add(...entryOf(1));
      buffer.add(...entryOf(1));
      expect(taken(buffer)).toEqual([textOf(entryOf(1))]);
    }
  });
});
