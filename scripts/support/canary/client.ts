/** A lake as whoever fills it sees it: over HTTP, step by step, every step checked. */
import { setTimeout as sleep } from "node:timers/promises";

export type Json = Readonly<Record<string, unknown>>;

export interface LakeClient {
  readonly lake_id: string;
  get(route: string): Promise<Json>;
  /** Throws unless it is answered with one of these statuses; by default any below 300. */
  post(route: string, body: object, options?: PostOptions): Promise<Json>;
  /** Uploads a file through a URL that the lake signs. */
  upload(filename: string, bytes: Uint8Array | string): Promise<void>;
  download(url: unknown): Promise<Buffer>;
  /** As a client in error would: whatever comes back. */
  send(method: string, route: string, body: string | null): Promise<void>;
  /** Asks until the answer is as wanted. */
  until(route: string, wanted: (answer: Json) => boolean): Promise<Json>;
}

export interface PostOptions {
  readonly key?: string;
  readonly status?: readonly number[];
}

const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 100;

export const lakeClient = (base: () => string, lake_id: string): LakeClient => {
  const url = (route: string) => `${base()}/lakes/${lake_id}${route}`;

  const get = async (route: string): Promise<Json> => {
    const response = await fetch(url(route));
    const text = await response.text();
    if (!response.ok) throw new Error(`GET ${route}: ${response.status} ${text}`);
    return JSON.parse(text) as Json;
  };

  const post = async (route: string, body: object, { key, status }: PostOptions = {}) => {
    const response = await fetch(url(route), {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(key ? { "Idempotency-Key": key } : {}) },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const fine = status ? status.includes(response.status) : response.ok;
    if (!fine) throw new Error(`POST ${route}: ${response.status} ${text}`);
    return JSON.parse(text) as Json;
  };

  return {
    lake_id,
    get,
    post,
    async upload(filename, bytes) {
      const { upload_url } = await post("/upload-url", { filename });
      const body = typeof bytes === "string" ? bytes : Uint8Array.from(bytes);
      const response = await fetch(String(upload_url), { method: "PUT", body });
      if (!response.ok) throw new Error(`upload of ${filename}: ${response.status}`);
    },
    async download(signed) {
      const response = await fetch(String(signed));
      if (!response.ok) throw new Error(`download: ${response.status} ${await response.text()}`);
      return Buffer.from(await response.arrayBuffer());
    },
    async send(method, route, body) {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(url(route), { method, headers, body });
      await response.arrayBuffer();
    },
    async until(route, wanted) {
      const end = Date.now() + PATIENCE_MS;
      for (;;) {
        const answer = await get(route);
        if (wanted(answer)) return answer;
        if (Date.now() > end) throw new Error(`GET ${route} stays ${JSON.stringify(answer)}`);
        await sleep(LOOK_EVERY_MS);
      }
    },
  };
};
