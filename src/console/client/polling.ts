/** A page that watches work which goes on: asks again while there is something to wait for. */
import { useEffect, useRef } from "preact/hooks";
import { waitAfter } from "./api/follow.ts";

/** `answer` changes with each answer that came; asks ever less often while `active`. */
export const usePolling = (active: boolean, answer: unknown, ask: () => void): void => {
  const tries = useRef(0);
  useEffect(() => {
    if (!active) {
      tries.current = 0;
      return;
    }
    const timer = setTimeout(ask, waitAfter(tries.current));
    tries.current += 1;
    return () => clearTimeout(timer);
  }, [active, answer, ask]);
};
