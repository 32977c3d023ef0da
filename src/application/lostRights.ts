/**
 * What the lake owes when somebody loses a right: that it is put on record where a restore of the
 * lake's database does not reach (revocationRecords.ts). Owed in the transaction that takes it.
 */
import type { Revocation } from "../contracts/revocationRecord.ts";
import type { TokenId, WebhookId } from "../domain/ids.ts";
import { type MemberState, rolesOf } from "../domain/member/member.ts";
import { losesRights } from "../domain/member/remaining.ts";
import type { Decision } from "./commands.ts";
import type { EventLog, StoredEvent } from "./ports.ts";

type Members = ReadonlyMap<string, MemberState>;

const memberOf = (log: EventLog, stream: StoredEvent["stream"]): MemberState =>
  log.load(stream).state as MemberState;

/** The members that a decision is about, by stream. */
export const membersBefore = (log: EventLog, decision: Decision): Members =>
  new Map(
    decision
      .filter(({ stream }) => stream.startsWith("member/"))
      .map(({ stream }) => [stream, memberOf(log, stream)]),
  );

const takenBy = (
  { type, stream, data, recorded_at }: StoredEvent,
  before: Members,
): Revocation | null => {
  switch (type) {
    case "MemberGranted":
    case "MemberRevoked": {
      const subject = String(data.subject);
      const roles = type === "MemberGranted" ? (data.roles as Roles) : [];
      const was = before.get(stream);
      if (was === undefined || !losesRights(rolesOf(was), roles)) return null;
      return { kind: "member", subject, roles: [...roles], lost_at: recorded_at };
    }
    case "TokenRevoked":
      return { kind: "token", token_id: data.token_id as TokenId };
    case "WebhookRemoved":
      return { kind: "webhook", webhook_id: data.webhook_id as WebhookId };
    default:
      return null;
  }
};

type Roles = Extract<Revocation, { kind: "member" }>["roles"];

export const oweRevocations = (
  log: EventLog,
  events: readonly StoredEvent[],
  before: Members,
): void => {
  for (const event of events) {
    const taken = takenBy(event, before);
    if (taken === null) continue;
    const { event_id, seq, recorded_at: due_at } = event;
    const payload = { seq, taken };
    log.schedule.put({ kind: "keep_revocation", ref: event_id, due_at, payload });
  }
};
