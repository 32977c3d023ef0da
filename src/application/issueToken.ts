/**
 * A token counts against the lake's limits until it ends: one that has ended by itself makes room for
 * the next one, and is put on record as revoked then.
 */
import { type DomainEvent, ok, type Result } from "../domain/decider.ts";
import type { StreamName, TokenId } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import { decideToken, type IssueToken, type TokenContext } from "../domain/token/decide.ts";
import { isLive } from "../domain/token/token.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { Change, EventLog } from "./ports.ts";
import type { Reader } from "./reader.ts";

/** The token, and the end of those that have ended. Rejects as `decideToken` does. */
export const issueToken = (
  command: IssueToken,
  log: EventLog,
  read: Reader,
  change: (to: StreamName, events: readonly DomainEvent[]) => Change,
): Result<readonly Change[], Rejection> => {
  const { ended, ...context } = counted(command, log, read);
  const decided = decideToken(command, read.token(command.token_id), context);
  if (!decided.ok) return decided;
  const about = (token_id: TokenId, events: readonly DomainEvent[]) =>
    change(`token/${token_id}`, events);
  return ok([
    about(command.token_id, decided.value),
    ...ended.map((token_id) => about(token_id, [{ type: "TokenRevoked", data: { token_id } }])),
  ]);
};

const counted = (
  { now, issued_by }: IssueToken,
  log: EventLog,
  read: Reader,
): TokenContext & { readonly ended: readonly TokenId[] } => {
  let [active, of_issuer] = [0, 0];
  const ended: TokenId[] = [];
  for (const { id } of directoryEntries(log, { kind: "token", status: "active" })) {
    const token_id = id as TokenId;
    const token = read.token(token_id);
    if (!isLive(token, now)) ended.push(token_id);
    else {
      active += 1;
      if (token.issued_by === issued_by) of_issuer += 1;
    }
  }
  return { active, of_issuer, ended };
};
