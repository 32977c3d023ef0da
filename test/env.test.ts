import { describe, expect, it } from "vitest";
import { callsLoopback, type Env } from "../src/env.ts";

const env = (settings: Partial<Env>): Env => settings as Env;

describe("a webhook on the machine itself", () => {
  it("is called in local development, and nowhere else, whatever AUTH says", () => {
    expect(callsLoopback(env({ AUTH: "open" }))).toBe(true);
    expect(callsLoopback(env({ AUTH: "open", R2_ACCOUNT_ID: "account" }))).toBe(false);
    expect(callsLoopback(env({ AUTH: "required" }))).toBe(false);
    expect(callsLoopback(env({}))).toBe(false);
  });
});
