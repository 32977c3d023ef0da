/**
 * Whose a row may be of a file that fits no schema: to be erased, a row is the subject's when any
 * of its cells is, read as any type. What cannot be told apart into cells is looked through as
 * bytes; without a clear id at hand it counts as the subject's.
 */
import type { ObjectStore } from "../../application/dataPorts.ts";
import type { SubjectSet } from "../../application/subjectPorts.ts";
import type { Reading } from "../../domain/reading.ts";
import { COLUMN_TYPES, type ColumnType, type ObjectRef } from "../../domain/table.ts";
import type { ColumnChunk } from "../columns.ts";
import { keyedDigests } from "../kernels/keyedHash.ts";
import { piecesOf } from "../pieces.ts";
import { cellReader } from "../reading/cellReader.ts";
import { TextBuilder } from "../textBuilder.ts";
import { bytesFinder } from "./heldText.ts";
import { type LooseRow, rowBatches } from "./looseRows.ts";
import { refsForType } from "./rowMatch.ts";
import { openStream, type Scanned } from "./rowScan.ts";
import { REF_WORDS, RefSet } from "./subjectHashes.ts";
import { canonicalCell, canonicalText } from "./subjectTexts.ts";

/** Only these can begin a value of another type than text. */
const TYPED = /^\s*(?:[+\-.\d]|true|false)/i;

/** The canonical texts of the values a text may stand for in a column of the type. */
type Spellings = (text: string, type: ColumnType) => readonly string[];

/** Whether rows are the subjects', a flag each, by cells of those types; null when none is. */
export const looseMatch = (
  subjects: SubjectSet,
  key: Uint8Array,
  {
    types = COLUMN_TYPES,
    spellings = anySpellings,
    reading,
  }: Partial<{ types: readonly ColumnType[]; spellings: Spellings; reading: Reading }> = {},
) => {
  const sets = types.map((type) => [type, new RefSet(refsForType(subjects, type))] as const);
  const wanted = sets.filter(([, set]) => !set.empty);
  const find = bytesFinder(spelt(subjects.subject_ids, reading));
  return (rows: readonly LooseRow[]): Uint8Array | null => {
    const flags = new Uint8Array(rows.length);
    const builder = new TextBuilder(rows.length);
    const asked: { readonly row: number; readonly set: RefSet }[] = [];
    for (const [row, { texts, bytes }] of rows.entries()) {
      if (texts === null && (find.nothing || find.in(bytes))) flags[row] = 1;
      for (const text of texts ?? []) {
        for (const [type, set] of wanted) {
          for (const spelling of spellings(text, type)) {
            builder.text(spelling);
            builder.endText();
            asked.push({ row, set });
          }
        }
      }
    }
    const digests = keyedDigests(key, builder.texts(), asked.length);
    const words = new Uint32Array(digests.buffer, digests.byteOffset, asked.length * REF_WORDS);
    for (const [at, { row, set }] of asked.entries())
      if (set.has(words, at * REF_WORDS)) flags[row] = 1;
    return flags.includes(1) ? flags : null;
  };
};

/** As a file would be read that fits: by its reading, or else as it is. */
export const exactSpellings = (source: ObjectRef): Spellings => {
  const read = readAs(source);
  return (text, type) => read(text, type) ?? canonicalOf(text, type);
};

/** As anything it may mean, with or without its reading. */
const anySpellingsIn = (source: ObjectRef): Spellings => {
  const read = readAs(source);
  return (text, type) => [...anySpellings(text, type), ...(read(text, type) ?? [])];
};

/** Null where the file's reading says nothing about the type. */
const readAs = ({ reading }: ObjectRef) => {
  const readers = new Map(
    COLUMN_TYPES.map((type) => [type, reading ? cellReader(reading, type) : null]),
  );
  return (text: string, type: ColumnType): readonly string[] | null => {
    const read = readers.get(type) ?? null;
    if (read === null) return null;
    const cell = read(text, true);
    return cell === undefined || cell === null ? [] : [canonicalCell(cell, type)];
  };
};

const canonicalOf = (text: string, type: ColumnType): readonly string[] => {
  const canonical = canonicalText(text, type);
  return canonical === null ? [] : [canonical];
};

const anySpellings: Spellings = (text, type) => {
  if (type !== "string") {
    return TYPED.test(text) ? canonicalOf(text, type) : [];
  }
  if (!text.isWellFormed()) return [];
  const trimmed = text.trim();
  return trimmed === text ? [text] : [text, trimmed];
};

/** Whatever the cells of a file may mean. */
export const looselyIn = (source: ObjectRef) => {
  const { reading } = source;
  return reading === undefined ? {} : { spellings: anySpellingsIn(source), reading };
};

/** Clear ids, and numbers among them also in groups of thousands where the file has such. */
const spelt = (ids: readonly string[], reading: Reading | undefined): readonly string[] => {
  const mark = reading?.thousands_separator;
  if (mark === undefined) return ids;
  return ids.flatMap((id) =>
    /^[+-]?\d{4,}$/.test(id) ? [id, id.replace(/\d(?=(?:\d{3})+$)/g, `$&${mark}`)] : [id],
  );
};

export interface LooseScan {
  readonly rows: AsyncGenerator<Scanned, void, undefined>;
  /** The flags of a chunk that was just given. */
  match(chunk: ColumnChunk): Uint8Array | null;
}

/** Every row of the file, of CSV the header too: it may be a row that has none above it. */
export const scanLoosely = (
  store: ObjectStore,
  source: ObjectRef,
  subjects: SubjectSet,
  key: Uint8Array,
): LooseScan => {
  const match = looseMatch(subjects, key, looselyIn(source));
  const flags = new WeakMap<ColumnChunk, Uint8Array | null>();
  const scanned = async function* (): AsyncGenerator<Scanned, void, undefined> {
    let first_row = 1;
    for await (const batch of rowBatches(store, source)) {
      const chunk = { first_row, rows: batch.length, columns: [] };
      flags.set(chunk, match(batch));
      first_row += batch.length;
      const extent = (row: number) => [batch[row]?.start ?? 0, batch[row]?.end ?? 0] as const;
      yield { chunk, extent };
    }
  };
  return { rows: scanned(), match: (chunk) => flags.get(chunk) ?? null };
};

/** Whether one of the clear ids stands anywhere in the file; true when there is none to look for. */
export const standsInFile = async (
  store: ObjectStore,
  source: ObjectRef,
  { subject_ids }: SubjectSet,
): Promise<boolean> => {
  const find = bytesFinder(spelt(subject_ids, source.reading));
  return find.nothing || find.inPieces(piecesOf(await openStream(store, source)));
};
