import { describe, expect, it } from "vitest";
import type { SegmentResult, TakeInput } from "../../../src/application/dataPorts.ts";
import type { AppendSubjects } from "../../../src/application/subjectPorts.ts";
import { chunkOfRows } from "../../../src/data/columnCells.ts";
import { dataPlane } from "../../../src/data/dataPlane.ts";
import { mayHold } from "../../../src/data/subjects/subjectIndex.ts";
import { partRecorder } from "../../../src/data/subjects/subjectParts.ts";
import { take } from "../../../src/data/take.ts";
import { COLUMN_TYPES, FORMATS, type Format, type Schema } from "../../../src/domain/table.ts";
import { chunkOf, EVERY_TYPE } from "../../support/cells.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { privacyKeys } from "../../support/privacyKeys.ts";
import fc from "../../support/property.ts";
import { refsOfId, SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";
import { idsIn, putTable } from "../../support/tableFiles.ts";

const subjectsOf = (column: string, watched: readonly string[] = []): AppendSubjects => ({
  column,
  key: SUBJECT_KEY,
  index_key: "raw.subjects",
  watched,
});

const input = (format: Format, schema: Schema, subjects: AppendSubjects): TakeInput => ({
  source: "landing",
  target: "raw",
  format,
  schema,
  subjects,
});

describe("an append of a dataset with a subject column", () => {
  it("leaves an index that knows everybody in the file, whatever its format and the column's type", async () => {
    await fc.assert(
      fc.asyncProperty(
        chunkOf(EVERY_TYPE),
        fc.constantFrom(...FORMATS),
        fc.constantFrom(...COLUMN_TYPES),
        async (chunk, format, type) => {
          fc.pre(chunk.rows > 0);
          const store = memoryObjectStore();
          await putTable(store, "landing", format, EVERY_TYPE, chunk);
          const taken = await take(store, input(format, EVERY_TYPE, subjectsOf(type)));
          if (taken.kind !== "taken") throw new Error(taken.kind);
          expect(taken.issues).toEqual([]);
          const index = taken.subjects?.subject_index ?? null;
          expect(index).toMatchObject({ key: "raw.subjects", column: type, type });
          const ids = idsIn(chunk, EVERY_TYPE, type);
          const sets = ids.map((id) => subjectSet([id]));
          expect(await mayHold(store, index, { name: type, type }, sets)).toEqual(
            ids.map(() => true),
          );
          expect(store.keys()).toEqual(["landing", "raw", "raw.subjects"]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("sees rows of subjects that were erased before, and says which", async () => {
    const schema = { id: "int", person: "string" } as const satisfies Schema;
    const store = memoryObjectStore();
    const rows = Array.from({ length: 60 }, (_, n) => `${n},${n % 2 === 0 ? "anna" : "otto"}\n`);
    store.put("landing", `id,person\n${rows.join("")}`);
    const watched = [refsOfId("anna").string ?? "", refsOfId("nobody").string ?? ""];
    const taken = await take(store, input("csv", schema, subjectsOf("person", watched)));
    expect(taken).toMatchObject({
      subjects: {
        erased_rows: { count: 30, sample_rows: Array.from({ length: 20 }, (_, n) => 2 * n + 1) },
      },
    });
  });

  it("makes no index of a file that does not fit, and of nothing that is not taken", async () => {
    const schema = { id: "int", person: "string" } as const satisfies Schema;
    const store = memoryObjectStore();
    store.put("landing", "id,person\nx,anna\n");
    const taken = await take(store, input("csv", schema, subjectsOf("person")));
    expect(taken).toMatchObject({ issue_count: 1, subjects: { subject_index: null } });
    expect(store.keys()).toEqual(["landing", "raw"]);
    store.put("landing", "\0\0\0");
    expect(await take(store, input("csv", schema, subjectsOf("person")))).toMatchObject({
      kind: "not_a_table",
    });
    expect(store.open_writers).toBe(0);
  });

  it("leaves nothing when the index cannot be written", async () => {
    const schema = { person: "string" } as const satisfies Schema;
    const store = memoryObjectStore();
    store.put("landing", "person\nanna\n");
    const failing = {
      ...store,
      writer: (key: string, type: string) => {
        const writer = store.writer(key, type);
        const close = () => Promise.reject(new Error("no room"));
        return key === "raw.subjects" ? { ...writer, close } : writer;
      },
    };
    const taking = take(failing, input("csv", schema, subjectsOf("person")));
    await expect(taking).rejects.toThrow("no room");
    expect(store.keys()).toEqual(["landing"]);
    expect(store.open_writers).toBe(0);
  });
});

describe("an append in segments", () => {
  const schema = { id: "int", person: "string" } as const satisfies Schema;
  const content = `id,person\n${Array.from({ length: 500 }, (_, n) => `${n},p${n % 90}\n`).join("")}`;

  const inSegments = async (text: string) => {
    const store = memoryObjectStore();
    store.put("landing", text);
    const plane = dataPlane(store);
    const about = { source: "landing", target: "raw", format: "csv", schema } as const;
    const landed = await plane.land({ ...about, segment_bytes: 500 });
    if (landed.kind !== "landed") throw new Error(landed.kind);
    const refine = {
      source: landed.object,
      schema,
      quality: [],
      privacy: [],
      keys: privacyKeys(),
      subject_column: null,
      now: new Date(0),
      subjects: { column: "person", key: SUBJECT_KEY, watched: [refsOfId("p7").string ?? ""] },
    };
    const results: SegmentResult[] = [];
    for (const segment of landed.segments) {
      const parts = { subjects_part: `parts/${segment.index}` };
      results.push(await plane.refineSegment(refine, segment, parts));
    }
    return { store, plane, refine, results };
  };

  it("makes the index that one pass would have made, and sees the same erased rows", async () => {
    const { store, plane, refine, results } = await inSegments(content);
    expect(results.length).toBeGreaterThan(5);
    const stored = JSON.parse(JSON.stringify(results)) as SegmentResult[];
    const index = await plane.indexSubjects(refine, stored, "whole.subjects");
    const once = await take(store, {
      ...input("csv", schema, { ...refine.subjects, index_key: "once.subjects" }),
      target: "once",
    });
    if (once.kind !== "taken") throw new Error(once.kind);
    expect(store.bytes("whole.subjects")).toEqual(store.bytes("once.subjects"));
    expect({ ...index, key: "" }).toEqual({ ...once.subjects?.subject_index, key: "" });
    const erased = results.flatMap(({ erased_rows }) => erased_rows?.sample_rows ?? []);
    expect(erased).toEqual(once.subjects?.erased_rows.sample_rows);
    expect(JSON.stringify(results)).not.toContain("p7");
  });

  it("makes none when a segment does not fit, or was gone through before there were indexes", async () => {
    const { store, plane, refine, results } = await inSegments(content.replace("\n400,", "\nx,"));
    expect(results.some(({ issue_count }) => issue_count === 1)).toBe(true);
    expect(await plane.indexSubjects(refine, results, "whole.subjects")).toBeNull();
    const old = results.map(({ subjects_part: _, ...result }) => result);
    expect(await plane.indexSubjects(refine, old, "whole.subjects")).toBeNull();
    expect(store.keys()).not.toContain("whole.subjects");
    expect(store.open_writers).toBe(0);
  });

  it("writes a part as it goes when a segment has many subjects", async () => {
    const store = memoryObjectStore();
    const tracked = { column: "person", key: SUBJECT_KEY, watched: [] };
    const recorder = partRecorder(store, "part", tracked, 16);
    const people = Array.from({ length: 100 }, (_, n) => [BigInt(n), `p${n % 50}`]);
    recorder.look(chunkOfRows(schema, people));
    await recorder.relieve();
    const part = await recorder.close();
    expect(part.bytes).toBe(store.bytes("part").length);
    const words = new BigUint64Array(store.bytes("part").slice().buffer);
    expect(part.rows).toBe(words.length);
    expect(new Set(words).size).toBe(50);
    expect(words.length).toBeLessThanOrEqual(100);
  });
});
