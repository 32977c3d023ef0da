import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { unpacked } from "../../src/data/gunzip.ts";
import { NotATableError } from "../../src/data/notATable.ts";
import { CONTENT, inPieces, SOUND, UNSOUND } from "../support/gzipFiles.ts";

const SIZES_BYTES = [1, 2, 7, 100, 1_000_000];

const textOf = async (pieces: AsyncIterable<Uint8Array>): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const bytes of unpacked(pieces)) parts.push(bytes.slice());
  return Buffer.concat(parts).toString();
};

describe("a gzip file", () => {
  test.each(Object.entries(SOUND))("of %s unpacks wherever its pieces part", async (_, bytes) => {
    for (const size of SIZES_BYTES) expect(await textOf(inPieces(bytes, size))).toBe(CONTENT);
  });

  test.each(Object.entries(UNSOUND))("%s is refused", async (_, bytes) => {
    for (const size of SIZES_BYTES)
      await expect(textOf(inPieces(bytes, size))).rejects.toThrow(NotATableError);
  });

  test("of two members parts at every byte there is", async () => {
    const members = Buffer.concat([gzipSync("id\n"), gzipSync("7\n")]);
    for (let at = 1; at < members.length; at += 1) {
      async function* halves() {
        yield members.subarray(0, at);
        yield members.subarray(at);
      }
      expect(await textOf(halves())).toBe("id\n7\n");
    }
  });

  test("hands its pieces out one by one, and asks for no more than is read", async () => {
    const member = gzipSync(Buffer.alloc(8 * 1024 ** 2, "a"));
    let asked = 0;
    let isStopped = false;
    async function* members() {
      try {
        for (; asked < 100; asked += 1) yield member;
      } finally {
        isStopped = true;
      }
    }
    let read_bytes = 0;
    for await (const bytes of unpacked(members())) {
      expect(bytes.length).toBeLessThan(1024 ** 2);
      read_bytes += bytes.length;
      if (read_bytes > 1024 ** 2) break;
    }
    expect(asked).toBe(0);
    expect(isStopped).toBe(true);
  });

  test("throws what its pieces throw", async () => {
    async function* failing() {
      yield gzipSync("id\n");
      throw new Error("connection lost");
    }
    await expect(textOf(failing())).rejects.toThrow("connection lost");
  });
});

describe("what is not gzip", () => {
  test.each(["", "i", "id\n7\n", "\u001f"])("is read as it is: %j", async (text) => {
    expect(await textOf(inPieces(Buffer.from(text), 1))).toBe(text);
  });
});
