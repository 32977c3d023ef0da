/** Files that Lethe answers with, asked for as the reader, whose token no link could carry. */
import type { Api } from "./api/http.ts";
import { noAnswer, type Problem, problemOf } from "./api/problem.ts";

export type Fetched =
  | { readonly ok: true; readonly content: Blob }
  | { readonly ok: false; readonly problem: Problem };

/** The file, whole, or why not. Rejects when the signal ends it. */
export const fetchFile = async (
  api: Pick<Api, "open">,
  path: string,
  signal: AbortSignal,
): Promise<Fetched> => {
  try {
    const response = await api.open(path, signal);
    if (response.ok) return { ok: true, content: await response.blob() };
    const body: unknown = await response.json().catch(() => null);
    const retry = response.headers.get("Retry-After");
    return { ok: false, problem: problemOf(response.status, body, retry) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ok: false, problem: noAnswer() };
  }
};
