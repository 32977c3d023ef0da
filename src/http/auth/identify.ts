/** Who sends a request: by a token of an issuer, by a token of a lake, or as whoever is at the machine. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Access, Operation } from "../../application/accessTable.ts";
import { type ApiToken, looksLikeToken, readToken } from "../../application/apiTokens.ts";
import type { Caller } from "../../application/callers.ts";
import { TRUSTED } from "../../application/callers.ts";
import { LOCAL_ACTOR, tokenActor } from "../../domain/member/subject.ts";
import { HttpProblem } from "../problem.ts";
import type { SentHeaders } from "../sentHeaders.ts";
import { FAILURE_PAUSE_MS } from "./keys.ts";
import type { AccessPolicy } from "./policy.ts";
import type { JwtVerifier } from "./verifyJwt.ts";

export type Identity =
  | { readonly kind: "local" }
  | {
      readonly kind: "person";
      readonly subject: string;
      readonly admin: boolean;
      /** Ms since the epoch. */
      readonly until: number;
    }
  /** Whether it holds only its lake can tell. */
  | ({ readonly kind: "token" } & ApiToken)
  /** A machine that collects metrics: it has shown METRICS_TOKEN. */
  | { readonly kind: "scraper" }
  | { readonly kind: "nobody" };

export interface Door {
  readonly policy: AccessPolicy;
  readonly verify: JwtVerifier;
}

/** Where Cloudflare Access puts the token it has made for whoever it let through. */
const ACCESS_HEADER = "cf-access-jwt-assertion";

/**
 * Throws 401 when whoever asks must be known and is not, 503 when that cannot be found out now. A
 * credential that is shown counts, also where none is needed.
 */
export const identify = async (
  headers: SentHeaders,
  access: Access,
  local: boolean,
  { policy, verify }: Door,
): Promise<Identity> => {
  if (access.kind === "anyone") return { kind: "nobody" };
  const open = policy.open && local;
  const credential = credentialOf(headers);
  if (credential === null) {
    if (open) return { kind: "local" };
    throw unauthenticated("caller-unknown", HOW, null);
  }
  const scrapes = access.kind === "admin" && access.scraper && policy.metrics_token !== null;
  if (scrapes && isSame(credential, policy.metrics_token)) return { kind: "scraper" };
  if (looksLikeToken(credential)) {
    const token = readToken(credential);
    if (token !== null) return { kind: "token", ...token };
    throw unauthenticated("invalid-token", "This is no token of a lake's.", "invalid_token");
  }
  const verified = await verify(credential);
  switch (verified.kind) {
    case "known": {
      const { subject, until } = verified;
      return { kind: "person", subject, until, admin: policy.admins.has(subject) };
    }
    case "refused": {
      const detail = `This token does not say who you are. ${verified.why}`;
      throw unauthenticated("invalid-token", detail, "invalid_token");
    }
    case "unavailable":
      throw new HttpProblem(
        {
          status: 503,
          code: "issuer-unavailable",
          detail:
            "The issuer's keys cannot be had at present: nobody can be told apart. Ask again.",
        },
        { "Retry-After": String(FAILURE_PAUSE_MS / 1000) },
      );
    default:
      return verified satisfies never;
  }
};

/** In a time that says nothing of where two texts differ. */
const isSame = (given: string, known: string): boolean =>
  timingSafeEqual(digest(given), digest(known));

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

const HOW =
  "Say who you are: Authorization: Bearer, with a token of a configured issuer or of this lake.";

const credentialOf = (headers: SentHeaders): string | null => {
  const given = headers.get("authorization");
  if (given === null) return headers.get(ACCESS_HEADER);
  const [, credential = null] = /^Bearer +([^\s,]+)$/i.exec(given.trim()) ?? [];
  if (credential !== null) return credential;
  throw unauthenticated(
    "invalid-token",
    `Authorization is not understood. ${HOW}`,
    "invalid_request",
  );
};

/** RFC 6750, section 3. */
export const challenge = (error: string | null): Readonly<Record<string, string>> => ({
  "WWW-Authenticate": `Bearer realm="lethe"${error === null ? "" : `, error="${error}"`}`,
});

const unauthenticated = (code: string, detail: string, error: string | null): HttpProblem =>
  new HttpProblem({ status: 401, code, detail }, challenge(error));

/** The caller as the lake is told of him, and who is on record. */
export const callerOf = (
  identity: Identity,
  operation: Operation,
): { readonly caller: Caller; readonly actor: string } => {
  switch (identity.kind) {
    case "local":
      return { caller: TRUSTED, actor: LOCAL_ACTOR };
    case "person":
      return { caller: { ...identity, operation }, actor: identity.subject };
    case "token": {
      const { token_id, secret } = identity;
      const caller = { kind: "token", token_id, secret, operation } as const;
      return { caller, actor: tokenActor(token_id) };
    }
    case "scraper":
    case "nobody":
      return { caller: { kind: "anyone", operation }, actor: "nobody" };
    default:
      return identity satisfies never;
  }
};
