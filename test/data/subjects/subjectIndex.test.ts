import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BITS_PER_SUBJECT, MAX_BLOCKS } from "../../../src/data/subjects/subjectFilter.ts";
import {
  IndexBuilder,
  mayHold,
  type SubjectColumn,
  writeIndex,
} from "../../../src/data/subjects/subjectIndex.ts";
import type { SubjectRef } from "../../../src/domain/ids.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import fc from "../../support/property.ts";
import { subjectSet } from "../../support/subjectRefs.ts";

const COLUMN: SubjectColumn = { name: "person", type: "string" };

/** As evenly spread as HMACs are, the same in every run. */
const refFrom = (seed: string) => createHash("sha256").update(seed).digest("hex") as SubjectRef;
const wordsFrom = (ref: string) => {
  const bytes = Buffer.from(ref, "hex");
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)] as const;
};
const setOf = (ref: SubjectRef) => ({ refs: [{ string: ref }], subject_ids: [] });

const indexOf = async (refs: readonly string[], most?: number) => {
  const store = memoryObjectStore();
  const builder = new IndexBuilder(most);
  for (const ref of refs) builder.add(...wordsFrom(ref));
  return { store, index: await writeIndex(store, "i", COLUMN, builder) };
};

describe("an index of subjects", () => {
  it("never denies a subject that is in it, however it was gathered", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }),
        fc.constantFrom(undefined, 64, 2),
        async (numbers, most) => {
          const refs = numbers.map((number) => refFrom(`s${number}`));
          const { store, index } = await indexOf(refs, most);
          const answers = await mayHold(store, index, COLUMN, refs.map(setOf));
          expect(answers).toEqual(refs.map(() => true));
          expect(store.open_writers).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("takes a stranger for one of its subjects about once in a thousand times", async () => {
    const subjects = 20_000;
    const strangers = 60_000;
    const { store, index } = await indexOf(
      Array.from({ length: subjects }, (_, n) => refFrom(`subject ${n}`)),
    );
    expect(index.subjects).toBe(subjects);
    expect(index.bytes).toBeLessThanOrEqual(32 + 32 + (subjects * BITS_PER_SUBJECT) / 8);
    const answers = await mayHold(
      store,
      index,
      COLUMN,
      Array.from({ length: strangers }, (_, n) => setOf(refFrom(`stranger ${n}`))),
    );
    const mistaken = (answers ?? []).filter((may) => may).length;
    expect(mistaken / strangers).toBeGreaterThan(0.0005);
    expect(mistaken / strangers).toBeLessThan(0.0015);
  });

  it("is as large, and errs as rarely, within a factor of two, when it gathered in a filter", async () => {
    const subjects = 5_000;
    const refs = Array.from({ length: subjects }, (_, n) => refFrom(`subject ${n}`));
    const [exact, folded] = [await indexOf(refs), await indexOf([...refs, ...refs], 128)];
    expect(folded.index.bytes).toBeLessThanOrEqual(2 * exact.index.bytes);
    expect(folded.index.bytes).toBeGreaterThanOrEqual(exact.index.bytes);
    // Those the filter took for known when they came are not counted.
    expect(folded.index.subjects).toBeGreaterThan(subjects - 10);
    expect(folded.index.subjects).toBeLessThanOrEqual(subjects);
    const strangers = Array.from({ length: 20_000 }, (_, n) => setOf(refFrom(`stranger ${n}`)));
    const answers = await mayHold(folded.store, folded.index, COLUMN, strangers);
    expect((answers ?? []).filter((may) => may).length).toBeLessThan(30);
  });

  it("is read 32 bytes at a time, and only of pseudonyms that its column's type can have", async () => {
    const { store, index } = await indexOf([refFrom("a"), refFrom("b")]);
    const reads: number[] = [];
    const watched = {
      read: (key: string, offset: number, length: number) => {
        reads.push(length);
        return store.read(key, offset, length);
      },
    };
    const dates = { refs: [{ date: refFrom("a") }], subject_ids: [] };
    const sets = [setOf(refFrom("a")), dates, subjectSet(["stranger"])];
    expect(await mayHold(watched, index, COLUMN, sets)).toEqual([true, false, false]);
    expect(reads).toEqual([32, 32]);
  });

  it("without a subject says no to everybody", async () => {
    const { store, index } = await indexOf([]);
    expect(index).toMatchObject({ bytes: 64, subjects: 0 });
    expect(await mayHold(store, index, COLUMN, [setOf(refFrom("a"))])).toEqual([false]);
  });

  it("says nothing of another column, of one of another type, or when there is none", async () => {
    const { store, index } = await indexOf([refFrom("a")]);
    const sets = [setOf(refFrom("a"))];
    expect(await mayHold(store, index, { name: "person", type: "int" }, sets)).toBeNull();
    expect(await mayHold(store, index, { name: "other", type: "string" }, sets)).toBeNull();
    expect(await mayHold(store, index, { name: "person", type: null }, sets)).toBeNull();
    expect(await mayHold(store, null, COLUMN, sets)).toBeNull();
  });

  it("has a bound, whatever the file holds", () => {
    expect(MAX_BLOCKS * 32).toBe(32 * 1024 * 1024);
  });

  it("leaves nothing when it cannot be written", async () => {
    const store = memoryObjectStore();
    const failing = {
      ...store,
      writer: (key: string, type: string) => {
        const writer = store.writer(key, type);
        return { ...writer, close: () => Promise.reject(new Error("no room")) };
      },
    };
    await expect(writeIndex(failing, "i", COLUMN, new IndexBuilder())).rejects.toThrow("no room");
    expect(store.keys()).toEqual([]);
    expect(store.open_writers).toBe(0);
  });
});
