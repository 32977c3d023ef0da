/** What is known of every request before any route sees it. */
import type { Context } from "hono";
import type { SentHeaders } from "./sentHeaders.ts";

export interface RequestFacts {
  /** The request's: the platform makes the text anew each time it is asked. */
  readonly url: string;
  readonly headers: SentHeaders;
  readonly requestId: string;
  /** Whether the request comes from this machine and means it. */
  readonly local: boolean;
  /** Whether a browser sends this for another site's page that nobody has named. */
  readonly foreign: boolean;
  /** Headers for a browser, when another origin's page may read the answer. */
  readonly cors: Readonly<Record<string, string>>;
}

/** A request on its way, as far as reading and answering it go. */
export interface RequestContext extends Pick<Context, "req" | "executionCtx"> {
  get<Fact extends keyof RequestFacts>(fact: Fact): RequestFacts[Fact];
}
