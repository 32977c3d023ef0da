/**
 * What lies in bytes that are compressed: gzip and the pages of Parquet files, opened by other code
 * than the one that wrote them. What does not open is searched as it is.
 */
import { constants, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { parquetMetadata, parquetRead, snappyUncompress } from "hyparquet";

export interface Layer {
  readonly name: string;
  readonly bytes: Buffer;
}

const GZIP = Buffer.from([0x1f, 0x8b, 8]);
const PARQUET = Buffer.from("PAR1");

/** Layers within layers are followed so deep. */
const MAX_DEPTH = 4;

/** All that lies inside, and what lies inside that; the bytes themselves are not among them. */
export const layersOf = async (bytes: Buffer, depth = 0): Promise<readonly Layer[]> => {
  if (depth >= MAX_DEPTH) return [];
  const direct = [...compressed(bytes), ...(await parquetPages(bytes))];
  const inner = await Promise.all(
    direct.map(async ({ name, bytes: opened }) =>
      (await layersOf(opened, depth + 1)).map((layer) => ({
        ...layer,
        name: `${name} > ${layer.name}`,
      })),
    ),
  );
  return [...direct, ...inner.flat()];
};

const compressed = (bytes: Buffer): readonly Layer[] => {
  if (!bytes.subarray(0, GZIP.length).equals(GZIP)) return [];
  try {
    // What was cut off in the middle is read as far as it goes.
    const opened = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    return opened.length > 0 ? [{ name: "gzip", bytes: opened }] : [];
  } catch {
    return [];
  }
};

const isParquet = (bytes: Buffer): boolean =>
  bytes.subarray(0, PARQUET.length).equals(PARQUET) &&
  bytes.subarray(-PARQUET.length).equals(PARQUET);

/** Every page of every column, decompressed: dictionaries, values and levels. */
const parquetPages = async (bytes: Buffer): Promise<readonly Layer[]> => {
  if (!isParquet(bytes)) return [];
  const pages: Layer[] = [];
  const kept = (codec: string, page: Uint8Array): Uint8Array => {
    pages.push({ name: `Parquet page ${pages.length + 1} (${codec})`, bytes: Buffer.from(page) });
    return page;
  };
  const file = Uint8Array.from(bytes).buffer;
  await parquetRead({
    file,
    metadata: parquetMetadata(file),
    compressors: {
      SNAPPY: (input, size) => {
        const output = new Uint8Array(size);
        snappyUncompress(input, output);
        return kept("Snappy", output);
      },
      GZIP: (input) => kept("gzip", unzipped(Buffer.from(input))),
    },
  });
  return pages;
};

/** Parquet's GZIP is gzip as a rule, and zlib or bare deflate from some writers. */
const unzipped = (input: Buffer): Buffer => {
  if (input.subarray(0, GZIP.length).equals(GZIP)) return gunzipSync(input);
  return input[0] === 0x78 ? inflateSync(input) : inflateRawSync(input);
};
