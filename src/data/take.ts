/**
 * Takes a landed upload into a batch: the bytes are hashed, copied and checked against the schema
 * while they pass once. A text file that is compressed with gzip is taken unpacked. What is no
 * table, or too large, leaves nothing at the target.
 */
import type { ObjectStore, TakeInput, TakeOutcome } from "../application/dataPorts.ts";
import type { DigestingStore } from "../application/digests.ts";
import type { AppendedSubjects } from "../application/subjectPorts.ts";
import { dialectOf } from "../domain/reading.ts";
import { type Suspicion, suspicionsOf } from "../domain/suspicion.ts";
import type { DecimalDigits } from "../domain/table.ts";
import { contentType } from "./contentTypes.ts";
import { type CountingWriter, countingWriter } from "./countingWriter.ts";
import { digitCounter } from "./decimalDigits.ts";
import { unpacked } from "./gunzip.ts";
import type { IssueLog } from "./issueLog.ts";
import { NotATableError } from "./notATable.ts";
import { type Pieces, piecesOf } from "./pieces.ts";
import { signSampler } from "./pii/signSampler.ts";
import { readTable, type TableSource } from "./readTable.ts";
import { type IndexTracker, indexTracker } from "./subjects/subjectTracker.ts";
import { MAX_UNPACKED_BYTES, UnpacksBeyondError } from "./unpackBudget.ts";

/** The largest file a batch may arrive as; of a compressed one, also what it unpacks to. */
export const MAX_OBJECT_BYTES = MAX_UNPACKED_BYTES;

/**
 * See `DataPlane.take`. Rejects only when the store fails; then too nothing is left at the target.
 * `maxBytes` is there for tests.
 */
export const take = async (
  store: DigestingStore,
  input: TakeInput,
  maxBytes = input.at_most_bytes ?? MAX_OBJECT_BYTES,
): Promise<TakeOutcome> => {
  const read = async (source: TableSource): Promise<Read> => {
    const reader = readTable(source, input.schema);
    const sampler = signSampler();
    const subjects = input.subjects && indexTracker(input.subjects, input.schema);
    const counter = digitCounter(input.schema);
    let rows = 0;
    for await (const chunk of reader.chunks()) {
      rows += chunk.rows;
      sampler.look(chunk);
      counter.look(chunk);
      subjects?.look(chunk);
    }
    const suspicions = suspicionsOf(sampler.signs());
    const decimal_digits = reader.issues.count === 0 ? counter.digits() : undefined;
    return {
      ...{ rows, issues: reader.issues, suspicions },
      ...(decimal_digits ? { decimal_digits } : {}),
      ...(subjects ? { subjects } : {}),
    };
  };
  const { target: key } = input;
  let dialect = dialectOf(input);
  const onDelimiter = (delimiter: string) => {
    dialect = { ...dialect, delimiter };
  };
  const copied = await transfer(store, input, maxBytes, {
    csv: (pieces) => read({ format: "csv", pieces, ...dialect, onDelimiter }),
    jsonl: (pieces) => read({ format: "jsonl", pieces }),
    parquet: ({ bytes }) =>
      read({ format: "parquet", store, key, size_bytes: bytes, at_most_bytes: maxBytes }),
  });
  if (copied.kind !== "copied") return copied;
  const { bytes, sha256, found, upload_etag } = copied;
  const { rows, decimal_digits } = found;
  const subjects = await undoing(store, [key], () => indexed(store, found));
  const digits = decimal_digits ? { decimal_digits } : {};
  return {
    kind: "taken",
    object: { key, format: input.format, bytes, sha256, rows, ...dialect, ...digits },
    issues: found.issues.listed,
    issue_count: found.issues.count,
    unexpected_columns: found.issues.unexpected_columns,
    suspicions: found.suspicions,
    upload_etag,
    ...(found.issues.cut_datetimes > 0 ? { cut_datetimes: found.issues.cut_datetimes } : {}),
    ...(subjects ? { subjects } : {}),
  };
};

interface Read {
  readonly rows: number;
  readonly issues: IssueLog;
  readonly suspicions: readonly Suspicion[];
  readonly decimal_digits?: DecimalDigits;
  readonly subjects?: IndexTracker;
}

/** Of what fits no schema there is no index: which cells name a subject is not known. */
const indexed = async (
  store: ObjectStore,
  { subjects, issues }: Read,
): Promise<AppendedSubjects | null> => {
  if (subjects === undefined) return null;
  const subject_index = issues.count === 0 ? await subjects.write(store) : null;
  return { subject_index, erased_rows: subjects.erased() };
};

/** Deletes what was written before, when `work` fails. */
const undoing = async <Value>(
  store: ObjectStore,
  written: readonly string[],
  work: () => Promise<Value>,
): Promise<Value> => {
  try {
    return await work();
  } catch (error) {
    await store.delete(written);
    throw error;
  }
};

/** What is made of the bytes: of text while they are copied, of Parquet once they are. */
export interface Reading<Found> {
  readonly csv: (pieces: Pieces) => Promise<Found>;
  readonly jsonl: (pieces: Pieces) => Promise<Found>;
  readonly parquet: (copied: Copied) => Promise<Found>;
}

export type Transferred<Found> =
  | Exclude<TakeOutcome, { readonly kind: "taken" }>
  | ({
      readonly kind: "copied";
      readonly found: Found;
      readonly upload_etag: string | null;
    } & Copied);

/** Copies a landed file to its target, unpacked, while it is read; leaves nothing when refused. */
export const transfer = async <Found>(
  store: DigestingStore,
  input: TakeInput,
  maxBytes: number,
  reading: Reading<Found>,
): Promise<Transferred<Found>> => {
  const landed = await store.head(input.source);
  if (landed === null) return { kind: "missing" };
  if (landed.size_bytes > maxBytes) return { kind: "too_large", limit_bytes: maxBytes };
  const stream = await store.open(input.source);
  if (stream === null) return { kind: "missing" };
  try {
    const pieces = piecesOf(stream);
    const copied =
      input.format === "parquet"
        ? await transferParquet(store, input, pieces, maxBytes, reading.parquet)
        : await transferText(store, input, unpacked(pieces), maxBytes, reading[input.format]);
    // Another upload may have taken its place since: which of them was read is not known then.
    const after = await store.head(input.source);
    const same = after?.etag === landed.etag;
    return { ...copied, upload_etag: same ? store.uploadTag(input.target, landed.etag) : null };
  } catch (error) {
    if (error instanceof NotATableError) return { kind: "not_a_table", reason: error.reason };
    if (error instanceof TooLargeError || error instanceof UnpacksBeyondError)
      return { kind: "too_large", limit_bytes: maxBytes };
    throw error;
  }
};

type Moved<Found> = Omit<Extract<Transferred<Found>, { kind: "copied" }>, "upload_etag">;

/** The upload may have grown since `head`: the stream itself has the last word. */
class TooLargeError extends Error {}

const transferText = async <Found>(
  store: DigestingStore,
  input: TakeInput,
  pieces: Pieces,
  maxBytes: number,
  read: (pieces: Pieces) => Promise<Found>,
): Promise<Moved<Found>> => {
  const writer = countingWriter(store.writer(input.target, contentType(input.format)));
  try {
    const found = await read(tap(pieces, limited(writer, maxBytes)));
    return { kind: "copied", found, ...(await writer.close()) };
  } catch (error) {
    await writer.abort();
    throw error;
  }
};

/** Parquet is read from its end: it is copied first, and the copy is what is read. */
const transferParquet = async <Found>(
  store: DigestingStore,
  input: TakeInput,
  pieces: Pieces,
  maxBytes: number,
  read: (copied: Copied) => Promise<Found>,
): Promise<Moved<Found>> => {
  const copied = await copyParquet(store, input, pieces, maxBytes);
  const found = await undoing(store, [input.target], () => read(copied));
  return { kind: "copied", found, ...copied };
};

const PARQUET_MAGIC = "PAR1";

/** Refuses what does not even begin as Parquet before it becomes visible. */
const copyParquet = async (
  store: DigestingStore,
  input: TakeInput,
  pieces: Pieces,
  maxBytes: number,
): Promise<Copied> => {
  const writer = countingWriter(store.writer(input.target, contentType("parquet")));
  const write = limited(writer, maxBytes);
  let head = "";
  try {
    for await (const bytes of pieces) {
      if (head.length < PARQUET_MAGIC.length) {
        head += String.fromCharCode(...bytes.subarray(0, PARQUET_MAGIC.length - head.length));
        if (!PARQUET_MAGIC.startsWith(head)) throw new NotATableError(NO_PARQUET);
      }
      await write(bytes);
    }
    if (head !== PARQUET_MAGIC) throw new NotATableError(NO_PARQUET);
    return await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
};

const NO_PARQUET = "the file is not Parquet: it does not begin with PAR1";

/** What was written. */
export type Copied = Awaited<ReturnType<CountingWriter["close"]>>;

type Write = (bytes: Uint8Array) => Promise<void>;

const limited = (writer: CountingWriter, maxBytes: number): Write => {
  let total = 0;
  return async (bytes) => {
    total += bytes.length;
    if (total > maxBytes) throw new TooLargeError();
    await writer.write(bytes);
  };
};

/** The same pieces, every one written before it is passed on. */
async function* tap(pieces: Pieces, write: Write): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of pieces) {
    await write(bytes);
    yield bytes;
  }
}
