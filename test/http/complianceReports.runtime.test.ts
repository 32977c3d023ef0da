/** The monthly report and the record of processing over HTTP: who sees which lakes, in which form, and what a browser may do with it. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { lakeOf } from "../support/lakeClient.ts";
import { elementsIn, readMarkup, textOf } from "../support/markup.ts";
import { readRfc4180 } from "../support/rfc4180.ts";

const ADMIN = "platform-admin-1";
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

let callers: KnownCallers;
let lake: Awaited<ReturnType<typeof lakeWith>>;
const month = new Date().toISOString().slice(0, 7);

beforeAll(async () => {
  callers = await knownCallers([ADMIN]);
  lake = await lakeWith(callers, ["privacy_officer", "auditor", "engineer", "analyst"]);
  const owner = lake.as("owner");
  await owner("POST", "/datasets", {
    name: "people",
    schema: { id: "int", email: "string" },
    contains_pii: true,
    subject_column: "id",
  });
  const asked = { subject_id: "4711", reason: "asked to", requested_by: lake.name("owner") };
  expect((await owner("POST", "/deletions", asked)).status).toBe(201);
  await owner("POST", "/audit-access", {
    accessor_id: "=HYPERLINK(1)",
    dataset_id: "people",
    action: "read",
    purpose: "<b>billing</b>",
  });
  expect(await lakeOf(lake.id).stub.settle()).toBe(true);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const path = `/reports/monthly?month=${month}`;

describe("GET /reports/monthly", () => {
  test("counts for a person the lakes they watch", async () => {
    for (const role of ["owner", "privacy_officer", "auditor"] as const) {
      const answer = await callers.as(lake.name(role))({ path });
      expect([answer.status, answer.headers.get("Content-Type")]).toEqual([
        200,
        "application/json",
      ]);
      expect(answer.body).toMatchObject({
        month,
        lake_count: 1,
        lakes: [{ lake_id: lake.id, requested: 1 }],
        deletions: { requested: 1, completed: 0, overdue: 0, average_completion_seconds: null },
        access_by_dataset: [{ lake_id: lake.id, dataset_id: "people", count: 1 }],
        access_by_user: [{ accessor_id: "=HYPERLINK(1)", count: 1 }],
        access_by_purpose: [{ purpose: "<b>billing</b>", count: 1 }],
      });
    }
  });

  test("counts nothing for whoever watches none, and tells of no lake that is not theirs", async () => {
    for (const somebody of [lake.name("engineer"), lake.name("analyst"), "nobody-9"]) {
      for (const asked of [path, `${path}&lake_id=${lake.id}`, `${path}&lake_id=unheard-of`]) {
        const answer = await callers.as(somebody)({ path: asked });
        expect(answer.status).toBe(200);
        expect(answer.body).toMatchObject({ lake_count: 0, lakes: [], accesses: 0 });
      }
    }
    expect((await callers.nobody({ path })).status).toBe(401);
  });

  test("counts for an administrator all lakes, or one", async () => {
    const all = await callers.as(ADMIN)({ path });
    expect(all.at("lake_count")).toBeGreaterThanOrEqual(1);
    const one = await callers.as(ADMIN)({ path: `${path}&lake_id=${lake.id}` });
    expect(one.body).toMatchObject({ lake_count: 1, accesses: 1 });
  });

  test("is a CSV file of the same figures, in which nothing is a formula", async () => {
    for (const asked of [
      { path: `${path}&format=csv` },
      { path, headers: { Accept: "text/csv" } },
    ]) {
      const answer = await callers.as(lake.name("auditor"))(asked);
      expect(answer.headers.get("Content-Type")).toBe("text/csv; charset=utf-8; header=present");
      expect(answer.headers.get("Content-Disposition")).toBe(
        `attachment; filename="lethe-monthly-${month}.csv"`,
      );
      const lines = readRfc4180(String(answer.body));
      expect(lines).toContainEqual([
        month,
        "deletions",
        month,
        "",
        "",
        "requested",
        "1",
        "requests",
      ]);
      expect(lines.flat()).toContain("'=HYPERLINK(1)");
    }
  });

  test("is a page for a browser, whose policy lets nothing in but its own style", async () => {
    for (const asked of [{ path: `${path}&format=html` }, { path, headers: { Accept: BROWSER } }]) {
      const answer = await callers.as(lake.name("privacy_officer"))(asked);
      expect([answer.status, answer.headers.get("Content-Type")]).toEqual([
        200,
        "text/html; charset=utf-8",
      ]);
      const root = readMarkup(String(answer.body));
      expect(textOf(root)).toContain("Monthly compliance report");
      expect(elementsIn(root, "b").map(textOf)).not.toContain("billing");
      const [style] = elementsIn(root, "style");
      const bytes = new TextEncoder().encode(style && textOf(style));
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const hash = btoa(String.fromCharCode(...digest));
      expect(answer.headers.get("Content-Security-Policy")).toBe(
        `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      );
      expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
    }
  });

  test("refuses another form, and what is no month", async () => {
    const admin = callers.as(ADMIN);
    expect((await admin({ path: `${path}&format=pdf` })).status).toBe(422);
    expect((await admin({ path: "/reports/monthly?month=2026-13" })).status).toBe(422);
    const headers = { Accept: "x".repeat(1_001) };
    expect((await admin({ path, headers })).status).toBe(422);
  });
});

describe("GET /reports/processing-record", () => {
  const record = "/reports/processing-record";

  test("has the datasets of the lakes that somebody watches, and no others", async () => {
    const answer = await callers.as(lake.name("auditor"))({ path: record });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      items: [
        {
          lake_id: lake.id,
          dataset_id: "people",
          contains_pii: true,
          subject_column: "id",
          privacy_officers: [lake.name("privacy_officer")],
          recipients: [{ accessor_id: "=HYPERLINK(1)" }],
          art_30_1: [..."abcdefg"].map((letter) => ({ letter })),
        },
      ],
      next_cursor: null,
    });
    const foreign = await callers.as("nobody-9")({ path: `${record}?lake_id=${lake.id}` });
    expect(foreign.at("items")).toEqual([]);
    expect((await callers.nobody({ path: record })).status).toBe(401);
    const one = await callers.as(ADMIN)({ path: `${record}?lake_id=${lake.id}` });
    expect(one.at("items", 0, "dataset_id")).toBe("people");
  });

  test("names the controller whom the setting names", async () => {
    const named = await knownCallers([ADMIN], {
      CONTROLLERS: JSON.stringify([{ controller: "North AG, Hafenstr. 1, Hamburg" }]),
    });
    const answer = await named.as(ADMIN)({ path: `${record}?lake_id=${lake.id}` });
    expect(answer.at("items", 0, "art_30_1", 0, "recorded", 0)).toBe(
      "Controller: North AG, Hafenstr. 1, Hamburg",
    );
    const printed = await named.as(ADMIN)({
      path: `${record}?lake_id=${lake.id}`,
      headers: { Accept: BROWSER },
    });
    expect(textOf(readMarkup(String(printed.body)))).toContain("North AG, Hafenstr. 1, Hamburg");
  });

  test("is a CSV file and a page to print", async () => {
    const auditor = callers.as(lake.name("auditor"));
    const csv = await auditor({ path: `${record}?format=csv` });
    expect(csv.headers.get("Content-Disposition")).toMatch(/^attachment; filename="lethe-/);
    expect(readRfc4180(String(csv.body))).toHaveLength(2);
    const page = await auditor({ path: record, headers: { Accept: BROWSER } });
    const root = readMarkup(String(page.body));
    expect(textOf(root)).toContain("Record of processing activities");
    expect(page.headers.get("Content-Security-Policy")).toMatch(/style-src 'sha256-/);
  });

  test("has a limit as every list has", async () => {
    const all = await callers.as(ADMIN)({ path: `${record}?limit=1000&lake_id=${lake.id}` });
    expect([all.status, all.at("items", 0, "dataset_id")]).toEqual([200, "people"]);
  });

  test("refuses what is no page of it", async () => {
    const admin = callers.as(ADMIN);
    for (const query of ["limit=0", "limit=1001", "cursor=nonsense", "month=2026-11"]) {
      const { status } = await admin({ path: `${record}?${query}` });
      expect([query, status]).toEqual([query, 422]);
    }
  });
});
