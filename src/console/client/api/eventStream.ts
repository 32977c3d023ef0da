/**
 * Server-sent events (WHATWG HTML, section 9.2) read through fetch, which can carry a token as
 * EventSource cannot. A connection that breaks is taken up again behind the last event seen.
 */
import type { Api } from "./http.ts";
import { type Problem, problemOf } from "./problem.ts";

export interface StreamBlock {
  readonly id: string | null;
  readonly data: string | null;
}

/** Takes text as it comes, in whatever pieces, and gives the blocks that are whole. */
export const blockReader = (): ((piece: string) => readonly StreamBlock[]) => {
  let rest = "";
  return (piece) => {
    const parts = (rest + piece).replaceAll("\r\n", "\n").split("\n\n");
    rest = parts.pop() ?? "";
    return parts.map(blockOf);
  };
};

const blockOf = (text: string): StreamBlock => {
  let id: string | null = null;
  const data: string[] = [];
  for (const line of text.split("\n")) {
    const [, field = "", value = ""] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "id") id = value;
    if (field === "data") data.push(value);
  }
  return { id, data: data.length === 0 ? null : data.join("\n") };
};

const RETRY_MS = 3_000;

export interface Listener {
  readonly onEvent: (event: unknown) => void;
  /** Whether it is connected now; a problem when it never will be. */
  readonly onState: (state: "live" | "waiting" | Problem) => void;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number) => Promise<void>;
}

type Part = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]>>;

/** A connection that is cut has ended, as one has that Lethe ends: both are taken up again. */
const nextOf = (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Part> =>
  reader.read().catch(() => ({ done: true, value: undefined }));

/** Listens until the signal ends it, or Lethe refuses for good. */
export const listen = async (
  api: Pick<Api, "open">,
  path: string,
  { onEvent, onState, signal, sleep }: Listener,
): Promise<void> => {
  let last: string | null = null;
  while (!signal.aborted) {
    const headers: Record<string, string> = last === null ? {} : { "Last-Event-ID": last };
    const response = await api.open(path, signal, headers).catch(() => null);
    if (response !== null && !response.ok && response.status < 500) {
      onState(problemOf(response.status, await response.json().catch(() => null), null));
      return;
    }
    if (response?.ok && response.body !== null) {
      onState("live");
      const read = blockReader();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (let part = await nextOf(reader); !part.done; part = await nextOf(reader)) {
        for (const { id, data } of read(decoder.decode(part.value, { stream: true }))) {
          if (id !== null) last = id;
          if (data !== null) onEvent(JSON.parse(data));
        }
      }
    }
    if (signal.aborted) return;
    onState("waiting");
    await sleep(RETRY_MS);
  }
};
