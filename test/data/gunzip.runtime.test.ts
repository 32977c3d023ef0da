import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { unpacked } from "../../src/data/gunzip.ts";
import { NotATableError } from "../../src/data/notATable.ts";
import { piecesOf } from "../../src/data/pieces.ts";
import { CONTENT, inPieces, SOUND, UNSOUND } from "../support/gzipFiles.ts";

const SIZES_BYTES = [1, 100, 1_000_000];

const textOf = async (pieces: AsyncIterable<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of unpacked(pieces)) text += decoder.decode(bytes, { stream: true });
  return text;
};

/** That the runtime's own zlib goes on behind the first member, as Node's does. */
describe("a gzip file inside the runtime", () => {
  test.each(Object.entries(SOUND))("of %s unpacks wherever its pieces part", async (_, bytes) => {
    for (const size of SIZES_BYTES) expect(await textOf(inPieces(bytes, size))).toBe(CONTENT);
  });

  test.each(Object.entries(UNSOUND))("%s is refused", async (_, bytes) => {
    for (const size of SIZES_BYTES)
      await expect(textOf(inPieces(bytes, size))).rejects.toThrow(NotATableError);
  });

  test("of two members comes out of R2 whole", async () => {
    const key = `lakes/${crypto.randomUUID()}/landing/x.csv.gz`;
    const bytes = SOUND["two members"] ?? new Uint8Array(0);
    await env.OBJECTS.put(key, bytes);
    const object = await env.OBJECTS.get(key);
    expect(await textOf(piecesOf(object?.body ?? new ReadableStream()))).toBe(CONTENT);
  });
});
