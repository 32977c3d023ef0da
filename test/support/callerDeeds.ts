/** What happens to a lake's members and tokens in a random life: whole steps, as they need each other. */

import type { Operation } from "../../src/application/accessTable.ts";
import { readToken } from "../../src/application/apiTokens.ts";
import type { Call, LakeRequest } from "../../src/application/lakeGateway.ts";
import { tokenId } from "../../src/contracts/fields.ts";
import { ok } from "../../src/domain/decider.ts";
import type { Role } from "../../src/domain/member/roles.ts";
import { tokenActor } from "../../src/domain/member/subject.ts";
import type { Step } from "./batchSteps.ts";
import fc from "./property.ts";
import { DAY_MS, type TestLake } from "./testLake.ts";

/** A call by a person, as the Worker would make it. */
export const callAs = (
  lake: TestLake,
  subject: string,
  operation: Operation,
  more: Partial<Call> = {},
): Call => {
  const until = Number.MAX_SAFE_INTEGER;
  const caller = { kind: "person", subject, admin: false, until, operation } as const;
  return lake.call({ caller, actor: subject, ...more });
};

/** A call by a machine that shows a token. */
export const callWith = (lake: TestLake, shown: string, operation: Operation): Call => {
  const token = readToken(shown);
  if (token === null) throw new Error(`${shown} is no token`);
  const { token_id, secret } = token;
  const caller = { kind: "token", token_id, secret, operation } as const;
  return lake.call({ caller, actor: tokenActor(token_id) });
};

export const issueRequest = (
  lake: TestLake,
  roles: readonly Role[] = ["analyst"],
  days = 10,
): LakeRequest => {
  const expires_at = new Date(Date.parse(lake.now()) + days * DAY_MS).toISOString();
  return { type: "IssueToken", name: "ci", roles, expires_at };
};

/** A person issues a token and a machine uses it: to see the lake, which is recorded once a day. */
const machine = (lake: TestLake, subject: string): Step => {
  const { service } = lake;
  const issued = service.command(callAs(lake, subject, "POST /tokens"), issueRequest(lake));
  if (!issued.ok) return issued;
  const call = callWith(lake, String(issued.value.body.secret), "GET /lakes/{lake_id}");
  const seen = service.ask(call, { kind: "lake", when: null });
  return seen.ok ? ok(null) : seen;
};

const subject = fc.constantFrom("ann-1", "bob-2");

type Named = readonly [name: string, take: (lake: TestLake) => Step];

const grant = fc
  .tuple(subject, fc.constantFrom<readonly Role[]>(["owner"], ["analyst"], ["owner", "auditor"]))
  .map(
    ([who, roles]): Named => [
      `grant ${who}`,
      (lake) => lake.service.command(lake.call(), { type: "GrantMember", subject: who, roles }),
    ],
  );

const revoke = subject.map(
  (who): Named => [
    `revoke ${who}`,
    (lake) => lake.service.command(lake.call(), { type: "RevokeMember", subject: who }),
  ],
);

const use = subject.map(
  (who): Named => [
    `${who} has a machine`,
    (lake) => {
      const granted = { type: "GrantMember", subject: who, roles: ["owner"] } as const;
      const member = lake.service.command(lake.call(), granted);
      return member.ok ? machine(lake, who) : member;
    },
  ],
);

const end = fc.constantFrom(0, 0, 1).map(
  (n): Named => [
    `revoke token ${n}`,
    (lake) => {
      const [entry] = lake.log.directory
        .list({ kind: "token", status: "active", limit: 10 })
        .slice(n);
      const token_id = tokenId.parse(entry?.id ?? "nobody");
      return lake.service.command(lake.call(), { type: "RevokeToken", token_id });
    },
  ],
);

export const callerDeeds = fc.oneof(grant, revoke, { weight: 2, arbitrary: use }, end);
