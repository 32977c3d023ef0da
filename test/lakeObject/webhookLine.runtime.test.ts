/** Notifications that have to wait: for a free call, for their next try, for a key, for their end. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { eventually, newLake, sendJson } from "../support/lakeClient.ts";
import {
  deliveries,
  receiver,
  register,
  requestDeletion,
  settled,
  urlOfReceiver,
} from "../support/webhookReceiver.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a notification", () => {
  test("stands in line when there are many: six calls at once, each made once", async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let [at_once, most] = [0, 0];
    const received = receiver(async () => {
      at_once += 1;
      most = Math.max(most, at_once);
      await opened;
      at_once -= 1;
      return new Response(null, { status: 200 });
    });
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    for (let n = 0; n < 20; n += 1) await requestDeletion(lake, `subject-${n}`);
    await eventually(async () => expect(at_once).toBe(6));
    open();
    await eventually(async () =>
      expect(await deliveries(lake, id, "?status=delivered")).toHaveLength(20),
    );
    expect(most).toBe(6);
    expect(new Set(received.map(({ headers }) => headers.get("webhook-id"))).size).toBe(20);
    expect(received).toHaveLength(20);
    expect(await lake.sql("SELECT ref FROM schedule WHERE kind = 'webhook_delivery'")).toEqual([]);
  });

  test("that waits for its next try is sent at once when asked for", async () => {
    let up = false;
    const received = receiver(() => new Response(null, { status: up ? 200 : 503 }));
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    await requestDeletion(lake);
    await eventually(async () =>
      expect(await deliveries(lake, id)).toMatchObject([{ status: "pending", last_status: 503 }]),
    );
    await lake.sql("UPDATE schedule SET due_at = '2099-01-01' WHERE kind = 'webhook_delivery'");
    up = true;
    const [row] = await deliveries(lake, id);
    await lake.done(`/webhooks/${id}/deliveries/${row?.delivery_id}/resend`);
    await settled(lake, id, "delivered");
    expect(received).toHaveLength(2);
  });

  test("of a lake whose key does not open waits, uncounted, until it does", async () => {
    let up = false;
    const received = receiver(() => new Response(null, { status: up ? 200 : 503 }));
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    await requestDeletion(lake);
    await eventually(async () =>
      expect(await deliveries(lake, id)).toMatchObject([{ attempts: 1, last_status: 503 }]),
    );
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const row = () => lake.sql("SELECT status, attempts, last_error FROM webhook_deliveries");
    // As another root secret finds the lake's key.
    await lake.sql("CREATE TABLE kept AS SELECT * FROM keys");
    await lake.sql("UPDATE keys SET wrapped = 'AAAA'");
    await evictDurableObject(lake.stub);
    await lake.ringFor("webhook_delivery");
    await eventually(async () =>
      expect(said).toHaveBeenCalledWith(expect.stringContaining("is locked")),
    );
    const last_error = "answered 503";
    expect(await row()).toEqual([{ status: "pending", attempts: 1, last_error }]);
    await lake.sql("DELETE FROM keys");
    await lake.sql("INSERT INTO keys SELECT * FROM kept");
    up = true;
    await evictDurableObject(lake.stub);
    await lake.ringFor("webhook_delivery");
    await settled(lake, id, "delivered");
    expect(received).toHaveLength(2);
  });

  test("is forgotten after a while, also that of a webhook that is no more", async () => {
    receiver(() => new Response(null, { status: 200 }));
    const lake = await newLake("gdpr");
    const { id } = await register(lake);
    const gone = await register(lake, { url: `${urlOfReceiver()}/gone` });
    await requestDeletion(lake, "first");
    await settled(lake, id, "delivered");
    await settled(lake, gone.id, "delivered");
    await sendJson("DELETE", `/lakes/${lake.id}/webhooks/${gone.id}`);
    await lake.sql("UPDATE webhook_deliveries SET created_at = '2020-01-01T00:00:00.000Z'");
    const asked = await requestDeletion(lake, "second");
    await settled(lake, id, "delivered");
    expect(await deliveries(lake, gone.id)).toEqual([]);
    const [row] = await deliveries(lake, id);
    expect(row?.seq).toBe(asked.at("events", 0, "seq"));
  });
});
