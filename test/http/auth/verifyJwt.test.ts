import { createHmac, createPublicKey } from "node:crypto";
import { exportJWK, exportSPKI } from "jose";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Issuer } from "../../../src/http/auth/issuers.ts";
import { FAILURE_PAUSE_MS, KEYS_KEPT_MS, ROTATION_PAUSE_MS } from "../../../src/http/auth/keys.ts";
import {
  CLOCK_SKEW_S,
  jwtVerifier,
  MAX_JWT_LENGTH,
  VERIFIED_KEPT_MS,
} from "../../../src/http/auth/verifyJwt.ts";
import { forged, type IssuerKey, keySet, newKey, sign } from "../../support/issuer.ts";

const ISSUER: Issuer = {
  issuer: "https://id.example",
  audience: "lethe",
  jwks_uri: "https://id.example/keys",
  subject_claim: "sub",
};
const SECOND: Issuer = { ...ISSUER, issuer: "https://second.example" };

let key: IssuerKey;
let rsa: IssuerKey;
beforeAll(async () => {
  key = await newKey("one");
  rsa = await newKey("rsa", "RS256");
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A verifier whose clock a test moves; jose's own pauses follow the same clock. */
const verifier = (issuers: readonly Issuer[] = [ISSUER], served = keySet([key])) => {
  const clock = { now: Date.parse("2026-11-23T12:00:00Z") };
  vi.spyOn(Date, "now").mockImplementation(() => clock.now);
  const verify = jwtVerifier(issuers, { fetch: served.fetch, now: () => clock.now });
  const seconds = () => Math.floor(clock.now / 1000);
  const claims = (more: object = {}) => ({
    iss: ISSUER.issuer,
    aud: "lethe",
    sub: "ann-1",
    iat: seconds(),
    exp: seconds() + 300,
    ...more,
  });
  return {
    verify,
    served,
    claims,
    seconds,
    pass: (ms: number) => {
      clock.now += ms;
    },
  };
};

const refusedBy = async (verify: (jwt: string) => Promise<unknown>, jwt: string) =>
  expect(await verify(jwt)).toEqual({ kind: "refused", why: expect.stringMatching(/\.$/) });

/** Written by hand: the library would not write some claims. */
const signedAsItIs = async (claims: object): Promise<string> => {
  const header = { alg: key.alg, kid: key.kid, typ: "JWT" };
  const unsigned = forged(header, claims).slice(0, -1);
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    key.privateKey,
    new TextEncoder().encode(unsigned),
  );
  return `${unsigned}.${Buffer.from(signature).toString("base64url")}`;
};

describe("a token of a configured issuer", () => {
  it("says who is calling, until when", async () => {
    const { verify, claims, seconds } = verifier();
    expect(await verify(await sign(claims(), key))).toMatchObject({
      kind: "known",
      subject: "ann-1",
      until: (seconds() + 300 + CLOCK_SKEW_S) * 1000,
    });
  });

  it.each(["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"])(
    "may be signed under %s",
    async (alg) => {
      const own = await newKey("own", alg);
      const { verify, claims } = verifier([ISSUER], keySet([key, own]));
      expect(await verify(await sign(claims(), own))).toMatchObject({ kind: "known" });
    },
  );

  it("may be for several audiences, and Lethe may have several names", async () => {
    const { verify, claims } = verifier([{ ...ISSUER, audience: ["other", "lethe"] }]);
    const jwt = await sign(claims({ aud: ["lethe", "elsewhere"] }), key);
    expect(await verify(jwt)).toMatchObject({ kind: "known" });
  });

  it("may leave out which key it is under when there is one only", async () => {
    const { verify, claims } = verifier();
    const jwt = await sign(claims(), key, { kid: undefined, typ: undefined });
    expect(await verify(jwt)).toMatchObject({ kind: "known" });
    const two = verifier([ISSUER], keySet([key, await newKey("two")]));
    await refusedBy(two.verify, await sign(two.claims(), key, { kid: undefined }));
  });

  it("holds a little before and after its time, for clocks differ", async () => {
    const { verify, claims, seconds } = verifier();
    const early = claims({ nbf: seconds() + CLOCK_SKEW_S, iat: seconds() + CLOCK_SKEW_S });
    const late = claims({ exp: seconds() - CLOCK_SKEW_S + 1 });
    expect(await verify(await sign(early, key))).toMatchObject({ kind: "known" });
    expect(await verify(await sign(late, key))).toMatchObject({ kind: "known" });
  });

  it("may name the caller in another claim, where the issuer's subjects are not opaque", async () => {
    const { verify, claims } = verifier([{ ...ISSUER, subject_claim: "uid" }]);
    const named = await sign(claims({ sub: "ann@example.com", uid: "00u1" }), key);
    expect(await verify(named)).toMatchObject({ kind: "known", subject: "00u1" });
    await refusedBy(verify, await sign(claims(), key));
  });
});

describe("two issuers", () => {
  it("never name the same caller", async () => {
    const { verify, claims } = verifier([ISSUER, SECOND]);
    const other = claims({ iss: SECOND.issuer });
    expect(await verify(await sign(claims(), key))).toMatchObject({ subject: "ann-1" });
    expect(await verify(await sign(other, key))).toMatchObject({
      subject: "https://second.example#ann-1",
    });
    // The first one's subjects stand as they are: none may look like one of another's.
    await refusedBy(verify, await sign(claims({ sub: "https://second.example#ann-1" }), key));
  });

  it("of which the first goes do not leave its names to the next", async () => {
    const { verify, claims } = verifier([{ ...SECOND, qualified: true }]);
    const other = claims({ iss: SECOND.issuer });
    expect(await verify(await sign(other, key))).toMatchObject({
      subject: "https://second.example#ann-1",
    });
    const swapped = verifier([
      { ...SECOND, qualified: true },
      { ...ISSUER, qualified: false },
    ]);
    expect(await swapped.verify(await sign(claims(), key))).toMatchObject({ subject: "ann-1" });
  });

  it("do not sign for each other", async () => {
    const mine = await newKey("mine");
    const theirs = await newKey("theirs");
    const sets = [keySet([mine]), keySet([theirs])];
    const { claims } = verifier();
    const verify = jwtVerifier([ISSUER, { ...SECOND, jwks_uri: "https://second.example/keys" }], {
      fetch: (url) => (url.includes("second") ? sets[1] : sets[0])?.fetch() ?? Promise.reject(),
      now: Date.now,
    });
    expect(await verify(await sign(claims(), mine))).toMatchObject({ kind: "known" });
    await refusedBy(verify, await sign(claims(), theirs));
    await refusedBy(verify, await sign(claims({ iss: SECOND.issuer }), mine));
  });
});

describe("an attack", () => {
  it("with no signature is refused, however none is written", async () => {
    const { verify, claims, served } = verifier();
    for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
      await refusedBy(verify, forged({ alg, kid: "one" }, claims()));
      await refusedBy(verify, forged({ alg, kid: "one" }, claims(), "AAAA"));
    }
    await refusedBy(verify, forged({ kid: "one" }, claims(), "AAAA"));
    expect(served.fetches).toBe(0);
  });

  it("that signs with the public key as a secret is refused", async () => {
    const { verify, claims, served } = verifier([ISSUER], keySet([rsa]));
    const spki = await exportSPKI(rsa.publicKey);
    const der = createPublicKey(spki).export({ type: "spki", format: "der" });
    for (const secret of [spki, spki.trim(), der, JSON.stringify(rsa.jwk)]) {
      for (const alg of ["HS256", "HS384", "HS512"]) {
        const unsigned = forged({ alg, kid: "rsa", typ: "JWT" }, claims()).slice(0, -1);
        const mac = createHmac(`sha${alg.slice(2)}`, secret)
          .update(unsigned)
          .digest("base64url");
        await refusedBy(verify, `${unsigned}.${mac}`);
      }
    }
    expect(served.fetches).toBe(0);
  });

  it("with a key of its own is refused, whatever the header says about it", async () => {
    const { verify, claims, served } = verifier();
    const own = await newKey("one");
    await refusedBy(verify, await sign(claims(), own));
    await refusedBy(verify, await sign(claims(), own, { jwk: own.jwk }));
    await refusedBy(verify, await sign(claims(), own, { jku: "https://evil.example/keys" }));
    await refusedBy(verify, await sign(claims(), own, { x5u: "https://evil.example/cert" }));
    expect(served.fetches).toBe(1);
  });

  it("under another algorithm than the key's is refused", async () => {
    const { verify, claims } = verifier([ISSUER], keySet([rsa]));
    const { alg: _, key_ops: __, ...bare } = await exportJWK(rsa.privateKey);
    const pss = { name: "RSA-PSS", hash: "SHA-256" };
    const privateKey = await crypto.subtle.importKey("jwk", bare as JsonWebKey, pss, true, [
      "sign",
    ]);
    // The key set says RS256: a token under PS256 finds no key, however well it is signed.
    await refusedBy(verify, await sign(claims(), { kid: "rsa", alg: "PS256", privateKey }));
  });

  it("with changed claims or a cut signature is refused", async () => {
    const { verify, claims } = verifier();
    const [head, , signature] = (await sign(claims(), key)).split(".");
    const [, body] = (await sign(claims({ sub: "root" }), key)).split(".");
    await refusedBy(verify, `${head}.${body}.${signature}`);
    await refusedBy(verify, `${head}.${body}.`);
    await refusedBy(verify, `${head}.${body}.${signature?.slice(0, -4)}`);
  });

  it.each([
    ["expired", { exp: -CLOCK_SKEW_S }],
    ["not valid yet", { nbf: CLOCK_SKEW_S + 2 }],
    ["issued in the future", { iat: CLOCK_SKEW_S + 2 }],
  ])("with a token that is %s is refused", async (_, moved) => {
    const { verify, claims, seconds } = verifier();
    const shifted = Object.fromEntries(
      Object.entries(moved).map(([claim, by]) => [claim, seconds() + by]),
    );
    await refusedBy(verify, await sign(claims(shifted), key));
  });

  it.each([
    { aud: "elsewhere" },
    { aud: [] },
    { aud: undefined },
    { aud: "lethe " },
    { iss: "https://id.example/" },
    { iss: "https://evil.example" },
    { iss: undefined },
    { iss: ["https://id.example"] },
    { sub: undefined },
    { sub: "" },
    { sub: 7 },
    { sub: ["ann-1"] },
    { sub: "ann@example.com" },
    { sub: "local" },
    { sub: "lethe" },
    { sub: "token/9f1c2b3a4d5e6f70" },
    { sub: "a\nb" },
    { sub: "x".repeat(256) },
    { exp: undefined },
    { exp: "2099" },
    { nbf: "now" },
  ])("with the claims %j is refused", async (more) => {
    const { verify, claims } = verifier();
    await refusedBy(verify, await signedAsItIs({ ...claims(), ...more }));
  });

  it("with a token of another kind, or one that must be understood, is refused", async () => {
    const { verify, claims } = verifier();
    for (const typ of ["logout+jwt", "secevent+jwt", "dpop+jwt"]) {
      await refusedBy(verify, await sign(claims(), key, { typ }));
    }
    await refusedBy(
      verify,
      forged({ alg: "ES256", kid: "one", crit: ["x"], x: 1 }, claims(), "AA"),
    );
  });

  const WRONG: readonly unknown[] = [5, -1, true, null, "", {}, [], ["ES256"], [null], { a: [] }];

  it.each(
    ["alg", "typ", "kid", "crit", "b64"].flatMap((member) =>
      WRONG.map((value) => [{ [member]: value }]),
    ),
  )("with %j in the header is refused, and nobody else is blamed", async (member) => {
    const blamed = vi.spyOn(console, "error").mockImplementation(() => {});
    const { verify, claims } = verifier();
    const header = { alg: "ES256", kid: "one", typ: "JWT", ...member };
    await refusedBy(verify, forged(header, {}, "AA"));
    await refusedBy(verify, forged(header, claims(), "AA"));
    expect(blamed).not.toHaveBeenCalled();
  });

  it.each(
    ["iss", "aud", "sub", "exp", "nbf", "iat"].flatMap((claim) =>
      WRONG.filter((value) => typeof value !== "number").map((value) => [{ [claim]: value }]),
    ),
  )("that is signed and claims %j is refused, and nobody else is blamed", async (claim) => {
    const blamed = vi.spyOn(console, "error").mockImplementation(() => {});
    const { verify, claims } = verifier();
    await refusedBy(verify, await signedAsItIs({ ...claims(), ...claim }));
    expect(blamed).not.toHaveBeenCalled();
  });

  it.each([
    "",
    "a",
    "..",
    "a.b.c",
    "e30.e30.e30",
    "eyJhbGciOiJFUzI1NiJ9..AAAA",
    "bnVsbA.bnVsbA.AAAA",
    "eyJhbGciOiJFUzI1NiJ9.W10.AAAA",
    `${"x".repeat(100)}.y.z.w.v`,
    "\u0000.\u0000.\u0000",
  ])("with what is no token is refused: %j", async (jwt) => {
    const { verify, served } = verifier();
    await refusedBy(verify, jwt);
    expect(served.fetches).toBe(0);
  });

  it("with an oversized token is refused unread", async () => {
    const { verify, claims, served } = verifier();
    const jwt = await sign(claims({ padding: "x".repeat(MAX_JWT_LENGTH) }), key);
    await refusedBy(verify, jwt);
    expect(served.fetches).toBe(0);
  });
});

describe("an issuer's keys", () => {
  it("are fetched once and kept for a while", async () => {
    const { verify, claims, served, pass } = verifier();
    for (const sub of ["a", "b", "c"]) {
      expect(await verify(await sign(claims({ sub }), key))).toMatchObject({ kind: "known" });
    }
    expect(served.fetches).toBe(1);
    pass(KEYS_KEPT_MS + 1);
    expect(await verify(await sign(claims(), key))).toMatchObject({ kind: "known" });
    expect(served.fetches).toBe(2);
  });

  it("that are new are found, but those who invent some cannot have them fetched at will", async () => {
    const { verify, claims, served, pass } = verifier();
    await verify(await sign(claims(), key));
    const rotated = await newKey("two");
    served.keys = [rotated];
    // Within the pause nothing is fetched, so nothing is known of it.
    await refusedBy(verify, await sign(claims(), rotated));
    expect(served.fetches).toBe(1);
    pass(ROTATION_PAUSE_MS + 1);
    expect(await verify(await sign(claims(), rotated))).toMatchObject({ kind: "known" });
    expect(served.fetches).toBe(2);
    for (let kid = 0; kid < 20; kid += 1) {
      await refusedBy(verify, await sign(claims(), { ...rotated, kid: `invented-${kid}` }));
    }
    expect(served.fetches).toBe(2);
  });

  it("that were withdrawn do not hold for long", async () => {
    const { verify, claims, served, pass } = verifier();
    const jwt = await sign(claims({ exp: 9_999_999_999 }), key);
    expect(await verify(jwt)).toMatchObject({ kind: "known" });
    served.keys = [await newKey("two")];
    pass(Math.max(KEYS_KEPT_MS, VERIFIED_KEPT_MS) + 1);
    await refusedBy(verify, jwt);
  });

  it.each([
    ["no answer", () => Promise.reject(new TypeError("fetch failed"))],
    ["an error", () => new Response("no", { status: 500 })],
    ["a redirect", () => new Response(null, { status: 302, headers: { Location: "/x" } })],
    ["no JSON", () => new Response("<html>")],
    ["no keys", () => Response.json({})],
    ["what is no key", () => Response.json({ keys: [0] })],
    ["a flood", () => new Response(`{"keys":[${"0,".repeat(200_000)}0]}`)],
  ])("that cannot be had, for %s, let nobody in and blame nobody", async (_, down) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { verify, claims, served, pass } = verifier();
    served.down = down;
    const jwt = await sign(claims(), key);
    for (let asked = 0; asked < 5; asked += 1) {
      expect(await verify(jwt)).toEqual({ kind: "unavailable" });
    }
    expect(served.fetches).toBe(1);
    served.down = null;
    pass(FAILURE_PAUSE_MS);
    expect(await verify(jwt)).toMatchObject({ kind: "known" });
  });
});

describe("a key of an issuer's that is of no use", () => {
  it.each([
    ["is no point of its curve", () => ({ ...key.jwk, x: "AAAA" })],
    ["is a private one", () => exportJWK(key.privateKey)],
    ["is too short", () => ({ kty: "RSA", e: "AQAB", n: "t".repeat(171), alg: "RS256" })],
  ])("as it %s, is the issuer's fault and not the token's", async (_, jwk) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { verify, claims, served } = verifier();
    const published = { ...(await jwk()), kid: "one", use: "sig" };
    served.down = () => Response.json({ keys: [published] });
    const alg = "alg" in published ? published.alg : key.alg;
    expect(await verify(forged({ alg, kid: "one" }, claims(), "AA"))).toEqual({
      kind: "unavailable",
    });
  });
});

describe("what neither a token nor its issuer is to blame for", () => {
  it("is told as what it is", async () => {
    const { claims } = verifier();
    const broken = new Error("no clock");
    const clock = { stands: false };
    const verify = jwtVerifier([ISSUER], {
      fetch: keySet([key]).fetch,
      now: () => {
        if (clock.stands) throw broken;
        return Date.now();
      },
    });
    expect(await verify(await sign(claims(), key))).toMatchObject({ kind: "known" });
    clock.stands = true;
    await expect(verify(await sign(claims({ sub: "bob-1" }), key))).rejects.toBe(broken);
  });
});

describe("a token that was verified", () => {
  it("is not verified again for a short time, and not beyond its end", async () => {
    const { verify, claims, seconds, pass } = verifier();
    const check = vi.spyOn(crypto.subtle, "verify");
    const jwt = await sign(claims({ exp: seconds() + 10 }), key);
    await verify(jwt);
    await verify(jwt);
    expect(check).toHaveBeenCalledTimes(1);
    pass((10 + CLOCK_SKEW_S) * 1000);
    await refusedBy(verify, jwt);
    const long = await sign(claims(), key);
    await verify(long);
    const before = check.mock.calls.length;
    pass(VERIFIED_KEPT_MS);
    await verify(long);
    expect(check.mock.calls.length).toBe(before + 1);
  });
});
