/** Rights that were taken stay taken, whatever moment a lake's database is restored to. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { databaseOf, restore } from "../support/databaseCopy.ts";
import { eventually, type Lake, newLake, sendJson } from "../support/lakeClient.ts";

const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

const granted = (lake: Lake, subject: string, ...roles: readonly string[]) =>
  lake.done("/members", { subject, roles });

const taken = (lake: Lake, path: string) =>
  sendJson("DELETE", `/lakes/${lake.id}${path}`).then(({ status }) => expect(status).toBe(200));

/** Names of the records there are. */
const records = async (lake: Lake): Promise<readonly string[]> => {
  const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/revocations/` });
  return objects.map(({ key }) => key);
};

const kept = (lake: Lake, count: number): Promise<void> =>
  eventually(async () => {
    expect(await records(lake)).toHaveLength(count);
    expect(await lake.sql("SELECT ref FROM schedule WHERE kind = 'keep_revocation'")).toEqual([]);
  });

/** By subject, as the lake shows them now. */
const rights = async (lake: Lake): Promise<Readonly<Record<string, readonly string[]>>> => {
  const { items } = (await lake.get("/members")).body as {
    items: readonly { subject: string; roles: readonly string[] }[];
  };
  return Object.fromEntries(items.map(({ subject, roles }) => [subject, roles]));
};

/** What was owed at its start is done. */
const started = async (lake: Lake): Promise<void> => {
  await lake.get("/report");
  await eventually(async () => {
    const owed = await lake.sql("SELECT ref FROM schedule WHERE kind = 'reapply_erasures'");
    expect(owed).toEqual([]);
  });
};

/** A lake with members, a token and a webhook, and its database as it was then. */
const peopledLake = async () => {
  const lake = await newLake("gdpr");
  await granted(lake, "olga-1", "owner");
  await granted(lake, "ann-2", "engineer", "analyst");
  await granted(lake, "bob-3", "owner");
  await granted(lake, "carl-4", "auditor");
  const token = await lake.done("/tokens", {
    name: "loader",
    roles: ["engineer"],
    expires_at: TOMORROW,
  });
  const webhook = await lake.done("/webhooks", {
    url: "https://example.com/lethe",
    events: ["LakeRestored"],
  });
  return {
    lake,
    token_id: token.text("token", "token_id"),
    secret: token.text("secret"),
    webhook_id: webhook.text("webhook", "webhook_id"),
    before: await databaseOf(lake),
  };
};

describe("a lake whose database is restored to a moment before rights were taken", () => {
  it("takes them again: a member's, some of a member's, a token's, a webhook's", async () => {
    const { lake, token_id, secret, webhook_id, before } = await peopledLake();
    await taken(lake, "/members/ann-2");
    await granted(lake, "bob-3", "analyst");
    await granted(lake, "carl-4", "auditor", "analyst");
    await taken(lake, `/tokens/${token_id}`);
    await taken(lake, `/webhooks/${webhook_id}`);
    await kept(lake, 4);
    const names = (await records(lake)).join("\n");
    for (const name of ["ann-2", "bob-3", token_id]) expect(names).not.toContain(name);

    await restore(lake, before);
    await eventually(async () => {
      expect(await rights(lake)).toEqual({
        "olga-1": ["owner"],
        "bob-3": ["analyst"],
        // What was given in the lost time is to be given anew.
        "carl-4": ["auditor"],
      });
    });
    await started(lake);
    const headers = { Authorization: `Bearer ${secret}` };
    expect((await sendJson("GET", `/lakes/${lake.id}/batches`, undefined, headers)).status).toBe(
      401,
    );
    expect((await lake.get(`/webhooks/${webhook_id}`)).at("status")).toBe("removed");
    const done = (await lake.events()).filter(({ actor }) => actor === "lethe");
    expect(done.map(({ type, data }) => ({ type, data }))).toMatchObject([
      { type: "MemberRevoked", data: { subject: "ann-2" } },
      { type: "MemberGranted", data: { subject: "bob-3", roles: ["analyst"] } },
      { type: "TokenRevoked", data: { token_id } },
      { type: "WebhookRemoved", data: { webhook_id } },
    ]);
  });

  it("takes them once: what is given since stays given", async () => {
    const { lake, before } = await peopledLake();
    await taken(lake, "/members/ann-2");
    await kept(lake, 1);
    await restore(lake, before);
    await eventually(async () => expect(await rights(lake)).not.toHaveProperty("ann-2"));
    await granted(lake, "ann-2", "analyst");
    // That of the lost time, and that of the second taking.
    await kept(lake, 2);
    await started(lake);
    const seen = await lake.events();
    await evictDurableObject(lake.stub);
    await started(lake);
    const answer = await sendJson("POST", "/admin/reapply-erasures", { lake_id: lake.id });
    expect(answer.at("items", 0)).toMatchObject({ revoked_again: [], refused: [] });
    expect(await lake.events()).toEqual(seen);
    expect(await rights(lake)).toMatchObject({ "ann-2": ["analyst"] });
  });

  it("leaves no owner where the one who is back had been taken it, for an administrator to see to", async () => {
    const lake = await newLake("gdpr");
    await granted(lake, "olga-1", "owner");
    const before = await databaseOf(lake);
    await granted(lake, "bob-3", "owner");
    await taken(lake, "/members/olga-1");
    await kept(lake, 1);
    await restore(lake, before);
    await eventually(async () => expect(await rights(lake)).toEqual({}));
    await granted(lake, "bob-3", "owner");
    expect(await rights(lake)).toEqual({ "bob-3": ["owner"] });
  });

  it("says what it has revoked again when it is asked to", async () => {
    const { lake, token_id, before } = await peopledLake();
    await taken(lake, `/tokens/${token_id}`);
    await kept(lake, 1);
    const [name = ""] = await records(lake);
    const record = await (await env.OBJECTS.get(name))?.text();
    await env.OBJECTS.delete(name);
    await restore(lake, before);
    await started(lake);
    expect((await lake.get("/tokens")).at("items", 0, "status")).toBe("active");
    await env.OBJECTS.put(name, record ?? "");
    const answer = await sendJson("POST", "/admin/reapply-erasures", { lake_id: lake.id });
    expect(answer.at("items", 0)).toMatchObject({ revoked_again: [`token/${token_id}`] });
  });
});

describe("a record of a revocation that is not this lake's own", () => {
  it("takes nothing, and is told", async () => {
    const { lake } = await peopledLake();
    const { lake: other } = await peopledLake();
    await taken(other, "/members/ann-2");
    await kept(other, 1);
    const [theirs = ""] = await records(other);
    const text = (await (await env.OBJECTS.get(theirs))?.text()) ?? "";
    const name = theirs.slice(theirs.lastIndexOf("/") + 1);
    await env.OBJECTS.put(`lakes/${lake.id}/revocations/${name}`, text);
    await env.OBJECTS.put(`lakes/${lake.id}/revocations/x.json`, "{}");
    const seen = await lake.events();
    const answer = await sendJson("POST", "/admin/reapply-erasures", { lake_id: lake.id });
    expect(answer.at("items", 0)).toMatchObject({ revoked_again: [], refused: [name, "x.json"] });
    expect(await lake.events()).toEqual(seen);
    await evictDurableObject(lake.stub);
    await lake.get("/report");
    await eventually(async () => {
      const owed = await lake.sql(
        "SELECT last_error FROM schedule WHERE kind = 'reapply_erasures'",
      );
      expect(String(owed[0]?.last_error)).toContain("no record of this lake's");
    });
  });
});
