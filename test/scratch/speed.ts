import { env } from "cloudflare:workers";
import { test } from "vitest";
import { r2ObjectStore } from "../../src/storage/r2ObjectStore.ts";
import { take } from "../../src/data/take.ts";
import { openTable, readTable } from "../../src/data/readTable.ts";
import { parquetWriter } from "../../src/data/parquet.ts";
test("speed", async () => {
  const store = r2ObjectStore((env as any).OBJECTS);
  const w = store.writer("big.csv", "text/csv");
  const enc = new TextEncoder();
  await w.write(enc.encode("id,name,email,age,city,amount,at\n"));
  let n = 0, size=0;
  while (size < 30e6) { let s = ""; for (let i = 0; i < 5000; i++) { n++; s += `${n},Person Number ${n},person${n}@example.com,${n % 90},Springfield,${(n * 7 % 10000) / 100},2024-03-${String(n % 28 + 1).padStart(2, "0")}T12:00:00Z\n`; } const b = enc.encode(s); size += b.length; await w.write(b); }
  await w.close();
  const schema = { id: "int", name: "string", email: "string", age: "int", city: "string", amount: "float", at: "datetime" } as const;
  let c = 0, t = performance.now(); const sizes: Record<number, number> = {};
  for await (const b of (await store.open("big.csv"))!) { c++; sizes[b.length] = (sizes[b.length] ?? 0) + 1; }
  console.log("stream", c, JSON.stringify(sizes).slice(0, 200), performance.now() - t);
  for (let i = 0; i < 2; i++) {
    t = performance.now();
    const r = await take(store, { source: "big.csv", target: "t.csv", format: "csv", schema });
    console.log("take", r.kind, (r as any).object.rows, size / 1e3 / (performance.now() - t), "MB/s");
    t = performance.now();
    const pw = parquetWriter(store.writer("t.parquet", ""), schema);
    for await (const ch of readTable(await openTable(store, { key: "t.csv", format: "csv", bytes: 0 }), schema).chunks()) await pw.write(ch);
    const res = await pw.close();
    console.log("csv->parquet", res.rows, res.bytes, size / 1e3 / (performance.now() - t), "MB/s");
    t = performance.now(); let rows = 0;
    for await (const ch of readTable(await openTable(store, { key: "t.parquet", format: "parquet", bytes: res.bytes }), schema).chunks()) rows += ch.rows;
    console.log("parquet read", rows, size / 1e3 / (performance.now() - t), "MB/s of csv");
  }
}, 120000);
