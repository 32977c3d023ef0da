/**
 * What every request goes through before its route: what is known of it is kept with it, and what
 * cannot be served, wherever it goes, is answered here. Each route's handler is wrapped in this, so
 * that one handler answers a request: a chain of them, as middleware makes it, costs more.
 */
import { getPath } from "hono/utils/url";
import { isLocal, refusal } from "./auth/policy.ts";
import { senderOf } from "./cors.ts";
import { type AppContext, crossSite, type Deps } from "./handle.ts";
import { checkLengths } from "./limits.ts";
import { problemResponse } from "./problem.ts";
import { requestIdOf } from "./request.ts";
import { respond } from "./respond.ts";
import { sentHeaders } from "./sentHeaders.ts";

/** Served whatever is not configured: they say so themselves. */
const UNCONDITIONAL: ReadonlySet<string> = new Set(["/health", "/ready"]);

export type Handler = (c: AppContext) => Response | Promise<Response>;

export interface Gate {
  /** The path by which a request is routed. Asked once a request, right before its handler. */
  pathOf(request: Request): string;
  /** Answers what cannot be served, and leaves the rest to the handler. */
  guarded(handler: Handler): Handler;
}

/** `depsOf` is called once a request, with its scheme and host. */
export const gate = (depsOf: (c: AppContext, origin: string) => Deps): Gate => {
  // The platform makes the text of a URL anew each time it is asked.
  let routed: { readonly request: Request; readonly url: string } | null = null;

  const urlOf = (request: Request): string => {
    const url = routed?.request === request ? routed.url : request.url;
    routed = null;
    return url;
  };

  /** The answer to a request that goes no further; null for one whose facts are known now. */
  const refuse = (c: AppContext): Response | null => {
    const { raw, method, path } = c.req;
    const url = urlOf(raw);
    c.set("url", url);
    const headers = sentHeaders(raw.headers);
    c.set("headers", headers);
    c.set("requestId", requestIdOf(headers));
    const origin = originOf(url);
    const deps = depsOf(c, origin);
    c.set("deps", deps);
    const host = origin.slice(origin.indexOf("//") + 2);
    const local = isLocal(hostnameOf(host), headers.get("cf-connecting-ip"));
    c.set("local", local);
    const sender = senderOf(method, headers, host, deps.cors);
    c.set("foreign", sender.foreign);
    c.set("cors", sender.headers);
    checkLengths(url, headers);
    const reason = UNCONDITIONAL.has(path)
      ? null
      : (refusal(deps.door.policy, local) ?? deps.cors.fault);
    if (reason !== null) {
      return problemResponse(c, { status: 503, code: "not-configured", detail: reason });
    }
    if (sender.preflight) return respond(c, 204, null, {});
    if (sender.foreign && method !== "GET" && method !== "HEAD") throw crossSite();
    return null;
  };

  return {
    pathOf(request) {
      const { url } = request;
      routed = { request, url };
      // All that it reads of a request.
      return getPath({ url } as Request);
    },
    guarded: (handler) => (c) => refuse(c) ?? handler(c),
  };
};

/** Scheme and host of an absolute URL, as the runtime writes them: up to the path. */
const originOf = (url: string): string => url.slice(0, url.indexOf("/", url.indexOf("//") + 2));

const hostnameOf = (host: string): string => host.replace(/:\d+$/, "");
