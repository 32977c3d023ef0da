import { describe, expect, test } from "vitest";
import type { SignRequest } from "../../src/application/ports.ts";
import {
  ForeignKeyError,
  ownObjects,
  ownSmallObjects,
  ownUrls,
} from "../../src/storage/ownObjects.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import { memorySmallObjects } from "../support/memorySmallObjects.ts";

const MINE = "lakes/mine/landing/a.csv";
const FOREIGN = [
  "lakes/other/landing/a.csv",
  "lakes/mine2/landing/a.csv",
  "lakes/mine",
  "lakes/mine/",
  "lakes/mine/../other/landing/a.csv",
  "lakes/mine/landing/..",
  "lakes/mine/./a.csv",
  "lakes/mine//a.csv",
  "reports/2026-10/report.json",
  "/lakes/mine/landing/a.csv",
  "",
];

const withBoth = () => {
  const all = memoryObjectStore();
  for (const key of [MINE, ...FOREIGN]) all.put(key, "content");
  return { all, own: ownObjects(all, "mine") };
};

describe("the store that a lake's work is given", () => {
  test("has the lake's objects", async () => {
    const { all, own } = withBoth();
    expect((await own.head(MINE))?.key).toBe(MINE);
    expect(await new Response(await own.open(MINE, { offset: 1, length: 3 })).text()).toBe("ont");
    expect(new TextDecoder().decode(await own.read(MINE, 0, 7))).toBe("content");
    const writer = own.writer("lakes/mine/batches/b/1/raw/a..b.csv", "text/csv");
    await writer.write(new Uint8Array(2));
    await writer.close();
    const listed: string[] = [];
    for await (const { key } of own.list("lakes/mine/batches/")) listed.push(key);
    expect(listed).toEqual(["lakes/mine/batches/b/1/raw/a..b.csv"]);
    await own.delete([MINE]);
    expect(all.keys()).not.toContain(MINE);
  });

  test.each(FOREIGN)("neither reads, writes nor deletes '%s'", async (key) => {
    const { all, own } = withBoth();
    const before = all.keys();
    await expect(own.head(key)).rejects.toThrow(ForeignKeyError);
    await expect(own.open(key)).rejects.toThrow(ForeignKeyError);
    await expect(own.read(key, 0, 1)).rejects.toThrow(ForeignKeyError);
    expect(() => own.writer(key, "text/csv")).toThrow(ForeignKeyError);
    await expect(own.delete([MINE, key])).rejects.toThrow(ForeignKeyError);
    await expect(own.clear([MINE, key])).rejects.toThrow(ForeignKeyError);
    expect(all.keys()).toEqual(before);
  });

  test.each(["", "lakes/", "lakes/mine", "lakes/other/", "reports/"])(
    "lists nothing under '%s'",
    (prefix) => {
      expect(() => withBoth().own.list(prefix)).toThrow(ForeignKeyError);
    },
  );

  test("tells nobody the key it refused", async () => {
    await expect(withBoth().own.head("lakes/other/landing/jane.csv")).rejects.toThrow(/^[^/]*$/);
  });
});

describe("the small objects of a lake", () => {
  test("are its own once it is made", async () => {
    const all = memorySmallObjects();
    let lake_id: string | null = null;
    const own = ownSmallObjects(all, () => lake_id);
    const half = "lakes/mine/custody/s1";
    expect(await own.create(half, new Uint8Array(1))).toBe(true);
    lake_id = "mine";
    expect(await own.read(half)).toEqual(new Uint8Array(1));
    await own.put(half, new Uint8Array(2));
    const foreign = "lakes/other/custody/s1";
    await expect(own.read(foreign)).rejects.toThrow(ForeignKeyError);
    await expect(own.create(foreign, new Uint8Array(1))).rejects.toThrow(ForeignKeyError);
    await expect(own.put(foreign, new Uint8Array(1))).rejects.toThrow(ForeignKeyError);
    await expect(own.delete([half, foreign])).rejects.toThrow(ForeignKeyError);
    expect(() => own.list("lakes/other/custody/")).toThrow(ForeignKeyError);
    expect([...all.kept.keys()]).toEqual([half]);
    const behind = async (after: string) => {
      const listed: string[] = [];
      for await (const key of own.list("lakes/mine/custody/", after)) listed.push(key);
      return listed;
    };
    expect(await behind("lakes/mine/custody/s0")).toEqual([half]);
    expect(await behind(half)).toEqual([]);
    await own.delete([half]);
    expect(all.kept.size).toBe(0);
  });
});

describe("the presigner that a lake's work is given", () => {
  test("signs for the lake's objects and for no others", async () => {
    const signed: string[] = [];
    const urls = ownUrls(
      {
        sign: async ({ key }) => {
          signed.push(key);
          return `https://store.example/${key}`;
        },
      },
      "mine",
    );
    const request = (key: string): SignRequest => ({
      method: "GET",
      key,
      signed_at: "2026-11-29T12:00:00.000Z",
      expires_in: 60,
    });
    expect(await urls.sign(request(MINE))).toBe(`https://store.example/${MINE}`);
    for (const key of FOREIGN) {
      await expect(urls.sign(request(key)), key).rejects.toThrow(ForeignKeyError);
    }
    expect(signed).toEqual([MINE]);
  });
});
