/** What the clock does across lakes, by the clock and by hand, against real R2 and D1. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { SWEEP_KEY } from "../../src/application/dailySweep.ts";
import { setLogLevel } from "../../src/application/logging.ts";
import { HOURLY_CRON, MONTHLY_CRON } from "../../src/application/upkeep.ts";
import type { Env } from "../../src/env.ts";
import { onCron } from "../../src/upkeep.ts";
import { emptyReports } from "../support/emptyReports.ts";
import { newLake, send, sendJson, worker } from "../support/lakeClient.ts";
import { receiver, urlOfReceiver } from "../support/webhookReceiver.ts";

const SECRET = `whsec_${btoa("k".repeat(32))}`;
const cron = (which: string, time: string, bindings: Partial<Env> = {}) =>
  onCron(createScheduledController({ cron: which, scheduledTime: new Date(time) }), {
    ...(env as Env),
    ...bindings,
  });

const clear = async () => {
  for (const prefix of ["reports/", "upkeep/"]) {
    const { objects } = await env.OBJECTS.list({ prefix });
    await env.OBJECTS.delete(objects.map(({ key }) => key));
  }
};

const keys = async () => (await env.OBJECTS.list({ prefix: "reports/" })).objects.map((o) => o.key);

let logged: string[];
const of = (message: string) =>
  logged
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.message === message);

// Other files leave lakes in the reports that are nowhere else, and cannot answer.
beforeAll(() => emptyReports(env.REPORTS));
beforeEach(async () => {
  await clear();
  logged = [];
  const note = (line: unknown) => {
    if (String(line).startsWith('{"level"')) logged.push(String(line));
  };
  vi.spyOn(console, "info").mockImplementation(note);
  vi.spyOn(console, "error").mockImplementation(note);
  setLogLevel("info");
});
afterEach(async () => {
  vi.restoreAllMocks();
  setLogLevel(env.LOG_LEVEL);
  await clear();
});

describe("the first of the month", () => {
  test("keeps last month's report and announces it with a signed call, once for two runs", async () => {
    const calls = receiver(() => new Response(null, { status: 204 }));
    const announced = { REPORT_WEBHOOK_URL: urlOfReceiver(), REPORT_WEBHOOK_SECRET: SECRET };
    await cron(MONTHLY_CRON, "2026-01-01T03:10:00Z", announced);
    const written = await env.OBJECTS.get("reports/2025-12/report.json");
    expect(await written?.json()).toMatchObject({ month: "2025-12", deletions: { requested: 0 } });
    await cron(MONTHLY_CRON, "2026-01-01T03:10:00Z", announced);
    expect((await env.OBJECTS.head("reports/2025-12/report.json"))?.etag).toBe(written?.etag);
    expect(calls).toHaveLength(1);
    expect(JSON.parse(calls[0]?.body ?? "")).toMatchObject({
      type: "MonthlyReportArchived",
      data: {
        month: "2025-12",
        jurisdiction: null,
        documents: [{ name: "report.json" }, { name: "report.csv" }, { name: "report.html" }],
      },
    });
    expect(calls[0]?.headers.get("webhook-signature")).toMatch(/^v1,/);
    expect(of("a monthly report is archived")).toHaveLength(1);
  });

  test("fails in sight when R2 does, or the receiver is set by halves, and is made up for in an hour", async () => {
    const down = new Proxy(env.OBJECTS, {
      get: () => async () => {
        throw new Error("R2 is down");
      },
    });
    await expect(cron(MONTHLY_CRON, "2026-12-01T03:10:00Z", { OBJECTS: down })).rejects.toThrow(
      "report of 2026-11: Error: R2 is down",
    );
    expect(of("a monthly report is not archived")).toMatchObject([{ month: "2026-11" }]);
    await expect(
      cron(MONTHLY_CRON, "2026-12-01T03:10:00Z", { REPORT_WEBHOOK_URL: "https://a.example/" }),
    ).rejects.toThrow("REPORT_WEBHOOK_SECRET is not set");
    expect(of("a monthly report is archived")).toEqual([]);
    await cron(HOURLY_CRON, "2026-12-01T03:40:00Z");
    expect(of("a monthly report is archived")).toMatchObject([{ month: "2026-11" }]);
  });

  test("keeps what is about lakes in a jurisdiction there alone, where there are any", async () => {
    const [eu, us] = ["eu", "us"].map((name) => {
      const put: string[] = [];
      const bucket = new Proxy(env.OBJECTS, {
        get(target, member) {
          const value: unknown = Reflect.get(target, member);
          if (typeof value !== "function") return value;
          return (key: string, ...more: unknown[]) => {
            const named =
              typeof key === "string" ? key.replace("reports/", `reports/${name}-`) : key;
            if (member === "put") put.push(named);
            return value.call(target, named, ...more);
          };
        },
      });
      return { put, bucket };
    });
    await newLake().then((lake) => lake.stub.settle());
    const empty = {
      prepare: () => ({ bind: () => ({ all: async () => ({ results: [] }) }) }),
    } as unknown as D1Database;
    await cron(MONTHLY_CRON, "2026-12-01T03:10:00Z", {
      R2_ACCOUNT_ID: "account",
      OBJECTS_EU: eu?.bucket,
      REPORTS_EU: env.REPORTS,
      OBJECTS_BUCKET_EU: "eu",
      OBJECTS_US: us?.bucket,
      REPORTS_US: empty,
      OBJECTS_BUCKET_US: "us",
    } as Partial<Env>);
    expect(eu?.put[0]).toBe("reports/eu-2026-11/report.json");
    expect(us?.put).toEqual([]);
    expect(of("a monthly report is archived").map(({ jurisdiction }) => jurisdiction)).toEqual([
      undefined,
      "eu",
    ]);
  });

  test("waits three days for a lake that is being told anew, and says then what it lacks", async () => {
    const lake = await newLake();
    await lake.stub.settle();
    const lacking = "UPDATE relay SET rebuilding_to = 99 WHERE lake_id = ?";
    await env.REPORTS.prepare(lacking).bind(lake.id).run();
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-03T23:59:00Z") });
    await expect(cron(MONTHLY_CRON, "2026-12-01T03:10:00Z")).rejects.toThrow(
      "1 of the lakes are being told anew to the reports: it waits for them, until 2026-12-04T00:00:00.000Z",
    );
    expect(await keys()).toEqual([]);
    vi.setSystemTime(new Date("2026-12-04T00:00:00Z"));
    await cron(HOURLY_CRON, "2026-12-04T00:40:00Z");
    vi.useRealTimers();
    const kept = await env.OBJECTS.get("reports/2026-11/report.json");
    expect(await kept?.json()).toMatchObject({ rebuilding: { lakes: 1, lake_ids: [lake.id] } });
  });

  test("throws for a time nobody has set", async () => {
    await expect(cron("* * * * *", "2026-12-01T03:10:00Z")).rejects.toThrow("nothing is due by");
  });
});

describe("the daily sweep", () => {
  test("finds a lost alarm among all lakes, sets it and says so, once a day", async () => {
    const lake = await newLake();
    await lake.stub.settle();
    await lake.inside((_, { storage }) => storage.deleteAlarm());
    await cron(HOURLY_CRON, "2026-11-29T00:40:00Z");
    expect(
      of("a sweep repaired an alarm").filter(({ lake_id }) => lake_id === lake.id),
    ).toMatchObject([{ level: "error", alarm: "lost", due_at: expect.any(String) }]);
    expect(await lake.inside((_, { storage }) => storage.getAlarm())).not.toBeNull();
    expect(of("alarms are swept")).toMatchObject([{ day: "2026-11-29" }]);
    const record = await env.OBJECTS.get(SWEEP_KEY);
    expect(await record?.json()).toMatchObject({ day: "2026-11-29", done: true, cursor: null });
    await cron(HOURLY_CRON, "2026-11-29T01:40:00Z");
    expect(of("alarms are swept")).toHaveLength(1);
  });
});

describe("by hand", () => {
  test("a month's report is kept once, listed and read", async () => {
    const first = await sendJson("POST", "/admin/monthly-report", { month: "2026-01" });
    expect([first.status, first.body]).toMatchObject([
      200,
      { month: "2026-01", reports: [{ jurisdiction: null, announced_now: true }], failed: [] },
    ]);
    const second = await sendJson("POST", "/admin/monthly-report", { month: "2026-01" });
    expect(second.at("reports", 0, "announced_now")).toBe(false);
    await sendJson("POST", "/admin/monthly-report", { month: "2026-02" });
    const listed = await send("/reports/monthly/archive");
    expect(listed.at("items")).toEqual([
      {
        month: "2026-02",
        jurisdiction: null,
        revision: 1,
        documents: ["report.csv", "report.html", "report.json"],
      },
      {
        month: "2026-01",
        jurisdiction: null,
        revision: 1,
        documents: ["report.csv", "report.html", "report.json"],
      },
    ]);
    const read = await send("/reports/monthly/archive/2026-01/report.json");
    expect([read.status, read.at("month")]).toEqual([200, "2026-01"]);
    expect(read.headers.get("Content-Type")).toBe("application/json");
    const page = await send("/reports/monthly/archive/2026-01/report.html");
    expect(String(page.body)).toContain("Monthly compliance report, January 2026");
    expect(page.headers.get("Content-Security-Policy")).toMatch(/style-src 'sha256-[^' ]+';/);
    for (const path of [
      "2026-03/report.json",
      "2026-01/announced.json",
      "2026-01/report.json?jurisdiction=eu",
    ]) {
      const answer = await send(`/reports/monthly/archive/${path}`);
      expect([answer.status, answer.at("code")]).toEqual([404, "report-not-archived"]);
    }
    // No name tells of anybody.
    expect(await keys()).toEqual(
      ["2026-01", "2026-02"].flatMap((month) =>
        ["announced.json", "announcement.json", "report.csv", "report.html", "report.json"].map(
          (name) => `reports/${month}/${name}`,
        ),
      ),
    );
  });

  test("each document is read byte by byte as it was announced", async () => {
    const kept = await sendJson("POST", "/admin/monthly-report", { month: "2026-01" });
    const [report] = kept.at("reports") as [
      { documents: { name: string; sha256: string; size_bytes: number }[] },
    ];
    const read = await Promise.all(
      report.documents.map(async ({ name }) => {
        const url = `http://localhost/reports/monthly/archive/2026-01/${name}`;
        const response = await worker.fetch(new Request(url));
        const bytes = new Uint8Array(await response.arrayBuffer());
        const hash = createHash("sha256").update(bytes).digest("hex");
        const shown = response.headers.get("Content-Disposition");
        return { name, size_bytes: bytes.byteLength, sha256: hash, shown };
      }),
    );
    expect(read).toMatchObject(
      report.documents.map(({ name, sha256, size_bytes }) => ({ name, sha256, size_bytes })),
    );
    expect(read.map(({ shown }) => shown)).toEqual([
      null,
      'attachment; filename="lethe-monthly-2026-01.csv"',
      'inline; filename="lethe-monthly-2026-01.html"',
    ]);
  });

  test("a report is kept again when it is asked for again, and both are read", async () => {
    const month = "2026-03";
    await sendJson("POST", "/admin/monthly-report", { month });
    const again = await sendJson("POST", "/admin/monthly-report", { month, again: true });
    expect(again.at("reports")).toMatchObject([{ revision: 2, announced_now: true }]);
    const of = async (query: string) => {
      const { status, body } = await send(`/reports/monthly/archive/${month}/report.json${query}`);
      return [status, (body as { as_of?: string }).as_of];
    };
    const [first, second] = [await of("?revision=1"), await of("?revision=2")];
    expect([first[0], second[0]]).toEqual([200, 200]);
    expect(Date.parse(String(second[1]))).toBeGreaterThanOrEqual(Date.parse(String(first[1])));
    expect(await of("")).toEqual(second);
    expect((await of("?revision=3"))[0]).toBe(404);
    const listed = (await send("/reports/monthly/archive")).at("items");
    expect(listed).toMatchObject([
      { month, revision: 2 },
      { month, revision: 1 },
    ]);
  });

  test("the last month that is over is meant, and one that is not is refused", async () => {
    const answer = await sendJson("POST", "/admin/monthly-report");
    expect(answer.status).toBe(422);
    const last = await sendJson("POST", "/admin/monthly-report", {});
    const now = new Date();
    const before = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1));
    expect(last.at("month")).toBe(before.toISOString().slice(0, 7));
    for (const month of [now.toISOString().slice(0, 7), "9999-12"]) {
      const refused = await sendJson("POST", "/admin/monthly-report", { month });
      expect([refused.status, refused.at("code")]).toEqual([422, "month-not-over"]);
    }
    expect((await sendJson("POST", "/admin/monthly-report", { month: "2026-13" })).status).toBe(
      422,
    );
  });

  test("one lake is asked, or all of them page by page", async () => {
    const lake = await newLake();
    await lake.stub.settle();
    await lake.inside((_, { storage }) => storage.deleteAlarm());
    const one = await sendJson("POST", "/admin/sweep-alarms", { lake_id: lake.id });
    expect([one.status, one.body]).toMatchObject([
      200,
      { lakes: 1, alarms: { lost: 1 }, repaired: [{ lake_id: lake.id }], next_cursor: null },
    ]);
    const nobody = await sendJson("POST", "/admin/sweep-alarms", { lake_id: "nobody" });
    expect(nobody.at("failed")).toEqual([{ lake_id: "nobody", failed: "there is no such lake" }]);
    await newLake().then((other) => other.stub.settle());
    let asked = 0;
    let cursor: unknown = null;
    do {
      const page = await sendJson("POST", "/admin/sweep-alarms", { limit: 1, cursor });
      expect(page.status).toBe(200);
      asked += Number(page.at("lakes"));
      cursor = page.at("next_cursor");
    } while (cursor !== null);
    const known = await env.REPORTS.prepare("SELECT count(*) AS n FROM lakes").first("n");
    expect(asked).toBe(known);
    const bad = await sendJson("POST", "/admin/sweep-alarms", { cursor: "nonsense" });
    expect(bad.status).toBe(422);
  });
});
