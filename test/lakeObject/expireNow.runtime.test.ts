/** POST /batches/{id}/expire against real indexes and objects. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { eventually, type Lake, sendJson } from "../support/lakeClient.ts";
import { fetched, publishPeople, strictLake, urlOf } from "../support/sealedLake.ts";

const expire = (lake: Lake, id: string, headers: Record<string, string> = {}) =>
  lake.post(`/batches/${id}/expire`, { reason: "a wrong file" }, headers);

const requestFor = async (lake: Lake, subject_id: string) => {
  const asked = { subject_id, reason: "r", requested_by: "p" };
  return (await lake.done("/deletions", asked)).text("deletion", "deletion_id");
};

describe("a batch that is ended by hand", () => {
  test("is gone with every object and its upload, for whoever has a URL too", async () => {
    const lake = await strictLake("gdpr");
    for (const id of ["b1", "b2"]) await publishPeople(lake, id);
    const url = await urlOf(lake, "b1");
    const stale = await expire(lake, "b1", { "If-Match": '"1"' });
    expect([stale.status, stale.at("code")]).toEqual([412, "stale-version"]);
    const key = { "Idempotency-Key": "k" };
    const answer = await expire(lake, "b1", key);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.at("batch", "state")).toBe("expired");
    expect((await fetched(url)).code).toBe("object-gone");
    await eventually(async () => {
      expect((await lake.keys()).filter((each) => each.includes("/b1/"))).toEqual([]);
      expect(await env.OBJECTS.head(`lakes/${lake.id}/landing/b1.csv`)).toBeNull();
    });
    expect((await lake.keys()).some((each) => each.includes("/b2/"))).toBe(true);
    const again = await expire(lake, "b1", key);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect((await expire(lake, "b1")).at("events")).toEqual([]);
    expect((await lake.get("/batches/b1?version=8")).status).toBe(200);
    const unsaid = await sendJson("POST", `/lakes/${lake.id}/batches/b2/expire`, {});
    expect(unsaid.status).toBe(422);
  });

  test("is kept while the erasure of somebody who is in it is on hold", async () => {
    const lake = await strictLake("gdpr");
    await publishPeople(lake, "b1");
    const hold = { reason: "a claim", ground: "Art. 18(1)(a)" };
    const stranger = await requestFor(lake, "Nobody-Else");
    await lake.done(`/deletions/${stranger}/hold`, hold);
    const ada = await requestFor(lake, "Ada-Lovelace");
    await lake.done(`/deletions/${ada}/hold`, hold);
    const refused = await expire(lake, "b1");
    expect([refused.status, refused.at("code")]).toEqual([409, "batch-kept"]);
    expect(refused.text("detail")).toContain(ada);
    expect(refused.text("detail")).not.toContain(stranger);
    await lake.done(`/deletions/${ada}/release`, { reason: "settled" });
    expect((await expire(lake, "b1")).status).toBe(200);
  });
});
