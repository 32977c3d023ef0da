import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { exportCsv } from "../../src/data/exportCsv.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
import { decompressors } from "../../src/data/parquetCodecs.ts";
import { openTable, readTable } from "../../src/data/readTable.ts";
import { take } from "../../src/data/take.ts";
import { digestingStore } from "../../src/storage/digestingStore.ts";
import { r2ObjectStore } from "../../src/storage/r2ObjectStore.ts";
import { collectRows } from "../support/cells.ts";

/** That the libraries and the platform's own pieces work inside workerd, over real R2. */
describe("the data plane inside the runtime", () => {
  const store = digestingStore(r2ObjectStore(env.OBJECTS), new Uint8Array(32).fill(1));
  const schema = { id: "int", at: "datetime", name: "string", price: "decimal" } as const;

  test("takes JSON Lines with exact numbers, writes Parquet, reads it and exports CSV", async () => {
    const lake = `lakes/${crypto.randomUUID()}`;
    const line =
      '{"id":9007199254740993,"at":"2024-02-29T12:00:00.123456Z","name":"Zoë","price":1.10}';
    const landing = store.writer(`${lake}/landing/x.jsonl`, "application/x-ndjson");
    await landing.write(new TextEncoder().encode(`${line}\n`.repeat(10_000)));
    await landing.close();

    const taken = await take(store, {
      source: `${lake}/landing/x.jsonl`,
      target: `${lake}/raw`,
      format: "jsonl",
      schema,
    });
    expect(taken).toMatchObject({ kind: "taken", issues: [], object: { rows: 10_000 } });
    if (taken.kind !== "taken") return;

    const writer = parquetWriter(store.writer(`${lake}/clean`, "application/octet-stream"), schema);
    const source = readTable(await openTable(store, taken.object), schema);
    for await (const chunk of source.chunks()) await writer.write(chunk);
    const clean = { key: `${lake}/clean`, format: "parquet", ...(await writer.close()) } as const;
    const back = readTable(await openTable(store, clean), schema);
    const rows = await collectRows(back.chunks());
    expect(rows).toHaveLength(10_000);
    expect(rows.at(-1)).toEqual([9007199254740993n, 1709208000123456n, "Zoë", "1.10"]);

    const csv = await exportCsv(store, clean, schema, `${lake}/out.csv`);
    expect(csv).toMatchObject({ format: "csv", rows: 10_000 });
    const text = new TextDecoder().decode(await store.read(csv.key, 0, 90));
    expect(text).toMatch(
      /^id,at,name,price\n9007199254740993,2024-02-29T12:00:00.123456Z,Zoë,1.10\n/,
    );
  });

  test("takes a compressed CSV file that comes out of R2 in pieces", async () => {
    const lake = `lakes/${crypto.randomUUID()}`;
    const content = `id,name\n${Array.from({ length: 50_000 }, (_, n) => `${n},name ${n}`).join("\n")}\n`;
    const packed = new Blob([content]).stream().pipeThrough(new CompressionStream("gzip"));
    const landing = store.writer(`${lake}/landing/x.csv.gz`, "application/gzip");
    for await (const bytes of packed) await landing.write(bytes);
    await landing.close();
    const taken = await take(store, {
      source: `${lake}/landing/x.csv.gz`,
      target: `${lake}/raw`,
      format: "csv",
      schema: { id: "int", name: "string" },
    });
    expect(taken).toMatchObject({
      kind: "taken",
      issue_count: 0,
      object: { rows: 50_000, bytes: content.length },
    });
    expect((await store.head(`${lake}/raw`))?.size_bytes).toBe(content.length);
  });

  test("undoes every compression it claims to", () => {
    // 32 bytes of "abcd", as Node's zlib packs them.
    const packed = {
      GZIP: "H4sIAAAAAAAAA0tMSk5JxIMBgGsFJCAAAAA=",
      BROTLI: "Gx8A+KXDxMbIBBkBgLEB",
      ZSTD: "KLUv/SAgVQAAIGFiY2QBADOOCA==",
    } as const;
    for (const [codec, base64] of Object.entries(packed)) {
      const input = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const unpack = Object.entries(decompressors).find(([name]) => name === codec)?.[1];
      const output = unpack?.(input, 32);
      expect(new TextDecoder().decode(output)).toBe("abcd".repeat(8));
    }
    expect(Object.keys(decompressors).sort()).toEqual(["SNAPPY", ...Object.keys(packed)].sort());
  });
});
