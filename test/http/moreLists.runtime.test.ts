/** Lists of replays and of uploads that nobody has appended, over HTTP and real storage. */
import { describe, expect, test } from "vitest";
import { append, type Lake, published, salesLake } from "../support/lakeClient.ts";

const all = async (lake: Lake, route: string, limit: number) => {
  const items: Record<string, unknown>[] = [];
  let cursor = "";
  for (let pages = 0; pages < 20; pages += 1) {
    const page = await lake.get(`${route}limit=${limit}${cursor}`);
    expect(page.status, JSON.stringify(page.body)).toBe(200);
    items.push(...(page.at("items") as Record<string, unknown>[]));
    const next = page.at("next_cursor");
    if (next === null) return items;
    cursor = `&cursor=${encodeURIComponent(String(next))}`;
  }
  throw new Error("a list without an end");
};

describe("the list of replays", () => {
  test("has them in their order, by dataset and by status", async () => {
    const lake = await salesLake();
    await published(lake, "b1");
    await lake.done("/datasets", { name: "other", schema: { id: "int" }, contains_pii: false });
    const ids: string[] = [];
    for (const dataset of ["sales", "other", "sales"]) {
      ids.push((await lake.done("/replay", { dataset })).text("replay", "replay_id"));
    }
    const idsOf = (items: Record<string, unknown>[]) => items.map(({ replay_id }) => replay_id);
    expect(idsOf(await all(lake, "/replays?", 1))).toEqual(ids);
    expect(idsOf(await all(lake, "/replays?dataset=sales&", 9))).toEqual([ids[0], ids[2]]);
    expect(idsOf(await all(lake, "/replays?status=completed&", 2))).toEqual(ids);
    expect(await all(lake, "/replays?status=running&", 9)).toEqual([]);
    const [first] = await all(lake, "/replays?", 9);
    expect(first).toEqual((await lake.get(`/replays/${ids[0]}`)).body);
    expect((await lake.get("/replays?status=odd")).status).toBe(422);
  });
});

describe("the list of uploads", () => {
  test("has what lies there or is awaited, and nothing that became a batch", async () => {
    const lake = await salesLake();
    await lake.done("/upload-url", { filename: "awaited.csv" });
    await lake.done("/upload-url", { filename: "dir/there.csv" });
    await lake.land("dir/there.csv", "id,amount\n1,2.5\n");
    await append(lake, "taken");
    for (const limit of [1, 100]) {
      const items = await all(lake, "/uploads?", limit);
      expect(items).toEqual([
        {
          filename: "awaited.csv",
          state: "awaited",
          bytes: null,
          uploaded_at: null,
          swept_at: expect.any(String),
        },
        {
          filename: "dir/there.csv",
          state: "landed",
          bytes: 16,
          uploaded_at: expect.any(String),
          swept_at: expect.any(String),
        },
      ]);
    }
    for (const cursor of ["nonsense", btoa("name:../x"), btoa("after:1")]) {
      const refused = await lake.get(`/uploads?cursor=${encodeURIComponent(cursor)}`);
      expect([refused.status, refused.at("code")]).toEqual([422, "bad-cursor"]);
    }
  });
});
