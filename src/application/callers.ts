/**
 * Who is behind a call, as it crosses to the lake. What the Worker could verify, it has: an issuer's
 * signature. What only the lake can, it does: whether a token is its own, and what anybody may do.
 */
import type { TokenId } from "../domain/ids.ts";
import type { Operation } from "./accessTable.ts";

export type Caller =
  /** Lethe itself, and whoever is at the machine where access is open: nothing is asked. */
  | { readonly kind: "trusted" }
  | Person
  | {
      readonly kind: "token";
      readonly token_id: TokenId;
      /** In clear, as it was shown once. */
      readonly secret: string;
      readonly operation: Operation;
    }
  /** Nobody is known, and nobody has to be. */
  | { readonly kind: "anyone"; readonly operation: Operation };

export interface Person {
  readonly kind: "person";
  /** Verified, see domain/member/subject.ts. */
  readonly subject: string;
  /** One of the platform's administrators. */
  readonly admin: boolean;
  /** When what vouches for him ends, ms since the epoch. */
  readonly until: number;
  /** What is asked for, by the route that was taken. */
  readonly operation: Operation;
}

export const TRUSTED: Caller = { kind: "trusted" };

/** By which callers are counted apart; null: they are not. */
export const countedAs = (caller: Caller): string | null => {
  if (caller.kind === "person") return `person/${caller.subject}`;
  return caller.kind === "token" ? `token/${caller.token_id}` : null;
};
