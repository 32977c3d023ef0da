/** Issuing tokens, noting that they are used, revoking them. */
import { assertNever, ok, type Result } from "../decider.ts";
import type { TokenId } from "../ids.ts";
import { holds, inOrder, type Role } from "../member/roles.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { TokenEvent, TokenState } from "./token.ts";

/** Those that have not ended. */
export const MAX_TOKENS = 200;

/** Of these, those that one person has issued: nobody takes the room of all others. */
export const MAX_TOKENS_OF_ONE = 50;

/** A token that lives longer than this is forgotten about. */
export const MAX_TOKEN_DAYS = 366;
const DAY_MS = 86_400_000;

export interface IssueToken {
  readonly type: "IssueToken";
  readonly token_id: TokenId;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly expires_at: string;
  readonly issued_by: string;
  readonly secret_hash: string;
  /** What whoever issues it may do; null when nothing bounds him. */
  readonly issuer_roles: readonly Role[] | null;
  /** RFC 3339, UTC. */
  readonly now: string;
  /** In clear, for the one answer that shows it; never recorded. Null once it was shown. */
  readonly shown_token: string | null;
}

export interface RevokeToken {
  readonly type: "RevokeToken";
  readonly token_id: TokenId;
  /** Only one that this caller has issued; null: any. */
  readonly of: string | null;
}

export interface NoteTokenUse {
  readonly type: "NoteTokenUse";
  readonly token_id: TokenId;
  /** YYYY-MM-DD, UTC. */
  readonly on: string;
}

export type TokenCommand = IssueToken | RevokeToken | NoteTokenUse;

export interface TokenContext {
  /** How many tokens the lake has that have not ended. */
  readonly active: number;
  /** Those of them that were issued by the same person. */
  readonly of_issuer: number;
}

const NO_TOKENS: TokenContext = { active: 0, of_issuer: 0 };

/**
 * Rejects with `forbidden` roles that the issuer lacks himself, with `invalid` an end that is past or
 * too far, with `wrong_state` one token too many, with `not_found` an unknown or revoked one and,
 * where only one's own are meant, another's.
 */
export const decideToken = (
  command: TokenCommand,
  state: TokenState,
  context: TokenContext = NO_TOKENS,
): Result<readonly TokenEvent[], Rejection> => {
  const { token_id } = command;
  switch (command.type) {
    case "IssueToken":
      return issue(command, context);
    case "RevokeToken": {
      const own =
        command.of === null || (state.status === "active" && state.issued_by === command.of);
      if (state.status !== "active" || !own) return unknownToken();
      return ok([{ type: "TokenRevoked", data: { token_id } }]);
    }
    case "NoteTokenUse":
      if (state.status !== "active" || state.last_used_on === command.on) return ok([]);
      return ok([{ type: "TokenUsed", data: { token_id, on: command.on } }]);
    default:
      return assertNever(command);
  }
};

const issue = (
  command: IssueToken,
  { active, of_issuer }: TokenContext,
): Result<readonly TokenEvent[], Rejection> => {
  const { token_id, name, expires_at, issued_by, secret_hash, issuer_roles, now } = command;
  const roles = inOrder(command.roles);
  const lacking = roles.filter((role) => issuer_roles !== null && !holds(issuer_roles, role));
  if (lacking.length > 0) {
    return reject(
      "forbidden",
      "token-exceeds-issuer",
      `A token has no role that whoever issues it lacks: ${lacking.join(", ")}.`,
    );
  }
  const latest = new Date(Date.parse(now) + MAX_TOKEN_DAYS * DAY_MS).toISOString();
  if (expires_at <= now || expires_at > latest) {
    return reject("invalid", "implausible-expiry", "The token's end is not plausible.", [
      { path: "expires_at", message: `must lie within the next ${MAX_TOKEN_DAYS} days` },
    ]);
  }
  if (active >= MAX_TOKENS) {
    const detail = `A lake has at most ${MAX_TOKENS} tokens; revoke one first.`;
    return reject("wrong_state", "too-many-tokens", detail);
  }
  if (of_issuer >= MAX_TOKENS_OF_ONE) {
    const detail = `One person has at most ${MAX_TOKENS_OF_ONE} tokens in a lake; revoke one first.`;
    return reject("wrong_state", "too-many-tokens", detail);
  }
  const data = { token_id, name, roles, expires_at, issued_by, secret_hash };
  return ok([{ type: "TokenIssued", data }]);
};

const unknownToken = () =>
  reject("not_found", "token-not-found", "There is no such token in this lake.");
