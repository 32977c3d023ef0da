import { describe, expect, it } from "vitest";
import { readAdmins, readIssuers } from "../../../src/http/auth/issuers.ts";

const ONE = {
  issuer: "https://id.example",
  audience: "lethe",
  jwks_uri: "https://id.example/keys",
};

const faultOf = (...issuers: readonly object[]) => readIssuers(JSON.stringify(issuers)).fault;

describe("OIDC_ISSUERS", () => {
  it("is a list of issuers, each with its audience and the place of its keys", () => {
    expect(readIssuers(JSON.stringify([ONE]))).toEqual({
      fault: null,
      value: [{ ...ONE, subject_claim: "sub" }],
    });
    expect(faultOf(ONE, { ...ONE, issuer: "https://other.example", audience: ["a", "b"] })).toBe(
      null,
    );
  });

  it.each(["http://127.0.0.1:9000", "http://localhost:9000/x", "http://[::1]"])(
    "takes http on the machine itself: %s",
    (issuer) => {
      expect(faultOf({ ...ONE, issuer, jwks_uri: `${issuer}/keys` })).toBeNull();
    },
  );

  it.each([
    { ...ONE, jwks_uri: "http://id.example/keys" },
    { ...ONE, issuer: "http://id.example" },
    { ...ONE, jwks_uri: "http://127.0.0.1.example/keys" },
    { ...ONE, jwks_uri: "https://user:password@id.example/keys" },
    { ...ONE, jwks_uri: "file:///etc/passwd" },
    { ...ONE, jwks_uri: "data:application/json,{}" },
    { ...ONE, issuer: "id.example" },
    { ...ONE, issuer: "https://id.example#x" },
    { ...ONE, audience: "" },
    { ...ONE, audience: [] },
    { issuer: ONE.issuer, jwks_uri: ONE.jwks_uri },
    { ...ONE, audience_: "typo" },
  ])("is refused as %j", (issuer) => {
    expect(faultOf(issuer)).toContain("OIDC_ISSUERS is not valid");
  });

  it("leaves the subjects of one issuer at most without its name before theirs", () => {
    const other = { ...ONE, issuer: "https://other.example" };
    expect(faultOf({ ...ONE, qualified: true }, { ...other, qualified: false })).toBeNull();
    expect(faultOf({ ...ONE, qualified: true }, other)).toBeNull();
    expect(faultOf(ONE, { ...other, qualified: false })).toContain("not qualified");
  });

  it("names no issuer twice", () => {
    expect(faultOf(ONE, ONE)).toContain("twice");
  });
});

describe("PLATFORM_ADMINS", () => {
  it.each([undefined, "", " ", "[]"])("names nobody as %j", (text) => {
    expect(readAdmins(text)).toEqual({ fault: null, value: new Set() });
  });

  it.each(['["anna-1", "auth0|7"]', "anna-1,auth0|7", " anna-1 , auth0|7 ,"])(
    "names two as %s",
    (text) => {
      expect(readAdmins(text)).toEqual({ fault: null, value: new Set(["anna-1", "auth0|7"]) });
    },
  );
});
