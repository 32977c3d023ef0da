/**
 * A lake's log as its server gives it: read with patience, believed by nobody. Whatever is not an
 * answer of the right form ends as an `UnreadableError`; whether an answer is true is not asked here.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { HASH_BYTES } from "./merkle.ts";
import { decodeBase64 } from "./note.ts";
import { UnreadableError } from "./report.ts";

/** The server answers at most so many leaves at once. */
const PAGE_LEAVES = 1000;

/** Also when the server falls silent in the middle of an answer. */
const TIMEOUT_MS = 60_000;

const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** The tree of 2^63 leaves has no longer proof than this. */
const MAX_PROOF_HASHES = 128;

/** Waits between tries, when the server is busy or the network fails. */
const RETRY_MS = [250, 1_000, 4_000] as const;
const MAX_RETRY_AFTER_S = 60;

export interface ServedLeaf {
  readonly seq: number;
  readonly bytes: Buffer;
}

export interface LakeLog {
  key(): Promise<string>;
  checkpoint(): Promise<Buffer>;
  /**
   * The leaves `from … to - 1` (indexes), as many as the server has, labelled as it labels them.
   * An empty page is passed over: what is missing shows by the labels.
   */
  leaves(from: number, to: number): AsyncGenerator<ServedLeaf>;
  inclusion(index: number, size: number): Promise<Buffer[]>;
  consistency(from: number, to: number): Promise<Buffer[]>;
}

/** `lake` is the lake's URL; `token`, if any, is sent as a bearer token. */
export const lakeLog = (lake: string, token?: string): LakeLog => {
  const get = (path: string) => read(`${lake}/log/${path}`, token);
  const proof = async (path: string, fields: Readonly<Record<string, number>>) => {
    const answer = parseObject(await get(path), path);
    for (const [field, value] of Object.entries(fields))
      if (answer[field] !== value) throw new UnreadableError(`${path} answered another ${field}`);
    return hashesOf(answer.hashes, path);
  };
  return {
    key: async () => (await get("key")).toString(),
    checkpoint: () => get("checkpoint"),
    async *leaves(from, to) {
      for (let next = from; next < to; ) {
        const end = Math.min(next + PAGE_LEAVES, to);
        const page = leavesOf(await get(`leaves?from=${next}&to=${end}`));
        yield* page;
        const last = page.at(-1);
        // An index is seq - 1, so the last one's seq is where the next page starts.
        next = last !== undefined && last.seq > next && last.seq <= end ? last.seq : end;
      }
    },
    inclusion: (index, size) =>
      proof(`inclusion?seq=${index + 1}&size=${size}`, { leaf_index: index, tree_size: size }),
    consistency: (from, to) => proof(`consistency?from=${from}&to=${to}`, {}),
  };
};

const parseObject = (bytes: Buffer, path: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new UnreadableError(`${path} did not answer a JSON object`);
};

const hashesOf = (hashes: unknown, path: string): Buffer[] => {
  if (!Array.isArray(hashes) || hashes.length > MAX_PROOF_HASHES)
    throw new UnreadableError(`${path} answered no list of hashes`);
  return hashes.map((encoded: unknown) => {
    const bytes = typeof encoded === "string" ? decodeBase64(encoded) : null;
    if (bytes === null || bytes.length !== HASH_BYTES)
      throw new UnreadableError(`${path} answered something that is no hash`);
    return bytes;
  });
};

const leavesOf = (page: Buffer): ServedLeaf[] => {
  const lines = page.toString().split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => {
    const { seq, leaf } = parseObject(Buffer.from(line), "leaves");
    const bytes = typeof leaf === "string" ? decodeBase64(leaf) : null;
    if (typeof seq !== "number" || !Number.isSafeInteger(seq) || bytes === null)
      throw new UnreadableError("leaves answered a line that is not {seq, leaf}");
    return { seq, bytes };
  });
};

/** The body of the answer, after as many tries as are worth it. */
const read = async (url: string, token: string | undefined): Promise<Buffer> => {
  for (const wait of [...RETRY_MS, null]) {
    const answer = await attempt(url, token);
    if (answer.kind === "body") return answer.body;
    if (answer.kind === "final" || wait === null) throw new UnreadableError(answer.reason);
    await sleep(Math.max(wait, answer.retryAfterMs));
  }
  throw new UnreadableError(`${url} was not answered`);
};

type Answer =
  | { readonly kind: "body"; readonly body: Buffer }
  | { readonly kind: "final"; readonly reason: string }
  | { readonly kind: "again"; readonly reason: string; readonly retryAfterMs: number };

const attempt = async (url: string, token: string | undefined): Promise<Answer> => {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
    });
    if (response.ok) return await bodyOf(url, response);
    await response.body?.cancel();
    const reason = `${url} answered ${response.status}`;
    if (response.status !== 429 && response.status < 500) return { kind: "final", reason };
    const seconds = Number(response.headers.get("Retry-After") ?? 0) || 0;
    return { kind: "again", reason, retryAfterMs: Math.min(seconds, MAX_RETRY_AFTER_S) * 1000 };
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message || String(cause) : message;
    return { kind: "again", reason: `${url} cannot be read: ${why}`, retryAfterMs: 0 };
  }
};

const bodyOf = async (url: string, { body }: Response): Promise<Answer> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (body !== null)
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES)
        return { kind: "final", reason: `${url} answered over ${MAX_ANSWER_BYTES} bytes` };
      chunks.push(chunk);
    }
  return { kind: "body", body: Buffer.concat(chunks) };
};
