/** The signed route to sealed objects: what it gives, in which part, to whom and until when. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Lake, send } from "../support/lakeClient.ts";
import { fetched, publishPeople, strictLake, urlOf } from "../support/sealedLake.ts";

afterEach(() => {
  vi.useRealTimers();
});

const publishedLake = async () => {
  const lake = await strictLake();
  await publishPeople(lake, "b");
  return lake;
};

const accesses = async (lake: Lake) =>
  (await lake.events()).filter(({ type }) => type === "AccessAudited").length;

describe("a URL to a sealed file", () => {
  test("gives the whole with its type, its name and its length, and is not to be kept", async () => {
    const lake = await publishedLake();
    for (const [format, type] of [
      ["csv", "text/csv; charset=utf-8"],
      ["parquet", "application/vnd.apache.parquet"],
    ] as const) {
      const { status, headers, bytes } = await fetched(await urlOf(lake, "b", format));
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        "content-type": type,
        "content-length": String(bytes.length),
        "content-disposition": `attachment; filename="b.${format}"`,
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        etag: expect.stringMatching(/^"[^"]+"$/),
      });
    }
  });

  test("to rejected rows says what they are", async () => {
    const lake = await publishedLake();
    const url = (await lake.get("/batches/b/quarantine")).text("download_url");
    const { status, headers, text } = await fetched(url);
    expect(status).toBe(200);
    expect(headers.get("Content-Type")).toBe("application/x-ndjson");
    expect(headers.get("Content-Disposition")).toBe('attachment; filename="b-quarantine.jsonl"');
    expect(JSON.parse(text)).toMatchObject({ row_number: 3 });
  });

  test("gives the part that is asked for", async () => {
    const lake = await publishedLake();
    const url = await urlOf(lake, "b", "parquet");
    const whole = (await fetched(url)).bytes;
    const size = whole.length;
    for (const [range, from, to] of [
      ["bytes=0-3", 0, 4],
      ["bytes=10-", 10, size],
      [`bytes=-8`, size - 8, size],
      [`bytes=5-${size + 100}`, 5, size],
    ] as const) {
      const { status, headers, bytes } = await fetched(url, { headers: { Range: range } });
      expect(status, range).toBe(206);
      expect(headers.get("Content-Range")).toBe(`bytes ${from}-${to - 1}/${size}`);
      expect(headers.get("Content-Length")).toBe(String(to - from));
      expect(bytes).toEqual(whole.slice(from, to));
    }
    const beyond = await fetched(url, { headers: { Range: `bytes=${size}-` } });
    expect([beyond.status, beyond.code]).toEqual([416, "range-not-satisfiable"]);
    expect(beyond.headers.get("Content-Range")).toBe(`bytes */${size}`);
    const several = await fetched(url, { headers: { Range: "bytes=0-1,3-4" } });
    expect([several.status, several.bytes.length]).toEqual([200, size]);
  });

  test("gives a part only to whoever has the rest of the same file", async () => {
    const lake = await publishedLake();
    const url = await urlOf(lake, "b");
    const etag = (await fetched(url)).headers.get("ETag") ?? "";
    const asked = (known: string) =>
      fetched(url, { headers: { Range: "bytes=0-1", "If-Range": known } });
    expect((await asked(etag)).status).toBe(206);
    expect((await asked('"another"')).status).toBe(200);
  });

  test("says the same without the bytes when it is asked by HEAD", async () => {
    const lake = await publishedLake();
    const url = await urlOf(lake, "b");
    const whole = await fetched(url);
    const head = await fetched(url, { method: "HEAD" });
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
    for (const name of ["content-length", "content-type", "etag", "accept-ranges"]) {
      expect(head.headers.get(name), name).toBe(whole.headers.get(name));
    }
    // A range is one of what is sent, and nothing is.
    for (const Range of ["bytes=2-4", "bytes=-0", "bytes=999999-"]) {
      const { status, headers } = await fetched(url, { method: "HEAD", headers: { Range } });
      expect([status, headers.has("Content-Range")]).toEqual([200, false]);
      expect(headers.get("Content-Length")).toBe(String(whole.bytes.length));
    }
  });

  test("is for reading alone", async () => {
    const url = await urlOf(await publishedLake(), "b");
    for (const method of ["PUT", "POST", "DELETE"]) {
      const answer = await fetched(url, { method, ...(method === "PUT" ? { body: "x" } : {}) });
      expect(answer.status, method).toBe(405);
    }
  });

  test("is refused to whoever altered anything in it", async () => {
    const lake = await publishedLake();
    const url = await urlOf(lake, "b");
    const token = url.slice(url.lastIndexOf("/") + 1);
    const [payload = "", signature = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const withClaims = (more: object) =>
      `${Buffer.from(JSON.stringify({ ...claims, ...more })).toString("base64url")}.${signature}`;
    const raw = (await lake.keys()).find((key) => key.includes("/raw/"));
    const last = signature.at(-1) === "A" ? "B" : "A";
    for (const altered of [
      withClaims({ expires_at: "2099-01-01T00:00:00.000Z" }),
      withClaims({ key: raw }),
      withClaims({ batch_id: "c" }),
      `${payload}.`,
      payload,
      `.${signature}`,
      "x",
      `${payload}.${signature.slice(0, -1)}${last}`,
      `${payload}.${signature.slice(0, -1)}`,
      `${payload}.${signature}.${signature}`,
      `${payload}.${signature}=`,
      `${payload}=.${signature}`,
      `${payload}.${Buffer.alloc(32).toString("base64url")}`,
      "x".repeat(3_000),
    ]) {
      const answer = await fetched(url.replace(token, altered));
      expect([answer.status, answer.code], altered).toEqual([403, "bad-signature"]);
      expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
    }
    expect((await fetched(url)).status).toBe(200);
  });

  test("of one lake opens nothing in another", async () => {
    const [one, other] = [await publishedLake(), await publishedLake()];
    const url = await urlOf(one, "b");
    const foreign = await fetched(url.replace(one.id, other.id));
    expect([foreign.status, foreign.code]).toEqual([403, "bad-signature"]);
    const nowhere = await fetched(url.replace(one.id, "lake-of-nobody"));
    // Whoever has no URL cannot find out which lakes there are.
    expect([nowhere.status, nowhere.code]).toEqual([403, "bad-signature"]);
  });

  test("works until it expires and not a moment longer", async () => {
    const lake = await publishedLake();
    await urlOf(lake, "b");
    const body = { batch_id: "b", consumer: "alice", format: "csv", expires_in: 60 };
    const granted = await lake.done("/consume-batch", body);
    const url = granted.text("download_url");
    const expires = Date.parse(granted.text("expires_at"));
    vi.useFakeTimers({ toFake: ["Date"], now: expires - 1 });
    expect((await fetched(url)).status).toBe(200);
    vi.setSystemTime(expires);
    const late = await fetched(url);
    expect([late.status, late.code]).toEqual([403, "url-expired"]);
  });

  test("is on the host that the client has reached Lethe under", async () => {
    const lake = await publishedLake();
    const answer = await send(`http://127.0.0.1:8123/lakes/${lake.id}/consume-batch`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ batch_id: "b", consumer: "alice" }),
    });
    expect(answer.text("download_url")).toMatch(/^http:\/\/127\.0\.0\.1:8123\/lakes\//);
  });

  test("is not served to another host than the machine itself", async () => {
    const url = await urlOf(await publishedLake(), "b");
    const elsewhere = await fetched(url.replace("//localhost", "//lethe.example.com"));
    expect([elsewhere.status, elsewhere.code]).toEqual([503, "not-configured"]);
  });
});

describe("what a URL opened", () => {
  test("is gone while its batch is in quarantine, and back when it is released", async () => {
    const lake = await publishedLake();
    const url = await urlOf(lake, "b");
    const rejected = (await lake.get("/batches/b/quarantine")).text("download_url");
    await lake.done("/quarantine-batch", { batch_id: "b", reason: "a doubt" });
    const read = await fetched(url);
    expect([read.status, read.code]).toEqual([404, "object-gone"]);
    // Rejected rows are what somebody looks at while a batch is in quarantine.
    expect((await fetched(rejected)).status).toBe(200);
    await lake.done("/release-batch", { batch_id: "b", reason: "looked at it" });
    expect((await fetched(url)).status).toBe(200);
  });

  test("is gone once the batch was derived anew", async () => {
    const lake = await publishedLake();
    const url = await urlOf(lake, "b");
    await lake.done("/replay", { dataset: "people" });
    const read = await fetched(url);
    expect([read.status, read.code]).toEqual([404, "object-gone"]);
    expect((await fetched(await urlOf(lake, "b"))).status).toBe(200);
  });

  test("is gone when the store has lost it", async () => {
    const lake = await publishedLake();
    const url = await urlOf(lake, "b");
    const published = (await lake.referenced()).find((key) => /published.*\.csv$/.test(key));
    await env.OBJECTS.delete(published ?? "");
    const read = await fetched(url);
    expect([read.status, read.code]).toEqual([404, "object-gone"]);
  });
});

describe("the access", () => {
  test("is on record before the URL is handed out, and the URL is not a record", async () => {
    const lake = await publishedLake();
    const before = await accesses(lake);
    const url = await urlOf(lake, "b");
    expect(await accesses(lake)).toBe(before + 1);
    await fetched(url);
    await fetched(url);
    expect(await accesses(lake)).toBe(before + 1);
    const token = url.slice(url.lastIndexOf("/") + 1);
    const [, signature = "none"] = token.split(".");
    expect(await lake.dump()).not.toContain(signature);
  });

  test("asked for twice under one key is one access and the same URL", async () => {
    const lake = await publishedLake();
    await urlOf(lake, "b");
    const ask = () =>
      lake.post(
        "/consume-batch",
        { batch_id: "b", consumer: "alice", format: "csv" },
        { "Idempotency-Key": "once" },
      );
    const first = await ask();
    const before = await accesses(lake);
    const second = await ask();
    expect(second.headers.get("Idempotency-Replayed")).toBe("true");
    expect(second.text("download_url")).toBe(first.text("download_url"));
    expect(await accesses(lake)).toBe(before);
    expect((await fetched(second.text("download_url"))).status).toBe(200);
    const signature = first.text("download_url").split(".").at(-1) ?? "none";
    expect(await lake.dump()).not.toContain(signature);
  });
});
