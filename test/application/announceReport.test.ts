import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  ANNOUNCE_DELAYS_MS,
  announceReport,
  type ReportReceiver,
  reportReceiver,
} from "../../src/application/announceReport.ts";
import type { Announcement } from "../../src/application/monthlyArchive.ts";

afterEach(() => vi.restoreAllMocks());

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString("base64")}`;
const URL_OF_RECEIVER = "https://receiver.example/reports";
const AT = new Date("2026-11-01T03:10:00.000Z");

const NOTE: Announcement = {
  id: "id-1",
  type: "MonthlyReportArchived",
  timestamp: "2026-11-01T03:10:00.000Z",
  data: { month: "2026-10", jurisdiction: null, revision: 1, documents: [] },
};

const network = (...answers: readonly (Response | Error)[]) => {
  const calls: { url: string; headers: Headers; body: string }[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const answer = answers[Math.min(calls.length, answers.length - 1)];
    const headers = new Headers(init?.headers);
    calls.push({ url: String(input), headers, body: String(init?.body) });
    if (answer instanceof Response) return answer;
    throw answer;
  });
  return calls;
};

const announce = async (
  receiver: ReportReceiver | null = { url: URL_OF_RECEIVER, secret: SECRET },
) => {
  const waited: number[] = [];
  const wait = async (ms: number) => {
    waited.push(ms);
  };
  const outcome = await announceReport({ receiver: () => receiver, now: () => AT, wait }, NOTE)
    .then(() => "announced")
    .catch((error: unknown) => String(error));
  return { outcome, waited };
};

const answered = (status: number, headers = {}) => new Response(null, { status, headers });

describe("the announcement of a report", () => {
  it("is one call, signed as Standard Webhooks says", async () => {
    const calls = network(answered(204));
    expect(await announce()).toEqual({ outcome: "announced", waited: [] });
    const [call] = calls;
    expect([calls.length, call?.url]).toEqual([1, URL_OF_RECEIVER]);
    expect(JSON.parse(call?.body ?? "")).toEqual({
      type: NOTE.type,
      timestamp: NOTE.timestamp,
      data: NOTE.data,
    });
    expect(call?.headers.get("webhook-id")).toBe("id-1");
    const signed = `id-1.${AT.getTime() / 1000}.${call?.body}`;
    const signature = createHmac("sha256", KEY).update(signed).digest("base64");
    expect(call?.headers.get("webhook-signature")).toBe(`v1,${signature}`);
  });

  it("calls nobody when nobody is configured", async () => {
    const calls = network(answered(204));
    expect((await announce(null)).outcome).toBe("announced");
    expect(calls).toEqual([]);
  });

  it("is tried again after a while, under the same id", async () => {
    const calls = network(answered(503), new TypeError("down"), answered(200));
    const { outcome, waited } = await announce();
    expect([outcome, waited]).toEqual(["announced", ANNOUNCE_DELAYS_MS]);
    expect(calls.map(({ headers }) => headers.get("webhook-id"))).toEqual(["id-1", "id-1", "id-1"]);
  });

  it("fails after the last try, without a word of where it went", async () => {
    network(answered(500));
    const { outcome } = await announce();
    expect(outcome).toBe("Error: the receiver of REPORT_WEBHOOK_URL answered 500");
    expect(outcome).not.toContain("receiver.example");
  });

  it.each([
    ["wants none any more", answered(410)],
    ["asks to be left alone for longer", answered(429, { "Retry-After": "60" })],
  ])("is left to the next run when the receiver %s", async (_, answer) => {
    const calls = network(answer);
    expect((await announce()).outcome).toContain("answered 4");
    expect(calls).toHaveLength(1);
  });
});

describe("the receiver of announcements", () => {
  const of = (url?: string, secret?: string, loopback = false) =>
    reportReceiver({ url, secret, loopback });

  it("is a URL and a secret, or none", () => {
    expect(of()).toBeNull();
    expect(of("", "")).toBeNull();
    expect(of(URL_OF_RECEIVER, SECRET)).toEqual({ url: URL_OF_RECEIVER, secret: SECRET });
    expect(of("http://localhost:9000/", SECRET, true)).not.toBeNull();
  });

  it.each([
    [URL_OF_RECEIVER, undefined, "REPORT_WEBHOOK_SECRET is not set"],
    [undefined, SECRET, "REPORT_WEBHOOK_URL is not set"],
    ["http://receiver.example/", SECRET, "REPORT_WEBHOOK_URL must begin with https://"],
    ["https://10.0.0.1/", SECRET, "REPORT_WEBHOOK_URL must name a host, no address"],
    ["http://localhost:9000/", SECRET, "REPORT_WEBHOOK_URL must begin with https://"],
    [URL_OF_RECEIVER, "hunter2", "REPORT_WEBHOOK_SECRET must be whsec_"],
    [URL_OF_RECEIVER, "whsec_c2hvcnQ=", "REPORT_WEBHOOK_SECRET must be whsec_"],
    [URL_OF_RECEIVER, "whsec_####", "REPORT_WEBHOOK_SECRET must be whsec_"],
  ])("is refused when wrong: %s, %s", (url, secret, why) => {
    expect(() => of(url, secret)).toThrow(why);
  });
});
