/** Work that goes on in the background (202): asked about until it is done, ever less often. */
import type { Answer, Api } from "./http.ts";

export const FIRST_WAIT_MS = 400;
export const LONGEST_WAIT_MS = 5_000;

/** The wait before the try after `tries` of them. */
export const waitAfter = (tries: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);

export interface Follow<Body> {
  /** Whether there is nothing more to wait for. */
  readonly isDone: (body: Body) => boolean;
  /** Told of each state in between. */
  readonly onState: (body: Body) => void;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The last answer: of what is done, or the first refusal. Ends early when the signal says so. */
export const follow = async <Body>(
  api: Pick<Api, "get">,
  path: string,
  { isDone, onState, signal, sleep }: Follow<Body>,
): Promise<Answer<Body>> => {
  for (let tries = 0; ; tries += 1) {
    const answer = await api.get<Body>(path, signal);
    if (!answer.ok) return answer;
    onState(answer.body);
    if (isDone(answer.body)) return answer;
    await sleep(waitAfter(tries));
    signal.throwIfAborted();
  }
};
