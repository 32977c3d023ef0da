import { Hono } from "hono";
import type { Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { describe, expect, it, vi } from "vitest";
import { MAX_KNOWN_LENGTH, MAX_KNOWN_PATHS, recalling } from "../../src/http/recalling.ts";

const counted = () => {
  const inner = new RegExpRouter<string>();
  const match = vi.fn((method: string, path: string) => inner.match(method, path));
  const router: Router<string> = { name: "inner", add: (...route) => inner.add(...route), match };
  const recalled = recalling(router);
  recalled.add("GET", "/lakes/:lake_id", "lake");
  recalled.add("POST", "/lakes/:lake_id", "change");
  return { recalled, match };
};

describe("a router that recalls", () => {
  it("answers a path it knows without asking again", () => {
    const { recalled, match } = counted();
    const first = recalled.match("GET", "/lakes/a");
    expect(recalled.match("GET", "/lakes/a")).toBe(first);
    expect(match).toHaveBeenCalledTimes(1);
  });

  it("tells of the first handler alone, whatever else fits", () => {
    const { recalled } = counted();
    recalled.add("GET", "/lakes/*", "never asked");
    const [handlers] = recalled.match("GET", "/lakes/a");
    expect(handlers.map(([handler]) => handler)).toEqual(["lake"]);
  });

  it("tells methods and paths apart", async () => {
    const app = new Hono({ router: recalling(new RegExpRouter()) });
    app.get("/lakes/:lake_id", (c) => c.text(`read ${c.req.param("lake_id")}`));
    app.post("/lakes/:lake_id", (c) => c.text(`changed ${c.req.param("lake_id")}`));
    const ask = async (method: string, path: string) => {
      const answer = await app.request(path, { method });
      return `${answer.status} ${await answer.text()}`;
    };
    for (const _ of [1, 2]) {
      expect(await ask("GET", "/lakes/a")).toBe("200 read a");
      expect(await ask("GET", "/lakes/b")).toBe("200 read b");
      expect(await ask("POST", "/lakes/a")).toBe("200 changed a");
      expect(await ask("GET", "/elsewhere")).toBe("404 404 Not Found");
    }
  });

  it("forgets the oldest beyond its limit", () => {
    const { recalled, match } = counted();
    for (let n = 0; n <= MAX_KNOWN_PATHS; n += 1) recalled.match("GET", `/lakes/${n}`);
    match.mockClear();
    recalled.match("GET", `/lakes/${MAX_KNOWN_PATHS}`);
    recalled.match("GET", "/lakes/1");
    expect(match).not.toHaveBeenCalled();
    recalled.match("GET", "/lakes/0");
    expect(match).toHaveBeenCalledTimes(1);
  });

  it("keeps no long path", () => {
    const { recalled, match } = counted();
    const long = `/lakes/${"a".repeat(MAX_KNOWN_LENGTH)}`;
    expect(recalled.match("GET", long)).toEqual(recalled.match("GET", long));
    expect(match).toHaveBeenCalledTimes(2);
  });
});
