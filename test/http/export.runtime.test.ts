/** The whole log as NDJSON: its lines are the leaves of the tree that the checkpoint signs. */
import { describe, expect, test } from "vitest";
import type { LakeProver } from "../../src/application/logGateway.ts";
import { reject } from "../../src/domain/rejection.ts";
import { logTree } from "../../src/eventlog/logTree.ts";
import { exportLog } from "../../src/http/exportLog.ts";
import { fill, hashed, linesOf, rootOf } from "../support/exports.ts";
import { newLake, send } from "../support/lakeClient.ts";

describe("an export", () => {
  test("of 2,500 events is the leaves whose root the checkpoint signs, line by line", async () => {
    const lake = await newLake();
    await fill(lake, 2_500);
    const answer = await lake.get("/events?format=ndjson");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/x-ndjson");
    expect(answer.headers.get("Lethe-Tree-Size")).toBe("2500");
    const lines = linesOf(answer);
    expect(lines).toHaveLength(2_500);
    expect(hashed(lines)).toBe((await rootOf(lake)).root);
    const leaves = await lake.inside((_, { storage }) => [
      ...logTree(storage.sql).leaves(0, 2_500),
    ]);
    expect(lines).toEqual(leaves.map(({ leaf }) => leaf));
  });

  test("begins behind after, is empty at the head, and refuses what lies beyond", async () => {
    const lake = await newLake();
    await fill(lake, 30);
    const whole = linesOf(await lake.get("/events?format=ndjson"));
    expect(linesOf(await lake.get("/events?format=ndjson&after=12"))).toEqual(whole.slice(12));
    const none = await lake.get("/events?format=ndjson&after=30");
    expect([none.status, none.body]).toEqual([200, ""]);
    const beyond = await lake.get("/events?format=ndjson&after=31");
    expect([beyond.status, beyond.at("errors", 0, "path")]).toEqual([422, "after"]);
  });

  test.each(["type=DatasetIngested", "stream=lake", "actor=local", "limit=10", "cursor=YQ"])(
    "is the whole log: %s beside it is refused",
    async (filter) => {
      const lake = await newLake();
      const answer = await lake.get(`/events?format=ndjson&${filter}`);
      expect([answer.status, answer.at("code")]).toEqual([422, "export-is-whole"]);
      expect(answer.at("errors", 0, "path")).toBe(filter.split("=")[0]);
    },
  );

  test("leaves the page of CloudEvents as it was", async () => {
    const lake = await newLake();
    await fill(lake, 120);
    const answer = await lake.get("/events?format=json");
    expect(answer.at("items")).toHaveLength(100);
    expect(answer.body).toEqual((await lake.get("/events")).body);
    expect((await lake.get("/events?format=xml")).status).toBe(422);
  });

  test("of a lake that is not there is a 404, not an empty file", async () => {
    expect((await send("/lakes/nobody-exports/events?format=ndjson")).status).toBe(404);
  });

  test("ends at the size of its beginning, and fetches a page only when it is read on", async () => {
    const lake = await newLake();
    await fill(lake, 1_500);
    const { pages, stream } = await watched(lake);
    expect(pages).toEqual([[0, 1_000]]);
    const reader = stream.getReader();
    await reader.read();
    expect(pages).toHaveLength(1);
    await fill(lake, 1_600);
    const second = await reader.read();
    expect(pages).toEqual([
      [0, 1_000],
      [1_000, 1_500],
    ]);
    expect(linesOf({ body: new TextDecoder().decode(second.value) })).toHaveLength(500);
    expect((await reader.read()).done).toBe(true);
  });

  test("breaks off, rather than looking whole, when a page cannot be had", async () => {
    const lake = await newLake();
    await fill(lake, 1_500);
    const { stream } = await watched(lake, 1);
    const reader = stream.getReader();
    await reader.read();
    await expect(
      (async () => {
        await reader.read();
      })(),
    ).rejects.toThrow("stops behind 1000");
  });
});

/** An export whose pages are noted; from page `broken` on there are none. */
const watched = async (lake: Awaited<ReturnType<typeof newLake>>, broken = Infinity) => {
  const pages: [number, number][] = [];
  const exported = await exportLog(
    {
      prove: async (call, question) => {
        if (question.kind !== "leaves") throw new Error("only leaves are asked for");
        if (pages.length >= broken) return reject("unavailable", "away", "The lake is away.");
        pages.push([question.from, question.to]);
        return (lake.gateway as unknown as LakeProver).prove(call, question);
      },
    },
    lake.call(),
    0,
  );
  if (!exported.ok) throw new Error(exported.error.detail);
  return { pages, stream: exported.value.lines };
};
