import { describe, expect, it } from "vitest";
import { DEVELOPMENT_ROOT_SECRET, MIN_ROOT_SECRET_LENGTH } from "../../src/application/keyring.ts";
import { isLoopback, refusal } from "../../src/http/guard.ts";

const OWN = "x".repeat(MIN_ROOT_SECRET_LENGTH);

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

describe("without a root secret of its own", () => {
  it.each([...LOOPBACK, ...FOREIGN])("Lethe serves nobody at '%s'", (host) => {
    for (const root_secret of [undefined, ""]) {
      expect(refusal(host, { root_secret, auth: "open" })).toContain("ROOT_SECRET is not set");
    }
    const short = "x".repeat(MIN_ROOT_SECRET_LENGTH - 1);
    const refused = refusal(host, { root_secret: short, auth: "open" });
    expect(refused).toContain(`${MIN_ROOT_SECRET_LENGTH} or more`);
    expect(refused).not.toContain(short);
  });
});

describe("under the development secret", () => {
  it.each(LOOPBACK)("Lethe serves %s when AUTH says open", (host) => {
    expect(refusal(host, { root_secret: DEVELOPMENT_ROOT_SECRET, auth: "open" })).toBeNull();
  });

  it.each([undefined, "", "closed", "OPEN", "true"])(
    "Lethe serves nobody when AUTH is %s",
    (auth) => {
      for (const host of LOOPBACK) {
        expect(refusal(host, { root_secret: DEVELOPMENT_ROOT_SECRET, auth })).toContain("AUTH");
      }
    },
  );

  it.each(FOREIGN)("Lethe does not serve '%s', open or not", (host) => {
    for (const auth of ["open", undefined]) {
      expect(refusal(host, { root_secret: DEVELOPMENT_ROOT_SECRET, auth })).toContain(
        "development default",
      );
    }
  });
});

describe("under a secret of its own", () => {
  it.each(LOOPBACK)("Lethe serves %s", (host) => {
    for (const auth of ["open", undefined]) {
      expect(refusal(host, { root_secret: OWN, auth })).toBeNull();
    }
  });

  it.each(FOREIGN)("Lethe does not serve '%s' before callers can be told apart", (host) => {
    for (const auth of ["open", undefined]) {
      expect(refusal(host, { root_secret: OWN, auth })).toContain("Access control");
    }
  });
});
