/**
 * Takes a landed upload into a batch: the bytes are hashed, copied and checked against the schema
 * while they pass once. A text file that is compressed with gzip is taken unpacked. What is no table, or too large, leaves nothing at the target.
 */
import type { ObjectStore, TakeInput, TakeOutcome } from "../application/dataPorts.ts";
import { contentType } from "./contentTypes.ts";
import { unpacked } from "./gunzip.ts";
import { NotATableError } from "./notATable.ts";
import { type Pieces, piecesOf } from "./pieces.ts";
import { openTable, readTable, type TableReader } from "./readTable.ts";
import { type CountingWriter, countingWriter } from "./sha256.ts";

/** The largest file a batch may arrive as; of a compressed one, also what it unpacks to. */
export const MAX_OBJECT_BYTES = 1024 ** 3;

/**
 * See `DataPlane.take`. Rejects only when the store fails; then too nothing is left at the target.
 * `maxBytes` is there for tests.
 */
export const take = async (
  store: ObjectStore,
  input: TakeInput,
  maxBytes = MAX_OBJECT_BYTES,
): Promise<TakeOutcome> => {
  const landed = await store.head(input.source);
  if (landed === null) return { kind: "missing" };
  if (landed.size_bytes > maxBytes) return { kind: "too_large", limit_bytes: maxBytes };
  const stream = await store.open(input.source);
  if (stream === null) return { kind: "missing" };
  try {
    const pieces = piecesOf(stream);
    return input.format === "parquet"
      ? await takeParquet(store, input, pieces, maxBytes)
      : await takeText(store, input, input.format, unpacked(pieces), maxBytes);
  } catch (error) {
    if (error instanceof NotATableError) return { kind: "not_a_table", reason: error.reason };
    if (error instanceof TooLargeError) return { kind: "too_large", limit_bytes: maxBytes };
    throw error;
  }
};

/** The upload may have grown since `head`: the stream itself has the last word. */
class TooLargeError extends Error {}

const takeText = async (
  store: ObjectStore,
  input: TakeInput,
  format: "csv" | "jsonl",
  pieces: Pieces,
  maxBytes: number,
): Promise<TakeOutcome> => {
  const writer = countingWriter(store.writer(input.target, contentType(format)));
  try {
    const tapped = tap(pieces, limited(writer, maxBytes));
    const reader = readTable({ format, pieces: tapped }, input.schema);
    const rows = await countRows(reader);
    return taken(input, await writer.close(), rows, reader);
  } catch (error) {
    await writer.abort();
    throw error;
  }
};

/** Parquet is read from its end: it is copied first, and the copy is what is checked. */
const takeParquet = async (
  store: ObjectStore,
  input: TakeInput,
  pieces: Pieces,
  maxBytes: number,
): Promise<TakeOutcome> => {
  const copied = await copyParquet(store, input, pieces, maxBytes);
  try {
    const ref = { key: input.target, format: "parquet", bytes: copied.bytes } as const;
    const reader = readTable(await openTable(store, ref), input.schema);
    return taken(input, copied, await countRows(reader), reader);
  } catch (error) {
    await store.delete([input.target]);
    throw error;
  }
};

const PARQUET_MAGIC = "PAR1";

/** Refuses what does not even begin as Parquet before it becomes visible. */
const copyParquet = async (
  store: ObjectStore,
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

type Copied = Awaited<ReturnType<CountingWriter["close"]>>;

const taken = (
  { target, format }: TakeInput,
  { bytes, sha256 }: Copied,
  rows: number,
  { issues }: TableReader,
): TakeOutcome => ({
  kind: "taken",
  object: { key: target, format, bytes, sha256, rows },
  issues: issues.listed,
  issue_count: issues.count,
  unexpected_columns: issues.unexpected_columns,
});

const countRows = async (reader: TableReader): Promise<number> => {
  let rows = 0;
  for await (const chunk of reader.chunks()) rows += chunk.rows;
  return rows;
};

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
