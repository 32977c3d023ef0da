import { describe, expect, it } from "vitest";
import { type Cell, chunkOfRows, rowsOf } from "../../../src/data/columnCells.ts";
import type { ColumnChunk } from "../../../src/data/columns.ts";
import { dataPlane } from "../../../src/data/dataPlane.ts";
import { readSegment } from "../../../src/data/readSegment.ts";
import { openTable, readTable } from "../../../src/data/readTable.ts";
import { subjectPlane } from "../../../src/data/subjects/subjectPlane.ts";
import { toText } from "../../../src/data/types.ts";
import type { CsvDialect } from "../../../src/domain/reading.ts";
import type { Segment } from "../../../src/domain/segments.ts";
import { COLUMN_TYPES, type ColumnType, type ObjectRef } from "../../../src/domain/table.ts";
import { chunkOf, collectRows, EVERY_TYPE } from "../../support/cells.ts";
import { type MemoryObjectStore, memoryObjectStore } from "../../support/memoryObjectStore.ts";
import fc from "../../support/property.ts";
import { dialects, spelledCsv, tellable } from "../../support/spelledCsv.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";

/** The chunk, as far as the dialect can say it. */
const tellableIn = (chunk: ColumnChunk, { reading = {} }: CsvDialect): ColumnChunk =>
  chunkOfRows(
    EVERY_TYPE,
    rowsOf(chunk).map((row) =>
      row.map((cell, at) => tellable(cell, COLUMN_TYPES[at] ?? "string", reading)),
    ),
  );

const readWhole = async (store: MemoryObjectStore, object: ObjectRef) => {
  const reader = readTable(await openTable(store, object), EVERY_TYPE);
  const rows = await collectRows(reader.chunks());
  expect(reader.issues.listed).toEqual([]);
  return rows;
};

const readParts = async (
  store: MemoryObjectStore,
  object: ObjectRef,
  segments: readonly Segment[],
) => {
  const rows: unknown[] = [];
  for (const segment of segments) {
    const reader = await readSegment(store, object, EVERY_TYPE, segment);
    const part = await collectRows(reader.chunks());
    expect(reader.issues.listed).toEqual([]);
    expect(part).toHaveLength(segment.rows);
    rows.push(...part);
  }
  return rows;
};

const segment_bytes = 200;

/** Taken over in segments: the object and where it may be cut. */
const landed = async (store: MemoryObjectStore, file: Uint8Array, dialect: CsvDialect) => {
  store.put("landing", file);
  const about = { source: "landing", target: "raw", format: "csv", schema: EVERY_TYPE } as const;
  const outcome = await dataPlane(store).land({ ...about, ...dialect, segment_bytes });
  if (outcome.kind !== "landed") throw new Error(JSON.stringify(outcome));
  expect(store.bytes("raw")).toEqual(Uint8Array.from(file));
  return outcome;
};

const table = fc.tuple(chunkOf(EVERY_TYPE), dialects).map(([chunk, dialect]) => {
  const told = tellableIn(chunk, dialect);
  return { chunk: told, dialect, file: spelledCsv(EVERY_TYPE, told, dialect) };
});

/** Without a header and a row nothing is left of a file. */
const isFile = ({ file }: { file: Uint8Array }) => file.length > 0;

describe("a table that somebody else has written", () => {
  it("is read as what it says, in one pass and in segments, and its bytes stay what they are", async () => {
    await fc.assert(
      fc.asyncProperty(table.filter(isFile), async ({ chunk, dialect, file }) => {
        const store = memoryObjectStore();
        const { object, segments } = await landed(store, file, dialect);
        expect(object).toMatchObject({ ...dialect, rows: chunk.rows });
        expect(await readWhole(store, object)).toStrictEqual(rowsOf(chunk));
        expect(await readParts(store, object, segments)).toStrictEqual(rowsOf(chunk));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("loses the rows of a person, however their id is spelt, and no other byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        table.filter(isFile),
        fc.constantFrom(...COLUMN_TYPES),
        fc.nat(),
        async ({ chunk, dialect, file }, type, chosen) => {
          const column = COLUMN_TYPES.indexOf(type);
          const ids = rowsOf(chunk).flatMap((row) => {
            const cell = row[column] ?? null;
            return cell === null ? [] : [toText(cell, type)];
          });
          fc.pre(ids.length > 0);
          const id = ids[chosen % ids.length] ?? "";
          const store = memoryObjectStore();
          const { object } = await landed(store, file, dialect);
          const about = { source: object, schema: EVERY_TYPE, subject_column: type };
          const searched = { ...about, subjects: subjectSet([id], false), key: SUBJECT_KEY };
          const plane = subjectPlane(store);
          const found = await plane.countRows(searched);
          const targets = { target: "new", index_target: "new.subjects", segment_bytes };
          const outcome = await plane.redactRaw({ ...searched, ...targets });
          if (outcome.kind !== "redacted") throw new Error(outcome.kind);
          const isTheirs = (row: readonly Cell[]) => sameId(row[column] ?? null, id, type);
          const left = rowsOf(chunk).filter((row) => !isTheirs(row));
          expect(found.rows).toBe(chunk.rows - left.length);
          expect(outcome.rows_removed).toBe(found.rows);
          const kept = chunkOfRows(EVERY_TYPE, left);
          // Which text stands for nothing goes by the row's number there.
          if (dialect.reading?.null_values === undefined) {
            expect(store.bytes("new")).toEqual(
              Uint8Array.from(spelledCsv(EVERY_TYPE, kept, dialect)),
            );
          }
          expect(await readWhole(store, outcome.object)).toStrictEqual(left);
          const again = await readParts(store, outcome.object, outcome.segments ?? []);
          expect(again).toStrictEqual(left);
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);
});

/** Numbers are the same in any spelling: `1.50` is `1.5`, and `-0` is `0`. */
const sameId = (cell: Cell, id: string, type: ColumnType): boolean => {
  if (cell === null) return false;
  const text = toText(cell, type);
  return type === "decimal" || type === "float" ? plain(text) === plain(id) : text === id;
};

const plain = (text: string): string =>
  text === "-0" ? "0" : /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
