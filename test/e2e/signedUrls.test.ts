/** Signed URLs against a started server and its object store: each opens what it was made for, alone. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../scripts/support/server.ts";
import { migratedServer } from "../support/migratedServer.ts";

const FILE = "id,amount\n1,100.0\n";

describe("a signed URL", () => {
  let directory: string;
  let server: Server;
  let upload: URL;
  let download: URL;

  const post = async (route: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${server.url}${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Record<string, unknown>;
  };
  const uploadUrl = async (filename: string, lake = "", expires_in = 900) =>
    new URL(String((await post(`${lake}/upload-url`, { filename, expires_in })).upload_url));
  const put = async (url: URL, body = FILE): Promise<number> => {
    const answer = await fetch(url, { method: "PUT", body });
    await answer.body?.cancel();
    return answer.status;
  };
  const get = async (url: URL, init: RequestInit = {}): Promise<number> => {
    const answer = await fetch(url, init);
    await answer.body?.cancel();
    return answer.status;
  };
  /** The same URL but for one parameter of its query, or its path. */
  const altered = (url: URL, change: (copy: URL) => void): URL => {
    const copy = new URL(url);
    change(copy);
    return copy;
  };

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-signed-"));
    server = await migratedServer({ persistTo: path.join(directory, "state") });
    upload = await uploadUrl("mine.csv");
    expect(await put(upload)).toBe(200);
    await post("/lakes", { lake_id: "other", name: "o", region: "eu", compliance_level: "gdpr" });
    expect(await put(await uploadUrl("theirs.csv", "/lakes/other"))).toBe(200);
    download = new URL(
      String((await post("/download-url", { filename: "mine.csv" })).download_url),
    );
    expect(await get(download)).toBe(200);
  });

  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("is refused when anything in it is another: file, lake, time, key, signature", async () => {
    const wrong = [
      altered(download, (url) => {
        url.pathname = url.pathname.replace("mine.csv", "yours.csv");
      }),
      altered(download, (url) => {
        url.pathname = url.pathname.replace("default/landing/mine.csv", "other/landing/theirs.csv");
      }),
      altered(download, (url) => {
        url.pathname = url.pathname.replace(/lakes\/.*$/, "");
      }),
      ...["X-Amz-Expires", "X-Amz-Date", "X-Amz-Credential", "X-Amz-SignedHeaders"].map((name) =>
        altered(download, (url) =>
          url.searchParams.set(name, (url.searchParams.get(name) ?? "").replace(/\d|h/, "7")),
        ),
      ),
      altered(download, (url) => {
        const signature = url.searchParams.get("X-Amz-Signature") ?? "";
        const last = signature.endsWith("0") ? "1" : "0";
        url.searchParams.set("X-Amz-Signature", `${signature.slice(0, -1)}${last}`);
      }),
      altered(download, (url) => url.searchParams.set("X-Amz-Signature", "")),
      altered(download, (url) => url.searchParams.append("versionId", "1")),
      altered(download, (url) => url.searchParams.append("list-type", "2")),
      ...[...download.searchParams.keys()].map((name) =>
        altered(download, (url) => url.searchParams.delete(name)),
      ),
    ];
    for (const url of wrong) {
      const status = await get(url);
      expect(status >= 400 && status < 500, `${status} ${url}`).toBe(true);
    }
    expect(await get(download)).toBe(200);
  });

  test("to read does not write, and one to write does not read, delete or write elsewhere", async () => {
    expect(await put(download, "overwritten")).toBe(403);
    expect(await get(download, { method: "DELETE" })).toBe(403);
    expect(await get(upload)).toBe(403);
    expect(await get(upload, { method: "DELETE" })).toBe(403);
    const elsewhere = altered(upload, (url) => {
      url.pathname = url.pathname.replace("default/landing/mine.csv", "other/landing/theirs.csv");
    });
    expect(await put(elsewhere, "overwritten")).toBe(403);
    expect(await (await fetch(download)).text()).toBe(FILE);
  });

  test("to write takes what is sent and copies nothing, whatever header is added", async () => {
    const mine = await uploadUrl("copied.csv");
    const sources = ["lakes/other/landing/theirs.csv", "lakes/default/landing/mine.csv"];
    for (const source of sources) {
      for (const header of ["x-amz-copy-source", "X-Amz-Copy-Source"]) {
        const copy = { method: "PUT", headers: { [header]: `/lethe-objects/${source}` } };
        expect(await get(mine, copy), source).toBe(403);
      }
      const part = altered(mine, (url) => {
        url.searchParams.append("partNumber", "1");
        url.searchParams.append("uploadId", "x");
      });
      const copy = { method: "PUT", headers: { "x-amz-copy-source": `/lethe-objects/${source}` } };
      expect(await get(part, copy), source).toBe(403);
    }
    const nothing = await post("/download-url", { filename: "copied.csv" });
    expect(nothing.code).toBe("file-not-found");
    expect(await put(mine)).toBe(200);
    const url = String((await post("/download-url", { filename: "copied.csv" })).download_url);
    expect(await (await fetch(url)).text()).toBe(FILE);
  });

  test("is tried from outside by whoever asks whether all is well", async () => {
    const answer = await fetch(`${server.url}/admin/ready`);
    const { checks } = (await answer.json()) as { checks: Record<string, unknown>[] };
    const uploads = checks.find(({ name }) => name === "uploads");
    expect([answer.status, uploads?.ok, uploads?.detail]).toEqual([200, true, null]);
  });

  test("is refused once its time has passed", async () => {
    const short = await uploadUrl("late.csv", "", 1);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(await put(short)).toBe(403);
  });
});
