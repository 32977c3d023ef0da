/** The clock of a started server, rung by hand as wrangler lets one: the Worker's own handler runs. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Server } from "../../scripts/support/server.ts";
import { migratedServer } from "../support/migratedServer.ts";

let server: Server;
let state: string;

beforeAll(async () => {
  state = await mkdtemp(path.join(tmpdir(), "lethe-scheduled-"));
  server = await migratedServer({ persistTo: state, vars: { LOG_LEVEL: "info" }, verbose: true });
});
afterAll(async () => {
  await server?.stop();
  await rm(state, { recursive: true, force: true });
});

/** The wrangler that is pinned answers here, with or without `--test-scheduled`. */
const ring = async (cron: string) =>
  (await fetch(`${server.url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(cron)}`)).status;

const json = async (route: string, body?: object) => {
  const init = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  return (await (await fetch(`${server.url}${route}`, init)).json()) as Record<string, unknown>;
};

describe("the clock of a started server", () => {
  test("keeps last month's report once, and asks lakes for their alarms", async () => {
    await json("/datasets", { name: "sales", schema: { id: "int" } });
    expect([await ring("10 3 1 * *"), await ring("10 3 1 * *")]).toEqual([200, 200]);
    const { items } = await json("/reports/monthly/archive");
    expect(items).toMatchObject([{ jurisdiction: null }]);
    const [{ month } = { month: "" }] = items as { month: string }[];
    expect((await json(`/reports/monthly/archive/${month}/report.json`)).month).toBe(month);
    expect(await ring("40 * * * *")).toBe(200);
    // A line of the log may come later than the answer.
    await vi.waitFor(() => expect(server.output()).toContain("alarms are swept"), 60_000);
    expect(server.output().match(/a monthly report is archived/g)).toHaveLength(1);
    // By hand, with an answer.
    expect(await json("/admin/sweep-alarms", {})).toMatchObject({ lakes: 1, failed: [] });
    expect(await json("/admin/monthly-report", {})).toMatchObject({
      month,
      reports: [{ announced_now: false }],
    });
  });

  test("fails for a time that nobody has set", async () => {
    expect(await ring("0 0 1 1 *")).toBe(500);
  });
});
