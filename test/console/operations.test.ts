import { describe, expect, it } from "vitest";
import { afterDays } from "../../src/console/client/format.ts";
import { NOTIFIED, namesIn } from "../../src/console/client/notified.ts";
import { askReadiness, parkedRows } from "../../src/console/client/readiness.ts";
import { ROLES, rolesText } from "../../src/console/client/roleNames.ts";
import { type Delivery, outcomeOf, urlText } from "../../src/console/client/webhooks.ts";
import { ROLES as KNOWN } from "../../src/domain/member/roles.ts";
import { NOTIFIED as KNOWN_EVENTS } from "../../src/domain/webhook/notifications.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");

it("every role of a lake can be chosen, and no other", () => {
  expect(ROLES.map(({ value }) => value)).toEqual(KNOWN);
  expect(rolesText(["owner", "privacy_officer"])).toBe("owner, privacy officer");
});

it("a token's life ends whole days after it was asked for", () => {
  expect(afterDays(NOW, 30)).toBe("2026-12-29T12:00:00.000Z");
});

it("a webhook can be told about every event that may leave, once each, and about no other", () => {
  const offered = NOTIFIED.flatMap(({ of }) => of.map(({ value }) => value));
  expect([...offered].sort()).toEqual([...KNOWN_EVENTS].sort());
  expect(NOTIFIED[0]?.of[0]?.label).toBe("Deletion requested");
  expect(namesIn(" orders, customers\n")).toEqual(["orders", "customers"]);
  expect(namesIn("  ")).toEqual([]);
});

it("a webhook's address is shown where it can be read, and a part of its id where not", () => {
  const webhook_id = "71a7a407-df9a";
  expect(urlText({ url: "https://a.example", webhook_id })).toBe("https://a.example");
  expect(urlText({ url: { sealed: true }, webhook_id })).toBe("sealed (71a7a407)");
});

it("a notification says how its last attempt went", () => {
  const delivery: Delivery = {
    delivery_id: "d",
    seq: 3,
    type: "DataPublished",
    status: "pending",
    attempts: 0,
    last_status: null,
    last_error: null,
    attempted_at: null,
  };
  expect([
    outcomeOf(delivery),
    outcomeOf({ ...delivery, attempts: 1, last_status: 204 }),
    outcomeOf({ ...delivery, attempts: 1, last_status: 500, last_error: "failed" }),
    outcomeOf({ ...delivery, attempts: 1, last_error: "no connection" }),
  ]).toEqual(["not tried yet", "HTTP 204", "HTTP 500: failed", "no connection"]);
});

describe("what whoever runs Lethe is shown", () => {
  const { signal } = new AbortController();
  const answering = (body: unknown, status: number) => ({
    open: async () => Response.json(body, { status }),
  });

  it("is every check, of a Lethe that is not ready too", async () => {
    const check = { name: "reports eu", ok: false, ms: 3, detail: "no such table" };
    const body = { status: "not_ready", checked_at: "2026-11-29T12:00:00.000Z", checks: [check] };
    expect(await askReadiness(answering(body, 503), signal)).toMatchObject({ ok: true, body });
  });

  it("is why they are refused, and what no Lethe has answered", async () => {
    const problem = { code: "forbidden", title: "Forbidden", detail: "Administrators only." };
    const refused = await askReadiness(answering(problem, 403), signal);
    expect(refused).toMatchObject({ ok: false, problem });
    const other = await askReadiness(answering({ error: "gateway" }, 503), signal);
    expect(other.ok).toBe(false);
    const gone = await askReadiness({ open: () => Promise.reject(new Error("gone")) }, signal);
    expect(gone).toMatchObject({ problem: { code: "no-answer" } });
  });

  it("is all that a lake has parked, duties and notifications", () => {
    const duty = { kind: "sweep", due_at: "2026-11-29T12:00:00Z", attempts: 10, last_error: "x" };
    const rows = parkedRows({
      lake_id: "north",
      duties: [duty, duty],
      deliveries: [{ webhook_id: "w", delivery_id: "d", last_error: null }],
    });
    expect(new Set(rows.map(({ key }) => key)).size).toBe(3);
    expect(rows.map(({ what, webhook_id }) => [what, webhook_id])).toEqual([
      ["sweep", null],
      ["sweep", null],
      ["webhook_delivery", "w"],
    ]);
  });
});
