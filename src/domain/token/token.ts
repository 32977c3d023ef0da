/**
 * An API token: a machine's way into one lake. What is kept of its secret is a keyed hash; what it
 * may do is what its roles and those of whoever issued it have in common, at the time it is used.
 */
import { assertNever, type Recorded } from "../decider.ts";
import type { TokenId } from "../ids.ts";
import type { Role } from "../member/roles.ts";

export type TokenEvent =
  | {
      readonly type: "TokenIssued";
      readonly data: {
        readonly token_id: TokenId;
        readonly name: string;
        readonly roles: readonly Role[];
        /** RFC 3339, UTC; from then on it is refused. */
        readonly expires_at: string;
        readonly issued_by: string;
        /** Of the secret, under a key of the lake's, lower-case hex. */
        readonly secret_hash: string;
      };
    }
  /** At most once a day. */
  | {
      readonly type: "TokenUsed";
      /** YYYY-MM-DD, UTC. */
      readonly data: { readonly token_id: TokenId; readonly on: string };
    }
  | { readonly type: "TokenRevoked"; readonly data: { readonly token_id: TokenId } };

export interface Token {
  readonly status: "active" | "revoked";
  readonly token_id: TokenId;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly expires_at: string;
  readonly issued_by: string;
  readonly secret_hash: string;
  readonly issued_at: string;
  /** YYYY-MM-DD, UTC; null when it never was. */
  readonly last_used_on: string | null;
}

export type TokenState = { readonly status: "absent" } | Token;

export const initialToken: TokenState = { status: "absent" };

export const evolveToken = (state: TokenState, event: Recorded<TokenEvent>): TokenState => {
  if (event.type === "TokenIssued") {
    const issued_at = event.recorded_at;
    return { status: "active", ...event.data, issued_at, last_used_on: null };
  }
  if (state.status === "absent") return state;
  switch (event.type) {
    case "TokenUsed":
      return { ...state, last_used_on: event.data.on };
    case "TokenRevoked":
      return { ...state, status: "revoked" };
    default:
      return assertNever(event);
  }
};

/** Whether it still opens anything at `now` (RFC 3339, UTC). */
export const isLive = (state: TokenState, now: string): state is Token =>
  state.status === "active" && now < state.expires_at;
