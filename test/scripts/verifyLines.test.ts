import { describe, expect, it } from "vitest";
import { linesOf } from "../../scripts/support/verify/lines.ts";

const split = async (text: string, chunkBytes: number): Promise<string[]> => {
  const bytes = Buffer.from(text);
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  const lines: string[] = [];
  for await (const line of linesOf(chunks())) lines.push(line.toString());
  return lines;
};

describe("the lines of a stream", () => {
  it("are the same however it is cut, letters of several bytes included", async () => {
    for (let chunkBytes = 1; chunkBytes < 20; chunkBytes++)
      expect(await split("zoë\n\nżółw 🐢\r\nlast\n", chunkBytes)).toEqual([
        "zoë",
        "",
        "żółw 🐢\r",
        "last",
      ]);
  });

  it("may end without a newline, and of nothing there are none", async () => {
    expect(await split("one\ntwo", 3)).toEqual(["one", "two"]);
    expect(await split("", 3)).toEqual([]);
  });
});
