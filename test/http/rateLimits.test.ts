import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Identity } from "../../src/http/auth/identify.ts";
import { HttpProblem } from "../../src/http/problem.ts";
import {
  ADDRESS_REQUESTS,
  CALLER_REQUESTS,
  LAKE_REQUESTS,
  RATE_PERIOD_S,
  type RateCounters,
  rateLimits,
} from "../../src/http/rateLimits.ts";

/** Counters that refuse what is asked of them more often than `most`, and remember for whom. */
const counters = (most: { caller?: number; address?: number; lake?: number } = {}) => {
  const counted = new Map<string, number>();
  const counter = (limit = Number.POSITIVE_INFINITY) => ({
    limit: async ({ key }: { readonly key: string }) => {
      const now = (counted.get(key) ?? 0) + 1;
      counted.set(key, now);
      return { success: now <= limit };
    },
  });
  const all: RateCounters = {
    caller: counter(most.caller),
    address: counter(most.address),
    lake: counter(most.lake),
  };
  return { counted, limits: rateLimits(all) };
};

const person = (subject: string): Identity => ({ kind: "person", subject, admin: false, until: 0 });
const token = (secret: string) =>
  ({ kind: "token", lake_id: "l", token_id: "00aa", secret }) as unknown as Identity;
const NOBODY: Identity = { kind: "nobody" };

const outcome = async (admitted: Promise<void>): Promise<unknown> => {
  try {
    await admitted;
    return "served";
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return [error.problem.status, error.headers["Retry-After"]];
  }
};
const REFUSED = [429, String(RATE_PERIOD_S)];

afterEach(() => {
  vi.restoreAllMocks();
});

describe("requests", () => {
  it("of one caller are limited, and those of another are not", async () => {
    const { limits } = counters({ caller: 2 });
    const asks = (who: string) => outcome(limits.admit(person(who), "1.2.3.4", "l"));
    expect([await asks("a"), await asks("a"), await asks("a"), await asks("b")]).toEqual([
      "served",
      "served",
      REFUSED,
      "served",
    ]);
  });

  it("of who knows a token's id alone use up nothing of the token's", async () => {
    const { limits } = counters({ caller: 1 });
    expect(await outcome(limits.admit(token("guess"), "1.2.3.4", "l"))).toBe("served");
    expect(await outcome(limits.admit(token("guess"), "1.2.3.4", "l"))).toEqual(REFUSED);
    expect(await outcome(limits.admit(token("right"), "1.2.3.4", "l"))).toBe("served");
  });

  it("of who cannot be told apart are limited by address, whatever lakes they name", async () => {
    const { limits } = counters({ address: 2 });
    const asks = (identity: Identity, address: string, lake: string) =>
      outcome(limits.admit(identity, address, lake));
    expect(await asks(token("a"), "1.2.3.4", "l")).toBe("served");
    expect(await asks(NOBODY, "1.2.3.4", "m")).toBe("served");
    expect(await asks(token("b"), "1.2.3.4", "n")).toEqual(REFUSED);
    expect(await outcome(limits.fromAddress("1.2.3.4"))).toEqual(REFUSED);
    expect(await asks(NOBODY, "1.2.3.5", "l")).toBe("served");
    expect(await asks(person("a"), "1.2.3.4", "l")).toBe("served");
  });

  it("of an address of the sixth version count for its whole network", async () => {
    const { limits } = counters({ address: 1 });
    const asks = (address: string) => outcome(limits.fromAddress(address));
    expect(await asks("2001:db8::1")).toBe("served");
    expect(await asks("2001:DB8:0:0:ffff::2")).toEqual(REFUSED);
    expect(await asks("2001:db8:0:1::1")).toBe("served");
    expect(await asks("::1")).toBe("served");
    expect(await asks("::2")).toEqual(REFUSED);
  });

  it("to one lake are limited, those of persons apart from those of everybody else", async () => {
    const { limits } = counters({ lake: 2 });
    const asks = (identity: Identity, lake = "l") => outcome(limits.admit(identity, "::", lake));
    expect([await asks(token("a")), await asks(token("b"))]).toEqual(["served", "served"]);
    expect(await asks(token("c"))).toEqual(REFUSED);
    expect([await asks(person("a")), await asks(person("b"))]).toEqual(["served", "served"]);
    expect(await asks(person("c"))).toEqual(REFUSED);
    expect(await asks(person("c"), "other")).toBe("served");
  });

  it("of whoever is at the machine, and those to no lake, are not counted there", async () => {
    const { limits, counted } = counters();
    await limits.admit({ kind: "local" }, "::", "l");
    expect(counted.size).toBe(0);
    await limits.admit(person("a"), "::", "");
    expect([...counted.keys()]).toEqual(["person/a"]);
  });

  it("are served where they cannot be counted, and the log says so", async () => {
    const said = vi.spyOn(console, "error").mockReturnValue();
    const broken = { limit: () => Promise.reject(new Error("no counter")) };
    const limits = rateLimits({ caller: broken, address: broken, lake: broken });
    expect(await outcome(limits.admit(person("a"), "::", "l"))).toBe("served");
    expect(said.mock.calls.flat().join()).toContain("no counter");
  });
});

describe("wrangler.toml", () => {
  it("binds the counters with the limits that the code names", () => {
    const toml = readFileSync(path.resolve(import.meta.dirname, "../../wrangler.toml"), "utf8");
    const bound = [
      ...toml.matchAll(
        /name = "(\w+_RATE)"\nnamespace_id = "\d+"\nsimple = \{ limit = (\d+), period = (\d+) \}/g,
      ),
    ].map(([, name, limit, period]) => [name, Number(limit), Number(period)]);
    expect(bound).toEqual([
      ["CALLER_RATE", CALLER_REQUESTS, RATE_PERIOD_S],
      ["ADDRESS_RATE", ADDRESS_REQUESTS, RATE_PERIOD_S],
      ["LAKE_RATE", LAKE_REQUESTS, RATE_PERIOD_S],
    ]);
  });

  it("keeps the platform from writing down URLs, some of which are permissions", () => {
    const toml = readFileSync(path.resolve(import.meta.dirname, "../../wrangler.toml"), "utf8");
    expect(toml).toMatch(/^invocation_logs = false$/m);
    // Traces have keys and events in them too, and `observability` turned on may mean them.
    expect(toml).toMatch(/^\[observability\.traces\]\nenabled = false$/m);
    expect(toml).toMatch(/^redact_query_string = true$/m);
  });
});
