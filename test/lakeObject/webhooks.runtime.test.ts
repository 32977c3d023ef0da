/** Notifications as receivers see them, and what becomes of those that do not arrive. */

import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MAX_DELIVERY_ATTEMPTS } from "../../src/application/webhooks.ts";
import { owed } from "../../src/eventlog/owed.ts";
import { eventually, newLake, sendJson } from "../support/lakeClient.ts";
import {
  deliveries,
  EVENTS,
  isAuthentic,
  receiver,
  register,
  requestDeletion,
  SUBJECT,
  settled,
  urlOfReceiver,
} from "../support/webhookReceiver.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a notification", () => {
  test("arrives signed, with pseudonyms only, and is on record as delivered", async () => {
    const received = receiver(() => new Response("thanks", { status: 202 }));
    const lake = await newLake("gdpr");
    const { id, secret } = await register(lake);
    const asked = await requestDeletion(lake);
    await settled(lake, id, "delivered");
    expect(received).toHaveLength(1);
    const [call] = received;
    if (call === undefined) throw new Error("nothing was received");
    expect(isAuthentic(call, secret)).toBe(true);
    expect(isAuthentic({ ...call, body: `${call.body} ` }, secret)).toBe(false);
    expect(call).toMatchObject({ url: urlOfReceiver(), redirect: "manual" });
    expect(call.headers.get("Content-Type")).toBe("application/json");
    const event = (await lake.events()).find(({ type }) => type === "GDPRDeletionRequested");
    expect(call.headers.get("webhook-id")).toBe(event?.event_id);
    expect(JSON.parse(call.body)).toEqual({
      type: "GDPRDeletionRequested",
      timestamp: event?.recorded_at,
      data: {
        lake_id: lake.id,
        subject: `deletion/${asked.text("deletion", "deletion_id")}`,
        sequence: event?.seq,
        subject_ref: asked.text("deletion", "subject_ref"),
        received_at: asked.text("deletion", "received_at"),
        deadline: asked.text("deletion", "deadline"),
        statutory_deadline: asked.text("deletion", "statutory_deadline"),
      },
    });
    for (const clear of [SUBJECT, "Ann", "petra"]) expect(call.body).not.toContain(clear);
    expect(await deliveries(lake, id)).toMatchObject([
      { delivery_id: event?.event_id, status: "delivered", attempts: 1, last_status: 202 },
    ]);
    expect(await lake.sql("SELECT ref FROM schedule WHERE kind = 'webhook_delivery'")).toEqual([]);
  });

  test("takes the public way, also to a host of the operator's own zone", () => {
    expect(Cloudflare.compatibilityFlags).toMatchObject({ global_fetch_strictly_public: true });
  });

  test("goes to those that asked for its type, and to none that was removed", async () => {
    const received = receiver(() => new Response(null, { status: 204 }));
    const lake = await newLake("gdpr");
    const all = await register(lake, { url: `${urlOfReceiver()}/all` });
    const other = await register(lake, {
      url: `${urlOfReceiver()}/other`,
      events: ["BatchQuarantined"],
    });
    const gone = await register(lake, { url: `${urlOfReceiver()}/gone` });
    const removed = await sendJson("DELETE", `/lakes/${lake.id}/webhooks/${gone.id}`);
    expect(removed.status).toBe(200);
    await requestDeletion(lake);
    await settled(lake, all.id, "delivered");
    expect(received.map(({ url }) => url)).toEqual([`${urlOfReceiver()}/all`]);
    expect(await deliveries(lake, other.id)).toEqual([]);
    expect(await deliveries(lake, gone.id)).toEqual([]);
    const listed = (await lake.get("/webhooks")).at("items") as { webhook_id: string }[];
    expect(listed.map(({ webhook_id }) => webhook_id)).toEqual([all.id, other.id]);
  });

  test("that fails is tried again under the same id, later each time, then parked and sent again", async () => {
    let up = false;
    const received = receiver(() => new Response("no", { status: up ? 200 : 500 }));
    const lake = await newLake("gdpr");
    const { id, secret } = await register(lake);
    await requestDeletion(lake);
    const delays: number[] = [];
    for (let attempt = 1; attempt <= MAX_DELIVERY_ATTEMPTS; attempt += 1) {
      if (attempt > 1) await lake.ringFor("webhook_delivery");
      await eventually(async () => {
        const [row] = await deliveries(lake, id);
        expect(row).toMatchObject({ attempts: attempt, last_error: "answered 500" });
      });
      const [duty] = await lake.sql("SELECT due_at FROM schedule WHERE kind = 'webhook_delivery'");
      if (duty) delays.push(Date.parse(String(duty.due_at)) - Date.now());
    }
    expect(delays).toHaveLength(MAX_DELIVERY_ATTEMPTS - 1);
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays.at(-1)).toBeGreaterThan(23 * 3_600_000);
    await settled(lake, id, "parked");
    expect(await deliveries(lake, id, "?status=parked")).toHaveLength(1);
    expect(await lake.inside((_, { storage }) => owed(storage.sql).webhooks_parked)).toBe(1);
    expect(await deliveries(lake, id, "?status=delivered")).toEqual([]);
    expect(new Set(received.map(({ headers }) => headers.get("webhook-id"))).size).toBe(1);
    expect(received.every((call) => isAuthentic(call, secret))).toBe(true);
    up = true;
    const [row] = await deliveries(lake, id);
    const resend = `/webhooks/${id}/deliveries/${row?.delivery_id}/resend`;
    const once = { "Idempotency-Key": "once" };
    const again = await lake.post(resend, undefined, once);
    expect(again.body).toMatchObject({ status: "pending", attempts: 0 });
    await settled(lake, id, "delivered");
    // Under the same key it is not sent a third time: the answer is the one that was given.
    const calls = received.length;
    const replayed = await lake.post(resend, undefined, once);
    expect([replayed.body, replayed.headers.get("Idempotency-Replayed")]).toEqual([
      again.body,
      "true",
    ]);
    await settled(lake, id, "delivered");
    expect(received).toHaveLength(calls);
    const nowhere = await lake.post(`/webhooks/${id}/deliveries/nothing/resend`);
    expect(nowhere.status).toBe(404);
  });

  test("is owed no more once the webhook is removed, and stays to be seen", async () => {
    receiver(() => new Response("no", { status: 500 }));
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    await requestDeletion(lake);
    await eventually(async () =>
      expect(await deliveries(lake, id)).toMatchObject([{ attempts: 1 }]),
    );
    await sendJson("DELETE", `/lakes/${lake.id}/webhooks/${id}`);
    await lake.ringFor("webhook_delivery");
    await settled(lake, id, "parked");
    expect(await lake.inside((_, { storage }) => owed(storage.sql))).toMatchObject({
      webhooks_parked: 0,
      webhooks_pending: 0,
    });
  });

  test("holds up neither a command nor a deadline while a receiver is slow", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    receiver(async () => {
      await held;
      return new Response(null, { status: 200 });
    });
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    await requestDeletion(lake);
    await eventually(async () =>
      expect(await deliveries(lake, id)).toMatchObject([{ status: "pending", attempts: 1 }]),
    );
    await lake.done("/deletions", {
      subject_id: "late",
      reason: "r",
      requested_by: "p",
      received_at: "2026-01-02T12:00:00Z",
    });
    await eventually(async () =>
      expect((await lake.events()).map(({ type }) => type)).toContain("GDPRDeletionOverdue"),
    );
    release();
    await eventually(async () =>
      expect(await deliveries(lake, id, "?status=delivered")).toHaveLength(2),
    );
  });

  test("whose attempt died with its machine is made again", async () => {
    const received = receiver(() => new Response(null, { status: 200 }));
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    await requestDeletion(lake);
    await settled(lake, id, "delivered");
    // As a crash in the middle leaves it: counted, leased, and no answer on record.
    await lake.sql("UPDATE webhook_deliveries SET status = 'pending', last_status = NULL");
    await lake.sql(
      `INSERT INTO schedule (kind, ref, due_at, payload)
       SELECT 'webhook_delivery', webhook_id || '/' || delivery_id, '2030-01-01', '{}'
       FROM webhook_deliveries`,
    );
    await evictDurableObject(lake.stub);
    await lake.ringFor("webhook_delivery");
    await settled(lake, id, "delivered");
    expect(received).toHaveLength(2);
    expect(await deliveries(lake, id)).toMatchObject([{ attempts: 2 }]);
  });

  test.each([
    [
      "a redirect",
      () => new Response(null, { status: 302, headers: { Location: "/x" } }),
      "pending",
    ],
    ["410 Gone", () => new Response(null, { status: 410 }), "parked"],
  ])("that is answered with %s has not arrived", async (_, answer, status) => {
    const received = receiver(answer);
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    await requestDeletion(lake);
    await eventually(async () =>
      expect(await deliveries(lake, id)).toMatchObject([
        { status, attempts: 1, last_error: expect.stringContaining("answered") },
      ]),
    );
    expect(received).toHaveLength(1);
  });

  test("that cannot be delivered at all says so in Lethe's own words", async () => {
    receiver(() => {
      throw new TypeError(`connection to ${SUBJECT} refused`);
    });
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    await requestDeletion(lake);
    await eventually(async () =>
      expect(await deliveries(lake, id)).toMatchObject([{ last_error: "could not be reached" }]),
    );
    expect(await lake.dump()).not.toContain(SUBJECT);
  });
});

describe("a webhook", () => {
  test("shows its secret once, keeps it nowhere in clear, and takes one's own", async () => {
    const lake = await newLake("gdpr");
    const { id, secret, answer } = await register(lake);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(answer.status).toBe(201);
    const own = `whsec_${btoa("x".repeat(32))}`;
    const body = { url: urlOfReceiver(), events: EVENTS, secret: own };
    const key = { "Idempotency-Key": "k1" };
    const first = await lake.post("/webhooks", body, key);
    expect(first.at("secret")).toBe(own);
    const again = await lake.post("/webhooks", body, key);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(again.at("webhook")).toEqual(first.at("webhook"));
    expect(again.at("secret")).toBeUndefined();
    expect(JSON.stringify((await lake.get(`/webhooks/${id}`)).body)).not.toContain("secret");
    const stored = await lake.dump();
    for (const clear of [secret, own, secret.slice(6), own.slice(6)]) {
      expect(stored).not.toContain(clear);
    }
    expect(JSON.stringify((await lake.get("/events")).body)).not.toContain(secret.slice(6));
  });

  test("shows where it is to whoever may ask, and keeps that nowhere in clear", async () => {
    const received = receiver(() => new Response(null, { status: 204 }));
    const lake = await newLake("gdpr");
    const url = `${urlOfReceiver()}/services/T0/pass-word?key=s3cr3t`;
    const key = { "Idempotency-Key": "k1" };
    const body = { url, events: EVENTS };
    const first = await lake.post("/webhooks", body, key);
    expect(first.at("webhook", "url")).toBe(url);
    expect((await lake.post("/webhooks", body, key)).at("webhook", "url")).toBe(url);
    const id = first.text("webhook", "webhook_id");
    expect((await lake.get(`/webhooks/${id}`)).at("url")).toBe(url);
    expect((await lake.get("/webhooks")).at("items", 0, "url")).toBe(url);
    await requestDeletion(lake);
    await settled(lake, id, "delivered");
    expect(received.map((call) => call.url)).toEqual([url]);
    expect(await lake.dump()).not.toMatch(/pass-word|s3cr3t/);
    expect(JSON.stringify((await lake.get("/events")).body)).not.toMatch(/pass-word|s3cr3t/);
    const removed = await sendJson("DELETE", `/lakes/${lake.id}/webhooks/${id}`);
    expect(removed.at("webhook", "url")).toBe(url);
  });

  test.each([
    [{ url: "http://example.com" }, "url"],
    [{ url: "https://10.0.0.1/x" }, "url"],
    [{ url: "https://user:pass@example.com" }, "url"],
    [{ events: [] }, "events"],
    [{ events: ["AccessAudited"] }, "events.0"],
    [{ secret: "short" }, "secret"],
  ])("with %j is refused", async (more, path) => {
    const lake = await newLake("gdpr");
    const answer = await lake.post("/webhooks", { url: urlOfReceiver(), events: EVENTS, ...more });
    expect(answer.status).toBe(422);
    expect(answer.at("errors", 0, "path")).toBe(path);
    expect((await lake.get("/webhooks")).at("items")).toEqual([]);
  });

  test("that nobody registered is not found", async () => {
    const lake = await newLake("gdpr");
    expect((await lake.get("/webhooks/nobody")).status).toBe(404);
    expect((await lake.get("/webhooks/nobody/deliveries")).status).toBe(404);
    const removed = await sendJson("DELETE", `/lakes/${lake.id}/webhooks/nobody`);
    expect(removed.status).toBe(404);
  });
});
