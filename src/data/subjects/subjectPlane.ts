/** What erasure and access ask of the data plane, over one object store, put together. */
import { MissingObjectError, type ObjectStore } from "../../application/dataPorts.ts";
import type { DigestingStore } from "../../application/digests.ts";
import type { SubjectPlane, SubjectReader } from "../../application/subjectPorts.ts";
import { subjectRefsOf } from "../../application/subjectRefs.ts";
import { unpacked } from "../gunzip.ts";
import { NotATableError } from "../notATable.ts";
import { piecesOf } from "../pieces.ts";
import { collect, countRows } from "./collect.ts";
import { bytesFinder } from "./heldText.ts";
import { holdsAnywhere } from "./looseParquet.ts";
import { redactLines, redactTable } from "./redactDerived.ts";
import { redactRaw } from "./redactRaw.ts";
import { mayHold, partFor } from "./subjectIndex.ts";
import { canonicalText, hashedTexts, refUnder } from "./subjectTexts.ts";

export const subjectPlane = (store: DigestingStore): SubjectPlane => ({
  ...subjectReader(store),
  redactRaw: (input) => redactRaw(store, input),
  redactLines: (input) => redactLines(store, input),
  redactTable: (input) => redactTable(store, input),
});

/** What of it writes no object. */
export const subjectReader = (store: ObjectStore): SubjectReader => ({
  canonical: canonicalText,
  partFor,
  hashedTexts,
  mayHold: (index, column, sets) => mayHold(store, index, column, sets),
  collect: (input, write) => collect(store, input, write),
  countRows: (table) => countRows(store, table),
  holdsText: (key, subject_ids) => holdsText(store, key, subject_ids),
});

const holdsText = async (
  store: ObjectStore,
  key: string,
  subject_ids: readonly string[],
): Promise<boolean> => {
  const object = await store.head(key);
  const stream = object && (await store.open(key));
  if (!stream) throw new MissingObjectError(`object ${key} is missing`);
  const head = await store.read(key, 0, Math.min(PARQUET_MAGIC.length, object.size_bytes));
  if (String.fromCharCode(...head) === PARQUET_MAGIC) {
    await stream.cancel();
    return parquetHolds(store, key, object.size_bytes, subject_ids);
  }
  try {
    return await bytesFinder(subject_ids).inPieces(unpacked(piecesOf(stream)));
  } catch (error) {
    // It begins as gzip does and is none: what cannot be looked through may hold anything.
    if (error instanceof NotATableError) return true;
    throw error;
  }
};

const PARQUET_MAGIC = "PAR1";
const KEY_BYTES = 32;

/** What is packed is no text: its values are looked at, under a key that nobody else needs. */
const parquetHolds = (
  store: ObjectStore,
  key: string,
  bytes: number,
  subject_ids: readonly string[],
): Promise<boolean> => {
  const secret = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const keyring = { subjectRef: (text: string) => refUnder(secret, text) };
  const refs = subject_ids.map((id) => subjectRefsOf(keyring, { canonical: canonicalText }, id));
  const source = { key, format: "parquet", bytes, sha256: "", rows: 0 } as const;
  return holdsAnywhere(store, source, { refs, subject_ids }, secret);
};
