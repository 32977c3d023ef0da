/** The issuer's keys where the platform keeps what requests do apart: none waits for another's fetch. */
import { afterEach, expect, test, vi } from "vitest";
import { ROTATION_PAUSE_MS } from "../../../src/http/auth/keys.ts";
import { jwtVerifier } from "../../../src/http/auth/verifyJwt.ts";
import { type IssuerKey, keySet, newKey, sign } from "../../support/issuer.ts";

const ISSUER = {
  issuer: "https://id.example",
  audience: "lethe",
  jwks_uri: "https://id.example/keys",
  subject_claim: "sub",
};

/** Longer than a fetch may take. */
const GIVEN_UP_MS = 5_001;

/** For a machine that is busy besides. */
const PATIENCE_MS = 30_000;

afterEach(() => {
  vi.restoreAllMocks();
});

test("are asked for once by however many invent some at a time, and again when that is over", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  let now = Date.parse("2026-11-23T12:00:00Z");
  vi.spyOn(Date, "now").mockImplementation(() => now);
  const [known, second, third] = [await newKey("1"), await newKey("2"), await newKey("3")];
  const served = keySet([known]);
  const verify = jwtVerifier([ISSUER], { fetch: served.fetch, now: () => now });
  const jwt = (sub: string, by: Pick<IssuerKey, "kid" | "alg" | "privateKey">) =>
    sign({ iss: ISSUER.issuer, aud: "lethe", sub, exp: Math.floor(now / 1000) + 300 }, by);

  expect(await verify(await jwt("ann-1", known))).toMatchObject({ kind: "known" });
  now += ROTATION_PAUSE_MS + 1;
  let answer = (_: Response): void => {};
  served.down = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const first = verify(await jwt("ann-1", second));
  await vi.waitFor(() => expect(served.fetches).toBe(2), PATIENCE_MS);
  for (let kid = 0; kid < 20; kid += 1) {
    const invented = await jwt("eve-6", { ...second, kid: `invented-${kid}` });
    expect(await verify(invented)).toEqual({ kind: "unavailable" });
  }
  // Whose key is known is not kept waiting.
  expect(await verify(await jwt("bob-2", known))).toMatchObject({ kind: "known" });
  expect(served.fetches).toBe(2);
  answer(Response.json({ keys: [second.jwk] }));
  expect(await first).toMatchObject({ kind: "known" });

  // A search whose request went away without an end does not hold up the next one for ever.
  now += ROTATION_PAUSE_MS + 1;
  void verify(await jwt("ann-1", third));
  await vi.waitFor(() => expect(served.fetches).toBe(3), PATIENCE_MS);
  served.down = null;
  served.keys = [third];
  now += GIVEN_UP_MS;
  expect(await verify(await jwt("ann-1", third))).toMatchObject({ kind: "known" });
});
