import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { presigner, type S3Endpoint } from "../../src/storage/presigner.ts";

const KEY = "lakes/north/landing/sales 2026.csv";
const SIGNED_AT = "2026-11-29T12:00:00.000Z";
const BEGINS_S = Date.parse(SIGNED_AT) / 1000;
const SECRET = "5f2c".repeat(16);

const endpoint: S3Endpoint = {
  base_url: "https://account1.eu.r2.cloudflarestorage.com",
  bucket: "lethe-objects-eu",
  access_key_id: "parent-key",
  secret_access_key: SECRET,
  uploads: { kind: "scoped", account_id: "account1" },
};

const signed = async (more: Partial<S3Endpoint> = {}, method: "GET" | "PUT" = "PUT") => {
  const request = { method, key: KEY, signed_at: SIGNED_AT, expires_in: 900 };
  return new URL(await presigner({ ...endpoint, ...more }).sign(request));
};

/** The token within a session token: base64 of `jwt/` and the token. */
const tokenOf = (url: URL): string => {
  const session = atob(url.searchParams.get("X-Amz-Security-Token") ?? "");
  expect(session.slice(0, 4)).toBe("jwt/");
  return session.slice(4);
};

/** The URL as whoever has these credentials signs it. */
const signedWith = async (
  secretAccessKey: string,
  more: { sessionToken?: string; headers?: Record<string, string> } = {},
): Promise<string> => {
  const path = KEY.split("/").map(encodeURIComponent).join("/");
  const signer = new AwsV4Signer({
    method: "PUT",
    url: `${endpoint.base_url}/${endpoint.bucket}/${path}?X-Amz-Expires=900`,
    accessKeyId: "parent-key",
    secretAccessKey,
    service: "s3",
    region: "auto",
    signQuery: true,
    datetime: "20261129T120000Z",
    ...more,
  });
  return (await signer.sign()).url.toString();
};

describe("an upload URL of R2", () => {
  test("is signed with credentials that put its one object, do nothing else and end with it", async () => {
    const url = await signed();
    const { payload, protectedHeader } = await jwtVerify(
      tokenOf(url),
      new TextEncoder().encode(SECRET),
      { currentDate: new Date(SIGNED_AT) },
    );
    expect(protectedHeader).toEqual({ alg: "HS256", typ: "JWT" });
    expect(payload).toEqual({
      bucket: "lethe-objects-eu",
      actions: ["PutObject"],
      paths: { prefixPaths: [], objectPaths: [KEY] },
      sub: "account1",
      iss: "parent-key",
      aud: "account1.eu.r2.cloudflarestorage.com",
      iat: BEGINS_S,
      exp: BEGINS_S + 900,
    });
    expect(url.searchParams.get("X-Amz-Expires")).toBe("900");
    expect(url.searchParams.get("X-Amz-Date")).toBe("20261129T120000Z");
  });

  test("bears the signature of the secret that follows from its token, the token included", async () => {
    const url = await signed();
    const token = tokenOf(url);
    const derived = createHash("sha256").update(token).digest("hex");
    const sessionToken = url.searchParams.get("X-Amz-Security-Token") ?? "";
    expect(await signedWith(derived, { sessionToken })).toBe(url.toString());
    for (const other of [SECRET, token, derived.toUpperCase()]) {
      expect(await signedWith(other, { sessionToken })).not.toBe(url.toString());
    }
    expect(url.toString()).not.toContain(SECRET);
  });

  test("is the same whenever it is signed again, and another for every object and time", async () => {
    expect((await signed()).toString()).toBe((await signed()).toString());
    const sign = presigner(endpoint).sign;
    const request = { method: "PUT", key: KEY, signed_at: SIGNED_AT, expires_in: 900 } as const;
    const tokens = await Promise.all(
      [
        request,
        { ...request, key: "lakes/south/landing/sales.csv" },
        { ...request, expires_in: 60 },
        { ...request, signed_at: "2026-11-29T12:00:01.000Z" },
      ].map(async (each) => tokenOf(new URL(await sign(each)))),
    );
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  test("is signed with the account's own credentials where that is said", async () => {
    const url = await signed({ uploads: { kind: "account" } });
    expect(url.searchParams.has("X-Amz-Security-Token")).toBe(false);
    expect(url.toString()).toBe(await signedWith(SECRET));
  });
});

describe("an upload URL of the simulator", () => {
  test("has the header that would make a copy of it signed as empty", async () => {
    const url = await signed({ uploads: { kind: "no_source" } });
    expect(url.searchParams.get("X-Amz-SignedHeaders")).toBe("host;x-amz-copy-source");
    expect(url.searchParams.has("X-Amz-Security-Token")).toBe(false);
    const headers = { "x-amz-copy-source": "" };
    expect(url.toString()).toBe(await signedWith(SECRET, { headers }));
  });
});

describe("a URL that reads", () => {
  test.each([{ kind: "scoped", account_id: "account1" }, { kind: "no_source" }] as const)(
    "is signed with the account's own credentials, where uploads are $kind",
    async (uploads) => {
      const url = await signed({ uploads }, "GET");
      expect(url.searchParams.has("X-Amz-Security-Token")).toBe(false);
      expect(url.searchParams.get("X-Amz-SignedHeaders")).toBe("host");
    },
  );
});
