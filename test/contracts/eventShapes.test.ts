import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { EVENT_SHAPES, shapeFault } from "../../src/contracts/eventShapes.ts";
import { EVENT_CONTRACTS, upcast } from "../../src/contracts/events.ts";

type Data = Readonly<Record<string, unknown>>;

/** A log that was written when every event was of its first version. */
const oldLog = readFileSync(
  path.resolve(import.meta.dirname, "../fixtures/log-of-version-1.ndjson"),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { type: string; schema_version: number; data: Data });

const present = oldLog.map(({ type, schema_version, data }) => ({
  type,
  data: upcast(type, schema_version, data),
}));

describe("the shapes of events", () => {
  it("are there for every type the log may hold", () => {
    expect(Object.keys(EVENT_SHAPES).sort()).toEqual(Object.keys(EVENT_CONTRACTS).sort());
  });

  it("fit a log of the first version once it is upcast", () => {
    expect(present.map(({ type, data }) => shapeFault(type, data))).toEqual(
      present.map(() => null),
    );
  });

  it("miss each member that is dropped or of another type, unless it is optional", () => {
    for (const { type, data } of present) {
      for (const [member, wanted] of Object.entries(EVENT_SHAPES[type] ?? {})) {
        const { [member]: _, ...rest } = data;
        const fault = `its data has no ${wanted} as ${member}`;
        expect(shapeFault(type, rest), type).toBe(wanted.endsWith(" or absent") ? null : fault);
        expect(shapeFault(type, { ...data, [member]: undefined }), type).toBe(
          wanted.endsWith(" or absent") ? null : fault,
        );
        const other = /number|boolean/.test(wanted) ? "7" : 7;
        expect(shapeFault(type, { ...data, [member]: other }), type).toBe(fault);
      }
    }
  });

  it("let pass what may be null or left out, and members that nobody knows", () => {
    const data = { consumer: "a", purpose: null, format: "csv", signed_at: "x", expires_at: "x" };
    expect(shapeFault("ConsumptionGranted", { ...data, more: 1 })).toBeNull();
    expect(shapeFault("ConsumptionGranted", { ...data, consumer: null })).toContain("as consumer");
    const url = (is: unknown) =>
      shapeFault("WebhookRegistered", {
        ...Object.fromEntries(
          Object.entries(EVENT_SHAPES.WebhookRegistered ?? {}).map(([member, wanted]) => [
            member,
            wanted.startsWith("array") ? [] : wanted === "object" ? {} : "x",
          ]),
        ),
        url: is,
      });
    expect([url("https://x"), url({ sealed: "x" })]).toEqual([null, null]);
    expect(url([])).toBe("its data has no string or object as url");
  });
});
