/**
 * Whoever ceases to be a member takes along the tokens they issued: should they be one again, what
 * may have leaked meanwhile opens nothing.
 */
import type { DomainEvent } from "../domain/decider.ts";
import type { StreamName, TokenId } from "../domain/ids.ts";
import type { MemberEvent } from "../domain/member/member.ts";
import { MAX_TOKENS } from "../domain/token/decide.ts";
import type { Change, EventLog } from "./ports.ts";

/** What is recorded of those tokens, behind what was decided of the member. */
export const revokedTokens = (
  log: EventLog,
  decided: readonly MemberEvent[],
  change: (to: StreamName, events: readonly DomainEvent[]) => Change,
): readonly Change[] =>
  decided
    .filter(({ type }) => type === "MemberRevoked")
    .flatMap(({ data }) =>
      log.directory.list({
        kind: "token",
        status: "active",
        subject_ref: data.subject,
        limit: MAX_TOKENS,
      }),
    )
    .map(({ id }) => {
      const token_id = id as TokenId;
      return change(`token/${token_id}`, [{ type: "TokenRevoked", data: { token_id } }]);
    });
