/** The log and the access log from their ends. */
import { describe, expect, test } from "vitest";
import { type Lake, newLake } from "../support/lakeClient.ts";

interface Numbered {
  readonly sequence?: number;
  readonly seq?: number;
}

const numbers = (items: unknown) =>
  (items as readonly Numbered[]).map(({ sequence, seq }) => sequence ?? seq);

/** What each page holds, until there is no other. */
const pagesOf = async (lake: Lake, route: string) => {
  const pages: ReturnType<typeof numbers>[] = [];
  let cursor = "";
  for (let asked = 0; asked < 20; asked += 1) {
    const page = await lake.get(`${route}${cursor}`);
    expect(page.status, JSON.stringify(page.body)).toBe(200);
    pages.push(numbers(page.at("items")));
    const next = page.at("next_cursor");
    if (next === null) return pages;
    cursor = `&cursor=${encodeURIComponent(String(next))}`;
  }
  throw new Error("a list without an end");
};

/** A lake of seven events: itself, a dataset, and five accesses by two. */
const accessedLake = async (): Promise<Lake> => {
  const lake = await newLake();
  await lake.done("/datasets", { name: "sales", schema: { id: "int" }, contains_pii: false });
  for (const accessor_id of ["ann", "bob", "ann", "bob", "ann"]) {
    const access = { dataset_id: "sales", action: "read", purpose: "audit", accessor_id };
    await lake.done("/audit-access", access);
  }
  return lake;
};

describe("the log, the newest first", () => {
  test("has every event once, page by page", async () => {
    const lake = await accessedLake();
    expect(await pagesOf(lake, "/events?order=desc&limit=3")).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
    expect(await pagesOf(lake, "/events?order=desc&limit=7")).toEqual([[7, 6, 5, 4, 3, 2, 1]]);
    expect(await pagesOf(lake, "/events?order=asc&limit=4")).toEqual(
      await pagesOf(lake, "/events?limit=4"),
    );
  });

  test("ends behind the seq that is named, and keeps to its filters", async () => {
    const lake = await accessedLake();
    expect(await pagesOf(lake, "/events?order=desc&after=4&limit=2")).toEqual([[7, 6], [5]]);
    expect(await pagesOf(lake, "/events?order=desc&type=DataLakeCreated&limit=1")).toEqual([[1]]);
  });

  test("goes on from where it was: what is recorded between two pages is in neither", async () => {
    const lake = await accessedLake();
    const first = await lake.get("/events?order=desc&limit=4");
    const access = { dataset_id: "sales", action: "read", purpose: "audit" };
    await lake.done("/audit-access", access);
    const cursor = encodeURIComponent(first.text("next_cursor"));
    const second = await lake.get(`/events?order=desc&limit=4&cursor=${cursor}`);
    expect(numbers(second.at("items"))).toEqual([3, 2, 1]);
  });

  test("is that of accesses too, by who has accessed", async () => {
    const lake = await accessedLake();
    expect(await pagesOf(lake, "/access-log?order=desc&limit=4")).toEqual([[7, 6, 5, 4], [3]]);
    expect(await pagesOf(lake, "/access-log?order=desc&accessor=ann&limit=2")).toEqual([
      [7, 5],
      [3],
    ]);
  });

  test("takes no cursor of the other order, and is no order of an export", async () => {
    const lake = await accessedLake();
    for (const [one, other] of [
      ["asc", "desc"],
      ["desc", "asc"],
    ]) {
      const page = await lake.get(`/events?order=${one}&limit=1`);
      const cursor = encodeURIComponent(page.text("next_cursor"));
      const refused = await lake.get(`/events?order=${other}&limit=1&cursor=${cursor}`);
      expect([refused.status, refused.at("code")]).toEqual([422, "bad-cursor"]);
    }
    const exported = await lake.get("/events?format=ndjson&order=desc");
    expect([exported.status, exported.at("code")]).toEqual([422, "export-is-whole"]);
    expect((await lake.get("/events?order=odd")).status).toBe(422);
  });
});
