/** Evidence about a lake's log as its routes give it, and what this browser remembers of it. */
import type { Api } from "../api/http.ts";
import type { Problem } from "../api/problem.ts";
import type { Evidence, Memory } from "./check.ts";

/** What Lethe refuses to prove, on its way to where it is shown. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export const evidenceFrom = (api: Api, signal: AbortSignal): Evidence => {
  const text = async (path: string) => {
    const answer = await api.text(path, signal);
    if (!answer.ok) throw new Refused(answer.problem);
    return answer.body;
  };
  const hashes = async (path: string) => {
    const answer = await api.get<{ readonly hashes: readonly string[] }>(path, signal);
    if (!answer.ok) throw new Refused(answer.problem);
    return answer.body.hashes;
  };
  return {
    key: () => text("/log/key"),
    checkpoint: () => text("/log/checkpoint"),
    async leaf(seq) {
      const line = await text(`/log/leaves?from=${seq - 1}&to=${seq}`);
      const { leaf } = JSON.parse(line) as { readonly leaf: string };
      return leaf;
    },
    inclusion: (seq, size) => hashes(`/log/inclusion?seq=${seq}&size=${size}`),
    consistency: (from, to) => hashes(`/log/consistency?from=${from}&to=${to}`),
  };
};

const memoryKey = (lake: string | null): string => `lethe.log.${lake}`;

/** A key and a signed checkpoint: public, and of no person. */
export const remembered = (lake: string | null): Memory | null => {
  try {
    const { key, checkpoint } = JSON.parse(localStorage.getItem(memoryKey(lake)) ?? "null") ?? {};
    return typeof key === "string" && typeof checkpoint === "string" ? { key, checkpoint } : null;
  } catch {
    return null;
  }
};

export const remember = (lake: string | null, memory: Memory): void =>
  localStorage.setItem(memoryKey(lake), JSON.stringify(memory));
