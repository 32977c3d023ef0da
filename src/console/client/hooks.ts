/** How pages ask and command: what is asked for is forgotten when the page is left. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answer, Api, CommandOptions, Submission, Success } from "./api/http.ts";
import { withQuery } from "./api/http.ts";
import { type Listing, type Page, reading, unread, withPage } from "./api/pages.ts";
import { isPassing, type Problem } from "./api/problem.ts";
import { useScope } from "./context.ts";

export type Loaded<Body> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly body: Body; readonly etag: string | null }
  | { readonly state: "failed"; readonly problem: Problem };

const loadedOf = <Body>(answer: Answer<Body>): Loaded<Body> =>
  answer.ok
    ? { state: "ready", body: answer.body, etag: answer.etag }
    : { state: "failed", problem: answer.problem };

/** Whoever leaves a page has ended what it asked: that is no failure. */
export const quietly = (work: Promise<unknown>, signal: AbortSignal): void => {
  work.catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
};

/** The answer to a question; asked again by `reload`, which keeps what is shown until it comes. */
export const useQuestion = <Body>(
  path: string | null,
  choose: (scope: ReturnType<typeof useScope>) => Api = ({ api }) => api,
): Loaded<Body> & { readonly reload: () => void } => {
  const scope = useScope();
  const [loaded, setLoaded] = useState<Loaded<Body>>({ state: "loading" });
  const [asked, setAsked] = useState(0);
  const shown = useRef("");
  const api = choose(scope);
  // `asked` counts the wishes to ask again.
  useEffect(() => {
    if (path === null) return;
    const controller = new AbortController();
    const about = `${scope.lake} ${path}`;
    if (shown.current !== about) setLoaded({ state: "loading" });
    shown.current = about;
    const work = api.get<Body>(path, controller.signal).then((answer) => {
      setLoaded(loadedOf(answer));
    });
    quietly(work, controller.signal);
    return () => controller.abort();
  }, [api, path, asked]);
  const reload = useCallback(() => setAsked((times) => times + 1), []);
  return { ...loaded, reload };
};

/** A list, page by page. `query` without `cursor`; a change begins anew. */
export const useListing = <Item>(
  path: string,
  choose: (scope: ReturnType<typeof useScope>) => Api = ({ api }) => api,
): Listing<Item> & { readonly more: () => void; readonly reload: () => void } => {
  const scope = useScope();
  const api = choose(scope);
  const [list, setList] = useState<Listing<Item>>(unread<Item>());
  const [asked, setAsked] = useState(0);
  const leaving = useRef(new AbortController());
  const read = useCallback(
    (from: Listing<Item>, signal: AbortSignal) => {
      setList(reading(from));
      const url = withQuery(path, { cursor: from.cursor });
      const work = api.get<Page<Item>>(url, signal).then((answer) => {
        setList(withPage(from, answer));
      });
      quietly(work, signal);
    },
    [api, path],
  );
  // `asked` counts the wishes to begin anew.
  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    read(unread<Item>(), controller.signal);
    return () => controller.abort();
  }, [read, asked]);
  const more = () => read(list, leaving.current.signal);
  const reload = useCallback(() => setAsked((times) => times + 1), []);
  return { ...list, more, reload };
};

export interface Command {
  readonly busy: boolean;
  readonly problem: Problem | null;
  /** Sends it; null when it was refused, or another one is on its way. */
  readonly run: <Body>(
    path: string,
    body?: unknown,
    more?: CommandOptions,
  ) => Promise<Success<Body> | null>;
  readonly clear: () => void;
}

/** One command at a time. What may not have arrived is sent again as the same command. */
export const useCommand = (
  choose: (scope: ReturnType<typeof useScope>) => Api = ({ api }) => api,
): Command => {
  const scope = useScope();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const open = useRef<{ readonly text: string; readonly submission: Submission<unknown> } | null>(
    null,
  );
  const running = useRef(false);
  const run = async <Body>(path: string, body?: unknown, more?: CommandOptions) => {
    if (running.current) return null;
    running.current = true;
    setBusy(true);
    setProblem(null);
    const text = JSON.stringify([scope.lake, path, body, more]);
    const submission =
      open.current?.text === text
        ? open.current.submission
        : choose(scope).command(path, body, more);
    const answer = (await submission.send()) as Answer<Body>;
    running.current = false;
    setBusy(false);
    open.current = !answer.ok && isPassing(answer.problem) ? { text, submission } : null;
    if (answer.ok) return answer;
    setProblem(answer.problem);
    return null;
  };
  return { busy, problem, run, clear: () => setProblem(null) };
};

/** Now, every half a minute: deadlines pass while a page is open. */
export const useNow = (): number => {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
};
