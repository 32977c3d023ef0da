import { describe, expect, test } from "vitest";
import type { LineLevel, LogFields } from "../../src/application/logging.ts";
import {
  UPLOADS_AMISS_MS,
  UPLOADS_WELL_MS,
  uploadCheck,
} from "../../src/application/uploadCheck.ts";
import { memorySmallObjects } from "../support/memorySmallObjects.ts";

const BUCKET = "lethe-objects";
const NOW = "2026-11-29T12:00:00.000Z";
const REPORT = "reports/2026-10/report.json";

type Behaviour = "refuses" | "ignores" | "copies" | "away" | "fails";

/** A bucket with an S3 endpoint in front of it, which thinks of that header what it is told to. */
const storeThat = (behaviour: Behaviour) => {
  const objects = memorySmallObjects();
  const urls: string[] = [];
  const s3 = {
    plain: 200,
    bucket: BUCKET,
    async fetch(url: string, init: RequestInit): Promise<Response> {
      // As R2, which takes one write to a key in a second: here no time passes in a trial.
      if (urls.includes(url)) return new Response("", { status: 429 });
      urls.push(url);
      if (behaviour === "away") throw new TypeError("no route to the store");
      const key = new URL(url).pathname.slice(1);
      const source = new Headers(init.headers).get("x-amz-copy-source");
      if (source === null && s3.plain !== 200) return new Response("", { status: s3.plain });
      if (source !== null && behaviour === "refuses") return new Response("", { status: 403 });
      if (source !== null && behaviour === "fails") return new Response("", { status: 503 });
      const from = source !== null && behaviour === "copies" ? source : null;
      const found = from === null ? null : await objects.read(from.slice(BUCKET.length + 2));
      await objects.put(key, found ?? new TextEncoder().encode(String(init.body ?? "")));
      return new Response("");
    },
  };
  return { objects, s3, urls };
};

const checked = async (behaviour: Behaviour) => {
  const store = storeThat(behaviour);
  await store.objects.put(REPORT, new Uint8Array(1));
  let at = Date.parse(NOW);
  let ids = 0;
  const lines: [LineLevel, LogFields | undefined][] = [];
  const ask = uploadCheck({
    objects: store.objects,
    presigner: { sign: async ({ key }) => `https://store.example/${key}` },
    bucket: () => store.s3.bucket,
    fetch: (url, init) => store.s3.fetch(url, init),
    now: () => new Date(at),
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    log: (level, _, fields) => lines.push([level, fields]),
  });
  const pass = (ms: number) => {
    at += ms;
  };
  const kept = async () => {
    const keys: string[] = [];
    for await (const key of store.objects.list("")) keys.push(key);
    return keys;
  };
  return { ...store, ask, pass, kept, lines };
};

describe("the check of upload URLs", () => {
  test.each(["refuses", "ignores"] as const)(
    "is content with a store that %s an added x-amz-copy-source",
    async (behaviour) => {
      const { ask, kept, urls } = await checked(behaviour);
      expect(await ask()).toBeNull();
      expect(urls).toHaveLength(2);
      expect(await kept()).toEqual([REPORT]);
    },
  );

  test("says so of a store that copies, and why that is no good", async () => {
    const { ask, kept } = await checked("copies");
    expect(await ask()).toMatch(/^the store copies any object .* can read those of all$/);
    expect(await kept()).toEqual([REPORT]);
  });

  test("does not take a store that fails for one that refuses", async () => {
    const { ask, kept } = await checked("fails");
    expect(await ask()).toContain("is answered 503: whether the store copies is not known");
    expect(await kept()).toEqual([REPORT]);
  });

  test("says when a plain upload is refused, or ends up elsewhere", async () => {
    const refused = await checked("refuses");
    refused.s3.plain = 403;
    expect(await refused.ask()).toBe("an upload by a signed URL is answered 403");
    const elsewhere = await checked("refuses");
    elsewhere.s3.fetch = async () => new Response("");
    expect(await elsewhere.ask()).toContain("is not in the bucket that is bound");
    expect(await elsewhere.kept()).toEqual([REPORT]);
  });

  test("fails where the store cannot be reached, and leaves nothing behind", async () => {
    const { ask, kept } = await checked("away");
    await expect(ask()).rejects.toThrow("no route to the store");
    expect(await kept()).toEqual([REPORT]);
  });

  test("says what it found though it cannot delete what it wrote, and does so later", async () => {
    const { ask, kept, objects, lines, pass } = await checked("copies");
    const { delete: remove } = objects;
    const error = new Error("no deletes today");
    Object.assign(objects, { delete: () => Promise.reject(error) });
    expect(await ask()).toMatch(/^the store copies any object/);
    expect(lines).toEqual([["warn", { error }]]);
    expect(await kept()).toHaveLength(4);
    Object.assign(objects, { delete: remove });
    pass(2 * UPLOADS_WELL_MS);
    await ask();
    expect(await kept()).toEqual([REPORT]);
    expect(lines).toHaveLength(1);
  });

  test("knows for an hour that all is well, and tries again after a minute when it is not", async () => {
    const well = await checked("refuses");
    await well.ask();
    well.pass(UPLOADS_WELL_MS - 1);
    expect(await well.ask()).toBeNull();
    expect(well.urls).toHaveLength(2);
    well.pass(1);
    await well.ask();
    expect(well.urls).toHaveLength(4);
    for (const [behaviour, sent] of [
      ["copies", 2],
      ["away", 1],
    ] as const) {
      const amiss = await checked(behaviour);
      const tries: number[] = [];
      for (const ms of [0, UPLOADS_AMISS_MS - 1, 1]) {
        amiss.pass(ms);
        await amiss.ask().catch(() => null);
        tries.push(amiss.urls.length / sent);
      }
      expect(tries).toEqual([1, 1, 2]);
    }
  });

  test("deletes what a trial that was cut short left an hour ago, and nothing that is under way", async () => {
    const { ask, kept, objects } = await checked("refuses");
    const old = "ready/20261129T105959999Z/id/other";
    const young = "ready/20261129T113000000Z/id/other";
    for (const key of [old, young]) await objects.put(key, new Uint8Array(1));
    await ask();
    expect(await kept()).toEqual([young, REPORT].sort());
  });
});
