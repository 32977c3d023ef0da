import { describe, expect, it } from "vitest";
import { isLoopback } from "../../src/http/guard.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "127.0.0.2", "127.255.255.254", "[::1]"];
const FOREIGN = [
  "example.com",
  "localhost.example.com",
  "127.0.0.1.example.com",
  "1127.0.0.1",
  "10.0.0.1",
  "0.0.0.0",
  "[::]",
  "[::ffff:127.0.0.1]",
  "::1",
  "localhost.",
  "my-localhost",
  "",
];

describe("loopback", () => {
  it.each(LOOPBACK)("is %s", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(FOREIGN)("is not '%s'", (host) => {
    expect(isLoopback(host)).toBe(false);
  });

  it("is recognised as a URL gives it", () => {
    const hostOf = (url: string) => new URL(url).hostname;
    expect(isLoopback(hostOf("http://LOCALHOST:8000/"))).toBe(true);
    expect(isLoopback(hostOf("http://[0:0:0:0:0:0:0:1]:8000/"))).toBe(true);
    expect(isLoopback(hostOf("http://0x7f.1/"))).toBe(true);
    expect(isLoopback(hostOf("http://localhost@example.com/"))).toBe(false);
  });
});
