/** Signed URLs as they are handed out: of the right shape, validly signed, and on record. */

import { env } from "cloudflare:workers";
import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { append, newLake, salesLake, send, typesOf } from "../support/lakeClient.ts";

const hmac = (key: string | Uint8Array, text: string) =>
  createHmac("sha256", key).update(text).digest();

const encode = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Of an upload URL a header that would make it a copy is signed too: as one that is not there. */
const HEADERS = { GET: ["host"], PUT: ["host", "x-amz-copy-source"] } as const;

/** The signature by AWS's own description of Signature Version 4 in the query. */
const signatureOf = (method: "GET" | "PUT", url: URL): string => {
  const [, date = "", region = "", service = ""] =
    url.searchParams.get("X-Amz-Credential")?.split("/") ?? [];
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const names = HEADERS[method];
  const headers = names.map((name) => `${name}:${name === "host" ? url.host : ""}\n`).join("");
  const request = `${method}\n${url.pathname}\n${query}\n${headers}\n${names.join(";")}\nUNSIGNED-PAYLOAD`;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const digest = createHash("sha256").update(request).digest("hex");
  const time = url.searchParams.get("X-Amz-Date");
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`;
  const key = [date, region, service, "aws4_request"].reduce<string | Uint8Array>(
    (secret, part) => hmac(secret, part),
    `AWS4${env.R2_SECRET_ACCESS_KEY}`,
  );
  return createHmac("sha256", key).update(toSign).digest("hex");
};

const expectSigned = (method: "GET" | "PUT", url: URL, key: RegExp, seconds: number) => {
  expect(url.pathname.replace(`/cdn-cgi/local/r2/s3/${env.OBJECTS_BUCKET}/`, "")).toMatch(key);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Expires": String(seconds),
    "X-Amz-SignedHeaders": HEADERS[method].join(";"),
    "X-Amz-Credential": expect.stringMatching(
      new RegExp(`^${env.R2_ACCESS_KEY_ID}/\\d{8}/auto/s3/aws4_request$`),
    ),
  });
  expect(url.searchParams.get("X-Amz-Signature")).toBe(signatureOf(method, url));
};

describe("an upload URL", () => {
  test("is validly signed for PUT on the host the client has reached, and says until when", async () => {
    const lake = await newLake();
    for (const host of ["localhost", "127.0.0.1:8000"]) {
      const before = Math.floor(Date.now() / 1000) * 1000;
      const answer = await send(`http://${host}/lakes/${lake.id}/upload-url`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ filename: "a/b_c-1.csv", expires_in: 60 }),
      });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ method: "PUT", file_url: "a/b_c-1.csv", headers: {} });
      const url = new URL(answer.text("upload_url"));
      expect(url.host).toBe(host);
      expectSigned("PUT", url, new RegExp(`^lakes/${lake.id}/landing/a/b_c-1\\.csv$`), 60);
      const expires = Date.parse(answer.text("expires_at"));
      expect(expires).toBeGreaterThanOrEqual(before + 60_000);
      expect(expires).toBeLessThanOrEqual(Date.now() + 60_000);
      // It is signed for this method alone.
      expect(url.searchParams.get("X-Amz-Signature")).not.toBe(signatureOf("GET", url));
    }
  });

  test("is valid for fifteen minutes unless said otherwise, at most for seven days", async () => {
    const lake = await salesLake();
    for (const [more, seconds] of [
      [{}, 900],
      [{ expires_in: 604_800 }, 604_800],
      [{ expires_in: 1 }, 1],
    ] as const) {
      for (const route of ["/upload-url", "/datasets/sales/upload-url"]) {
        const answer = await lake.done(route, { filename: "f.csv", ...more });
        expectSigned("PUT", new URL(answer.text("upload_url")), /landing\/f\.csv$/, seconds);
      }
    }
  });

  test("is on record without being a credential there", async () => {
    const lake = await newLake();
    const answer = await lake.done("/upload-url", { filename: "f.csv" });
    expect(typesOf(answer)).toEqual(["SignedUrlCreated"]);
    const event = (await lake.events()).at(-1);
    expect(event?.data).toEqual({
      dataset: null,
      filename: "f.csv",
      method: "PUT",
      signed_at: expect.any(String),
      expires_at: answer.text("expires_at"),
    });
  });
});

describe("a download URL", () => {
  test("is validly signed for GET, only for a file that is there, and audited before", async () => {
    const lake = await salesLake();
    expect((await lake.post("/download-url", { filename: "f.csv" })).status).toBe(404);
    await lake.land("f.csv", "id,amount\n1,2\n");
    const answer = await lake.done("/datasets/sales/download-url", {
      filename: "f.csv",
      purpose: "a look",
      expires_in: 30,
    });
    expectSigned("GET", new URL(answer.text("download_url")), /landing\/f\.csv$/, 30);
    expect(typesOf(answer)).toEqual(["SignedUrlCreated", "AccessAudited"]);
    expect((await lake.get("/access-log")).at("items", 0)).toMatchObject({
      accessor_id: "local",
      dataset_id: "sales",
      action: "read",
      purpose: "a look",
      object: "f.csv",
    });
  });

  test("of a published batch opens what was published, and is audited in the consumer's name", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    for (const format of ["parquet", "csv"] as const) {
      const answer = await lake.done("/consume-batch", {
        batch_id: "b",
        consumer: "alice",
        purpose: "analysis",
        format,
      });
      const url = new URL(answer.text("download_url"));
      expectSigned("GET", url, new RegExp(`/published/sales/b/.*\\.${format}$`), 900);
      const key = url.pathname.split(`${env.OBJECTS_BUCKET}/`)[1] ?? "";
      expect(await env.OBJECTS.head(key)).not.toBeNull();
      expect((await lake.events()).at(-1)).toMatchObject({
        type: "AccessAudited",
        data: { accessor_id: "alice", dataset_id: "sales", action: "read", object: "batch/b" },
      });
    }
  });

  test("of rejected rows opens them, and is audited", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    expect((await lake.get("/batches/b/quarantine")).status).toBe(404);
    await lake.done("/run-dq", { batch_id: "b", quality_rules: { amount: ">0" } });
    const answer = await lake.get("/batches/b/quarantine");
    const url = new URL(answer.text("download_url"));
    expectSigned("GET", url, /\/quarantine\/.*\.jsonl$/, 900);
    const object = await env.OBJECTS.get(url.pathname.split(`${env.OBJECTS_BUCKET}/`)[1] ?? "");
    expect(JSON.parse((await object?.text()) ?? "{}")).toMatchObject({
      row_number: 3,
      failures: [{ column: "amount", rule: ">0" }],
    });
    expect((await lake.events()).at(-1)).toMatchObject({ type: "AccessAudited" });
  });
});
