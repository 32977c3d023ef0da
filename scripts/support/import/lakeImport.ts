/**
 * The lake's side of an import, over HTTP. Every request may be sent again: the lake passes over
 * lines it has, and completes an import once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { UnreadableError } from "../verify/report.ts";

const TIMEOUT_MS = 60_000;
/** Waits between tries, when the server is busy or the network fails. */
const RETRY_MS = [250, 1_000, 4_000] as const;
const NEWLINE = Buffer.from("\n");

/** Why there is no import: said to the person who asked for one. */
export class ImportError extends Error {}

export interface LakeState {
  readonly status: "absent" | "importing" | "open";
  readonly tree_size: number;
  /** Base64. */
  readonly root: string;
}

export interface LakeImport {
  state(): Promise<LakeState>;
  lines(lines: readonly Buffer[]): Promise<LakeState>;
  complete(root: string): Promise<LakeState>;
}

export const lakeImport = (lake: string, token?: string): LakeImport => {
  const url = `${lake}/log/import`;
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const ask = (query: string, method: "GET" | "POST", body?: Buffer) =>
    patiently(`${url}${query}`, {
      method,
      headers: { ...authorization, ...(body ? { "Content-Type": "application/x-ndjson" } : {}) },
      ...(body ? { body: new Uint8Array(body) } : {}),
    });
  return {
    state: () => ask("", "GET"),
    lines: (lines) => ask("", "POST", Buffer.concat(lines.flatMap((line) => [line, NEWLINE]))),
    complete: (root) => ask(`?complete=true&root=${encodeURIComponent(root)}`, "POST"),
  };
};

const patiently = async (url: string, request: RequestInit): Promise<LakeState> => {
  let reason = `${url} was not answered`;
  for (const wait of [0, ...RETRY_MS]) {
    await sleep(wait);
    try {
      const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
      const answer = await jsonOf(response);
      if (response.ok) return stateIn(answer, url);
      reason = `${url} answered ${response.status}: ${String(answer.detail ?? "")}`;
      if (response.status !== 429 && response.status < 500) throw new ImportError(reason);
    } catch (error) {
      if (error instanceof ImportError || error instanceof UnreadableError) throw error;
      const { cause, message } = error as Error;
      reason = `${url} cannot be reached: ${cause instanceof Error ? cause.message : message}`;
    }
  }
  throw new UnreadableError(reason);
};

const jsonOf = async (response: Response): Promise<Record<string, unknown>> => {
  const text = await response.text();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

const stateIn = (answer: Record<string, unknown>, url: string): LakeState => {
  const { status, tree_size, root } = answer;
  const known = status === "absent" || status === "importing" || status === "open";
  if (known && typeof tree_size === "number" && typeof root === "string") {
    return { status, tree_size, root };
  }
  throw new UnreadableError(`${url} did not answer how far the log is`);
};
