/**
 * The Worker that the data plane's figures are measured in: its code as it is, over an object store
 * that is a directory, so that files are read and written as the engine beside it does. The answer
 * comes when the pass is done and tells the rows that were written.
 */
import { MissingObjectError, type ObjectStore } from "../../../src/application/dataPorts.ts";
import { refine } from "../../../src/data/refine.ts";
import { parsePrivacyRules } from "../../../src/domain/rules/privacy.ts";
import { parseQualityRules } from "../../../src/domain/rules/quality.ts";
import type { Schema } from "../../../src/domain/table.ts";
import { digestingStore } from "../../../src/storage/digestingStore.ts";

interface Files {
  /** A directory as a service: GET with ranges, PUT. */
  readonly FILES: Fetcher;
}

interface Job {
  readonly key: string;
  readonly bytes: number;
  readonly schema: Schema;
  readonly quality: unknown;
  readonly privacy: unknown;
}

const url = (key: string) => `http://files/${key}`;

const directoryStore = (files: Fetcher): ObjectStore => ({
  async head(key) {
    const response = await files.fetch(url(key), { method: "HEAD" });
    if (!response.ok) return null;
    const size_bytes = Number(response.headers.get("content-length"));
    return { key, size_bytes, etag: "", uploaded_at: new Date(0) };
  },
  async open(key, range) {
    const headers: Record<string, string> =
      range === undefined
        ? {}
        : { range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
    const response = await files.fetch(url(key), { headers });
    return response.ok ? response.body : null;
  },
  async read(key, offset, length) {
    const range = `bytes=${offset}-${offset + length - 1}`;
    const response = await files.fetch(url(key), { headers: { range } });
    if (!response.ok) throw new MissingObjectError(`object ${key} is missing`);
    return new Uint8Array(await response.arrayBuffer());
  },
  writer(key) {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const done = files.fetch(url(key), { method: "PUT", body: readable });
    return {
      async write(bytes) {
        await writer.write(bytes);
      },
      async close() {
        await writer.close();
        const response = await done;
        if (!response.ok) throw new Error(`${key}: ${response.status}`);
      },
      async abort() {
        await writer.abort(new Error("given up"));
        await done.catch(() => undefined);
      },
    };
  },
  delete: () => Promise.reject(new Error("nothing is deleted here")),
  clear: () => Promise.reject(new Error("nothing is deleted here")),
  list: () => {
    throw new Error("nothing is listed here");
  },
});

const key = (byte: number) => new Uint8Array(32).fill(byte);
const KEYS = {
  hash: key(1),
  token: key(2),
  pseudonym: key(3),
  noise: key(4),
  date_shift: key(5),
  unique: key(6),
};

export default {
  async fetch(request, env) {
    const job = (await request.json()) as Job;
    const store = digestingStore(directoryStore(env.FILES), key(7));
    const quality = parseQualityRules(job.quality);
    const privacy = parsePrivacyRules(job.privacy);
    if (!quality.ok || !privacy.ok) return Response.json({ quality, privacy }, { status: 422 });
    const refined = await refine(store, {
      source: { key: job.key, format: "csv", bytes: job.bytes, sha256: "", rows: 0 },
      schema: job.schema,
      quality: quality.value,
      privacy: privacy.value,
      keys: KEYS,
      subject_column: null,
      now: new Date("2026-11-24T00:00:00Z"),
      clean_key: `${job.key}.parquet`,
    });
    return Response.json(refined.ok ? { rows: refined.value.clean?.rows } : refined.error);
  },
} satisfies ExportedHandler<Files>;
