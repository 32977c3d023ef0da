/** What is compressed is opened, layer by layer, and what is not is left as it is. */
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { layersOf } from "../../../scripts/support/canary/layers.ts";

const TEXT = "canary-in-a-page";

const holding = async (bytes: Buffer): Promise<readonly string[]> =>
  (await layersOf(bytes)).filter((layer) => layer.bytes.includes(TEXT)).map(({ name }) => name);

const parquet = (codec: "SNAPPY" | "UNCOMPRESSED"): Buffer => {
  // Repetitions, so that Snappy does not leave the text as it is.
  const data = Array.from({ length: 200 }, (_, row) => `canary-in-a-row${row % 3}`).concat(TEXT);
  const columnData = [{ name: "id", data, type: "STRING" as const }];
  return Buffer.from(parquetWriteBuffer({ columnData, codec }));
};

describe("the layers of bytes", () => {
  it("are what gzip holds", async () => {
    expect(await holding(gzipSync(`a,b\n${TEXT},1\n`))).toEqual(["gzip"]);
  });

  it("are what gzip holds that was cut off", async () => {
    const whole = gzipSync(Buffer.concat([Buffer.from(TEXT), Buffer.alloc(10_000, "abc")]));
    expect(await holding(whole.subarray(0, whole.length - 6))).toEqual(["gzip"]);
  });

  it("are the pages of a Parquet file in Snappy, where the text is not to be seen from outside", async () => {
    const bytes = parquet("SNAPPY");
    expect(bytes.subarray(0, -400).includes(TEXT)).toBe(false);
    expect(await holding(bytes)).toEqual([expect.stringMatching(/^Parquet page \d+ \(Snappy\)$/)]);
  });

  it("are followed into each other", async () => {
    expect(await holding(gzipSync(parquet("SNAPPY")))).toContainEqual(
      expect.stringMatching(/^gzip > Parquet page/),
    );
  });

  it("are none in plain bytes, nor in such as only begin like others", async () => {
    expect(await layersOf(Buffer.from(TEXT))).toEqual([]);
    expect(await layersOf(Buffer.from([0x1f, 0x8b, 8, 1, 2, 3]))).toEqual([]);
    expect(await layersOf(parquet("UNCOMPRESSED"))).toEqual([]);
  });
});
