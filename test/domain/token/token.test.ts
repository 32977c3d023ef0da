import { describe, expect, it } from "vitest";
import type { TokenId } from "../../../src/domain/ids.ts";
import type { Role } from "../../../src/domain/member/roles.ts";
import {
  decideToken,
  type IssueToken,
  MAX_TOKEN_DAYS,
  MAX_TOKENS,
  MAX_TOKENS_OF_ONE,
} from "../../../src/domain/token/decide.ts";
import {
  evolveToken,
  initialToken,
  isLive,
  type TokenEvent,
} from "../../../src/domain/token/token.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";

const given = deciderSpec(
  { decide: decideToken, evolve: evolveToken, initialState: initialToken },
  { active: 0, of_issuer: 0 },
);

const token_id = "9f1c2b3a4d5e6f70" as TokenId;
const NOW = "2026-11-23T12:00:00.000Z";
const END = "2026-12-01T00:00:00.000Z";

const issue = (more: Partial<IssueToken> = {}): IssueToken => ({
  type: "IssueToken",
  token_id,
  name: "ci",
  roles: ["engineer"],
  expires_at: END,
  issued_by: "ann-1",
  secret_hash: "hash",
  issuer_roles: ["engineer", "analyst"],
  now: NOW,
  shown_token: "lethe_north_secret",
  ...more,
});

const issued = (roles: readonly Role[] = ["engineer"]): TokenEvent => ({
  type: "TokenIssued",
  data: {
    token_id,
    name: "ci",
    roles,
    expires_at: END,
    issued_by: "ann-1",
    secret_hash: "hash",
  },
});
const used = (on: string) => ({ type: "TokenUsed", data: { token_id, on } }) as const;
const revoked = { type: "TokenRevoked", data: { token_id } } as const;
const revoke = (of: string | null) => ({ type: "RevokeToken", token_id, of }) as const;
const use = (on: string) => ({ type: "NoteTokenUse", token_id, on }) as const;

describe("issuing a token", () => {
  it("records its hash and not its secret", () => {
    given().when(issue()).then(issued());
    expect(JSON.stringify(given().when(issue()).events())).not.toContain("lethe_north_secret");
  });

  it("gives no role that the issuer lacks", () => {
    given()
      .when(issue({ roles: ["engineer", "steward"] }))
      .thenRejected("token-exceeds-issuer", "forbidden");
    given()
      .when(issue({ roles: ["owner"] }))
      .thenRejected("token-exceeds-issuer", "forbidden");
    given()
      .when(issue({ issuer_roles: [] }))
      .thenRejected("token-exceeds-issuer", "forbidden");
  });

  it("gives any role where the issuer is an owner, or nobody is told apart", () => {
    for (const issuer_roles of [["owner"] as const, null]) {
      given()
        .when(issue({ roles: ["auditor", "owner"], issuer_roles }))
        .then(issued(["owner", "auditor"]));
    }
  });

  it("takes an end that lies ahead, and not too far", () => {
    const later = (ms: number) => new Date(Date.parse(NOW) + ms).toISOString();
    const longest = MAX_TOKEN_DAYS * 86_400_000;
    for (const expires_at of [NOW, later(-1), later(longest + 1)]) {
      given().when(issue({ expires_at })).thenRejected("implausible-expiry", "invalid");
    }
    for (const expires_at of [later(1), later(longest)]) {
      expect(given().when(issue({ expires_at })).events()).toHaveLength(1);
    }
  });

  it("ends at so many", () => {
    given()
      .knowing({ active: MAX_TOKENS, of_issuer: 0 })
      .when(issue())
      .thenRejected("too-many-tokens", "wrong_state");
  });

  it("ends at so many of one person", () => {
    const of_issuer = MAX_TOKENS_OF_ONE;
    given()
      .knowing({ active: of_issuer, of_issuer })
      .when(issue())
      .thenRejected("too-many-tokens", "wrong_state");
    const fewer = given().knowing({ active: of_issuer, of_issuer: of_issuer - 1 });
    expect(fewer.when(issue()).events()).toHaveLength(1);
  });
});

describe("a token", () => {
  it("is live until its end or its revocation", () => {
    const state = given(issued()).state();
    expect(isLive(state, "2026-11-30T23:59:59.999Z")).toBe(true);
    expect(isLive(state, END)).toBe(false);
    expect(isLive(given(issued(), revoked).state(), NOW)).toBe(false);
    expect(isLive(given().state(), NOW)).toBe(false);
  });

  it("is noted to be used once a day", () => {
    given(issued()).when(use("2026-11-23")).then(used("2026-11-23"));
    given(issued(), used("2026-11-23")).when(use("2026-11-23")).thenNothing();
    given(issued(), used("2026-11-23")).when(use("2026-11-24")).then(used("2026-11-24"));
    given(issued(), revoked).when(use("2026-11-24")).thenNothing();
  });

  it("is revoked by whoever issued it, and by whoever may revoke any", () => {
    given(issued()).when(revoke("ann-1")).then(revoked);
    given(issued()).when(revoke(null)).then(revoked);
  });

  it("of somebody else, or revoked already, is as unknown as one that never was", () => {
    const cases = [given(), given(issued(), revoked), given(issued())];
    const texts = cases.map(
      (state) => state.when(revoke("bob-2")).thenRejected("token-not-found", "not_found").detail,
    );
    expect(new Set(texts).size).toBe(1);
  });
});
