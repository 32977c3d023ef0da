/** As `useQuestion`, for a list that is wanted as a whole. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Answer } from "./api/http.ts";
import { readWhole, type Whole } from "./api/whole.ts";
import { useScope } from "./context.ts";
import { quietly } from "./hooks.ts";

/** The answer, null until it comes; asked again by `reload`. */
export const useWhole = <Item>(
  path: string,
): { readonly answer: Answer<Whole<Item>> | null; readonly reload: () => void } => {
  const { platform } = useScope();
  const [answer, setAnswer] = useState<Answer<Whole<Item>> | null>(null);
  const [asked, setAsked] = useState(0);
  // `asked` counts the wishes to ask again.
  useEffect(() => {
    const controller = new AbortController();
    setAnswer(null);
    quietly(readWhole<Item>(platform, path, controller.signal).then(setAnswer), controller.signal);
    return () => controller.abort();
  }, [platform, path, asked]);
  const reload = useCallback(() => setAsked((times) => times + 1), []);
  return { answer, reload };
};
