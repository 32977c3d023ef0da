import { describe, expect, it } from "vitest";
import {
  DEVELOPMENT_ROOT_SECRET,
  MIN_ROOT_SECRET_LENGTH,
} from "../../../src/application/rootSecrets.ts";
import {
  type AccessVariables,
  accessPolicy,
  isLocal,
  refusal,
} from "../../../src/http/auth/policy.ts";

const OWN = "x".repeat(MIN_ROOT_SECRET_LENGTH);
const ISSUERS = JSON.stringify([
  { issuer: "https://id.example", audience: "lethe", jwks_uri: "https://id.example/keys" },
]);

/** Why nobody is served from here, and from elsewhere. */
const refusals = (variables: Partial<AccessVariables>) => {
  const policy = accessPolicy({
    root_secret: OWN,
    root_secret_previous: undefined,
    auth: undefined,
    oidc_issuers: ISSUERS,
    platform_admins: undefined,
    deployed: false,
    ...variables,
  });
  return { here: refusal(policy, true), elsewhere: refusal(policy, false) };
};

describe("a request", () => {
  it("is local when this machine asks this machine", () => {
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      expect(isLocal(host, null)).toBe(true);
      for (const peer of ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"]) {
        expect(isLocal(host, peer), peer).toBe(true);
      }
    }
  });

  it("is not when another machine asks, or another host is meant", () => {
    for (const peer of ["192.168.1.7", "203.0.113.9", "::2", "127.0.0.1.example", "1127.0.0.1"]) {
      expect(isLocal("localhost", peer), peer).toBe(false);
    }
    for (const host of ["lethe.example", "10.0.0.1", "localhost.example", ""]) {
      expect(isLocal(host, "127.0.0.1"), host).toBe(false);
    }
  });
});

describe("Lethe", () => {
  it("serves callers who are told apart wherever they are", () => {
    expect(refusals({})).toEqual({ here: null, elsewhere: null });
    expect(refusals({ auth: "required" })).toEqual({ here: null, elsewhere: null });
  });

  it("serves nobody without a root secret of its own", () => {
    for (const root_secret of [undefined, ""]) {
      for (const why of Object.values(refusals({ root_secret, auth: "open" }))) {
        expect(why).toContain("ROOT_SECRET is not set");
      }
    }
    const short = "y".repeat(MIN_ROOT_SECRET_LENGTH - 1);
    for (const why of Object.values(refusals({ root_secret: short, auth: "open" }))) {
      expect(why).toContain(`${MIN_ROOT_SECRET_LENGTH} or more`);
      expect(why).not.toContain(short);
    }
  });

  it("works under the development secret on this machine only", () => {
    for (const auth of ["open", "required", undefined]) {
      const { here, elsewhere } = refusals({ root_secret: DEVELOPMENT_ROOT_SECRET, auth });
      expect(here).toBeNull();
      expect(elsewhere).toContain("development default");
    }
  });

  it("serves this machine without an issuer when AUTH is open, and nobody else", () => {
    const { here, elsewhere } = refusals({ auth: "open", oidc_issuers: undefined });
    expect(here).toBeNull();
    expect(elsewhere).toContain("OIDC_ISSUERS is not set");
  });

  it("names the missing issuer when AUTH is required, as it is unless it is said", () => {
    for (const auth of [undefined, "", "required"]) {
      for (const oidc_issuers of [undefined, ""]) {
        for (const why of Object.values(refusals({ auth, oidc_issuers }))) {
          expect(why).toContain("OIDC_ISSUERS is not set");
        }
      }
    }
  });

  it("is not open where files are at a real account's, whatever AUTH says", () => {
    const { here } = refusals({ auth: "open", oidc_issuers: undefined, deployed: true });
    expect(here).toContain("OIDC_ISSUERS is not set");
  });

  it("serves nobody when AUTH is something else", () => {
    for (const auth of ["OPEN", "closed", "true", "none"]) {
      for (const why of Object.values(refusals({ auth }))) expect(why).toContain("AUTH");
    }
  });

  it("serves nobody when a setting cannot be read, and does not show what stands there", () => {
    for (const oidc_issuers of [
      "secret-issuer",
      "[]",
      "{}",
      '[{"issuer":"https://secret-issuer"}]',
    ]) {
      const { here, elsewhere } = refusals({ oidc_issuers });
      expect(here).toContain("OIDC_ISSUERS");
      expect(here).not.toContain("secret-issuer");
      expect(elsewhere).toBe(here);
    }
    for (const platform_admins of ["ann@example.com", '["a", "b c"]']) {
      for (const why of Object.values(refusals({ platform_admins, auth: "open" }))) {
        expect(why).toContain("PLATFORM_ADMINS");
        expect(why).not.toContain("ann");
      }
    }
  });
});
