import { describe, expect, it } from "vitest";
import { corsPolicy, senderOf } from "../../src/http/cors.ts";
import { sentHeaders } from "../../src/http/sentHeaders.ts";

const HOST = "lethe.example.com";
const APP = "https://app.example.com";

const sent = (headers: Record<string, string>, method = "GET", setting: string | undefined = APP) =>
  senderOf(method, sentHeaders(new Headers(headers)), HOST, corsPolicy(setting));

describe("CORS_ORIGINS", () => {
  it("names nobody unless it is set", () => {
    for (const setting of [undefined, "", "  ", "[]"]) {
      expect(corsPolicy(setting)).toEqual({ origins: new Set(), fault: null });
    }
  });

  it("is a JSON list or parted by commas", () => {
    const both = new Set([APP, "http://localhost:3000"]);
    expect(corsPolicy(`${APP}, http://localhost:3000`)).toEqual({ origins: both, fault: null });
    expect(corsPolicy(JSON.stringify([...both]))).toEqual({ origins: both, fault: null });
  });

  it.each([
    "*",
    "null",
    "app.example.com",
    "https://app.example.com/",
    "https://app.example.com/path",
    "https://*.example.com",
    "http://app.example.com",
    "HTTPS://APP.EXAMPLE.COM",
    "https://app.example.com,",
    "https://app.example.com,*",
    "[",
    '["https://app.example.com", 1]',
    Array(17).fill(APP).join(","),
  ])("names nobody when it is not understood: %s", (setting) => {
    const { origins, fault } = corsPolicy(setting);
    expect(origins.size).toBe(0);
    expect(fault).toContain("CORS_ORIGINS");
  });
});

describe("a request", () => {
  it("of no page, or of a page of Lethe's own, is no stranger's and is told nothing", () => {
    const own = { foreign: false, preflight: false, headers: {} };
    expect(sent({})).toEqual(own);
    expect(sent({ Origin: `https://${HOST}`, "Sec-Fetch-Site": "same-origin" })).toEqual(own);
  });

  it("of a page whose origin is named may be sent, and its answer read, by that origin alone", () => {
    const { foreign, preflight, headers } = sent({ Origin: APP, "Sec-Fetch-Site": "cross-site" });
    expect([foreign, preflight]).toEqual([false, false]);
    expect(headers).toMatchObject({ "Access-Control-Allow-Origin": APP, Vary: "Origin" });
    expect(headers).not.toHaveProperty("Access-Control-Allow-Credentials");
  });

  it("that asks whether it may be sent is told by which methods and headers", () => {
    const asks = { Origin: APP, "Access-Control-Request-Method": "POST" };
    const { preflight, headers } = sent(asks, "OPTIONS");
    expect(preflight).toBe(true);
    expect(headers["Access-Control-Allow-Methods"]).toContain("POST");
    expect(headers["Access-Control-Allow-Headers"]).toContain("Authorization");
    expect(sent(asks, "POST").preflight).toBe(false);
  });

  it.each([
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://sub.app.example.com",
    "http://app.example.com",
    "https://app.example.com:444",
    "null",
    "",
  ])("of any other page is a stranger's, and is told nothing: %s", (Origin) => {
    const { foreign, headers } = sent({ Origin });
    expect([foreign, headers]).toEqual([true, {}]);
  });
});
