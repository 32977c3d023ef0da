import { afterEach, expect, it, vi } from "vitest";
import { callWebhook } from "../../src/application/webhookCall.ts";
import { webhookUrlFault } from "../../src/domain/webhook/decide.ts";

afterEach(() => vi.unstubAllGlobals());

it.each([
  ["https://example.com\\@10.0.0.1/", "https://example.com/@10.0.0.1/"],
  ["https:example.com", "https://example.com/"],
  ["https://EXAMPLE.com:443/a b", "https://example.com/a%20b"],
])("calls the host that was looked at, however it is written: %s", async (url, called) => {
  expect(webhookUrlFault(url, false)).toBeNull();
  const fetched = vi.fn(async (_url: string, _init: RequestInit) => new Response(null));
  vi.stubGlobal("fetch", fetched);
  expect(await callWebhook(url, {}, "{}")).toMatchObject({ delivered: true, status: 200 });
  expect(fetched.mock.calls.map(([to, { redirect }]) => [to, redirect])).toEqual([
    [called, "manual"],
  ]);
});
