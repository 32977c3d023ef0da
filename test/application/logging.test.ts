import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  DEFAULT_LOG_LEVEL,
  isLogLevel,
  type LineLevel,
  LOG_LEVELS,
  say,
  setLogLevel,
  withoutData,
} from "../../src/application/logging.ts";

const said: string[] = [];

beforeEach(() => {
  said.length = 0;
  for (const level of ["debug", "info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((line) => said.push(line));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  setLogLevel(DEFAULT_LOG_LEVEL);
});

const only = () => {
  expect(said).toHaveLength(1);
  return JSON.parse(said[0] ?? "");
};

describe("a line of the log", () => {
  test("is one line of JSON with level, time, message and what is different this time", () => {
    say("warn", "a delivery failed", { lake_id: "north", sink: "reports", seq: 7 });
    expect(said[0]).not.toContain("\n");
    expect(only()).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      message: "a delivery failed",
      lake_id: "north",
      sink: "reports",
      seq: 7,
    });
  });

  test("tells an error by class, message and frames, in one shape", () => {
    say("error", "it broke", { error: new TypeError("no such table: relay") });
    const { error } = only();
    expect(error).toMatchObject({ name: "TypeError", message: "no such table: relay" });
    expect(error.stack.length).toBeGreaterThan(0);
    expect(error.stack.length).toBeLessThanOrEqual(8);
    for (const frame of error.stack) expect(frame).toMatch(/^at /);
    said.length = 0;
    say("error", "it broke", { error: "a text was thrown" });
    expect(only().error).toEqual({ name: "string", message: "a text was thrown", stack: [] });
  });

  test("has nothing of the data that an error quotes, wherever the error has it", () => {
    const thrown = (() => {
      try {
        return JSON.parse("Jane Doe");
      } catch (error) {
        return error;
      }
    })();
    expect(String(thrown)).toContain("Jane");
    say("error", "it broke", { error: thrown });
    say("error", "it broke", { error: new Error(`first\nJane Doe\n    at home (Jane:1:1)`) });
    expect(said.join("\n")).not.toContain("Doe");
    expect(JSON.parse(said[0] ?? "").error.name).toBe("SyntaxError");
  });

  test.each([
    [`Unexpected token 'J', "Jane" is not valid JSON`, "Jane"],
    ['cut off within a quotation: "Jane Do', "Jane"],
    ["Invalid URL: 'https://hooks.example/T0/secret'", "secret"],
    ["fetch of https://hooks.example/T0/secret failed", "secret"],
    ["no object lakes/north/landing/jane_doe.csv", "jane"],
    ["jane.doe@example.org is not known", "jane"],
  ])("keeps out what must not be told: %s", (message, hidden) => {
    expect(withoutData(message)).not.toContain(hidden);
  });

  test.each(["the lake's key can't be opened", "D1_ERROR: no such table: relay: SQLITE_ERROR"])(
    "leaves a message as it is that quotes nothing: %s",
    (message) => {
      expect(withoutData(message)).toBe(message);
    },
  );

  test("does not grow with what was thrown", () => {
    say("error", "it broke", { error: new Error("x".repeat(100_000)) });
    expect(said[0]?.length).toBeLessThan(3_000);
  });
});

describe("the level", () => {
  const levels: readonly LineLevel[] = ["debug", "info", "warn", "error"];
  const heardAt = (level: string | undefined) => {
    said.length = 0;
    setLogLevel(level);
    for (const each of levels) say(each, each);
    return said.map((line) => JSON.parse(line).level);
  };

  test("says from where on something is said", () => {
    expect(heardAt("debug")).toEqual(["debug", "info", "warn", "error"]);
    expect(heardAt("warn")).toEqual(["warn", "error"]);
    expect(heardAt("off")).toEqual([]);
  });

  test("is info when it is not set or not known", () => {
    for (const level of [undefined, "", "loud"]) expect(heardAt(level)).not.toContain("debug");
    for (const level of [undefined, "", "loud"]) expect(heardAt(level)).toContain("info");
    expect(LOG_LEVELS.every(isLogLevel)).toBe(true);
    expect(isLogLevel("loud")).toBe(false);
  });
});
