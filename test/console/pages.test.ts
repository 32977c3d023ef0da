import { describe, expect, it } from "vitest";
import { bytes, plural, relative, urgency, utc, words } from "../../src/console/client/format.ts";
import {
  holderOf,
  idOfToken,
  keepCredential,
  keptCredential,
  lakeOfToken,
  nameOf,
  rolesOf,
  tokenIn,
} from "../../src/console/client/session.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");

describe("a time", () => {
  it("is told in UTC, and how far it is from now", () => {
    expect(utc("2026-11-29T21:05:10.123Z")).toBe("2026-11-29 21:05:10 UTC");
    expect(utc("never")).toBe("never");
    for (const [time, said] of [
      ["2026-11-29T12:00:30Z", "in a moment"],
      ["2026-11-29T11:59:30Z", "just now"],
      ["2026-11-29T12:01:00Z", "in 1 minute"],
      ["2026-11-29T09:59:00Z", "2 hours ago"],
      ["2026-12-02T12:00:00Z", "in 3 days"],
    ] as const) {
      expect(relative(time, NOW)).toBe(said);
    }
  });

  it("that is a deadline is overdue at its very moment, and soon in the week before", () => {
    const told = ["2026-11-29T12:00:00Z", "2026-12-06T11:59:59Z", "2026-12-06T12:00:00Z"];
    expect(told.map((time) => urgency(time, NOW))).toEqual(["overdue", "soon", "later"]);
  });
});

it("figures and names are told as people read them", () => {
  expect([plural(1, "batch", "batches"), plural(1200, "batch", "batches")]).toEqual([
    "1 batch",
    "1,200 batches",
  ]);
  expect([bytes(26), bytes(1_234_567)]).toEqual(["26 B", "1.23 MB"]);
  expect([words("append_failed"), words("DataPublished")]).toEqual([
    "append failed",
    "data published",
  ]);
});

describe("a token", () => {
  const api = `lethe_my_lake_${"a".repeat(16)}${"b".repeat(64)}`;

  it("is taken as it is pasted, with or without the word before it", () => {
    expect([tokenIn(" Bearer abc.def \n"), tokenIn("two words"), tokenIn("")]).toEqual([
      "abc.def",
      null,
      null,
    ]);
  });

  it("tells its lake and its holder, and never its secret", () => {
    expect([lakeOfToken(api), lakeOfToken("a.b.c"), lakeOfToken(null)]).toEqual([
      "my_lake",
      null,
      null,
    ]);
    const claims = Buffer.from(JSON.stringify({ sub: "42", email: "zoë@example.com" }));
    const token = `x.${claims.toString("base64url")}.y`;
    expect([holderOf(token), idOfToken(token)]).toEqual(["zoë@example.com", null]);
    expect(holderOf(api)).toBe(`API token ${"a".repeat(16)}`);
    expect(holderOf("opaque")).not.toContain("opaque");
  });

  it("is named by what the lake found, and a person by what their token calls them", () => {
    const me = {
      actor: "42",
      kind: "person",
      name: null,
      roles: ["privacy_officer", "owner"],
    } as const;
    const person = { ...me, platform_admin: false, valid_until: null };
    const claims = Buffer.from(JSON.stringify({ sub: "42", email: "zoë@example.com" }));
    expect(nameOf(person, `x.${claims.toString("base64url")}.y`)).toBe("zoë@example.com");
    expect([nameOf(person, null), rolesOf(person)]).toEqual(["42", "privacy officer, owner"]);
    expect(rolesOf({ ...person, roles: [], platform_admin: true })).toBe("platform administrator");
    const machine = { ...person, actor: "token/a1", kind: "token", name: "nightly load" } as const;
    expect(nameOf(machine, api)).toBe("API token “nightly load”");
    const local = { ...person, kind: "local", platform_admin: true } as const;
    expect([nameOf(local, null), rolesOf(local)]).toEqual([
      "Whoever is at this machine",
      "may do everything",
    ]);
  });

  it("is kept in the tab only if its holder says so, and forgotten when told", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    };
    keepCredential(storage, { token: "t", kept: false });
    expect([kept.size, keptCredential(storage)]).toEqual([0, null]);
    keepCredential(storage, { token: "t", kept: true });
    expect(keptCredential(storage)).toEqual({ token: "t", kept: true });
    keepCredential(storage, null);
    expect(kept.size).toBe(0);
  });
});
