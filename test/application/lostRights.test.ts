import { describe, expect, it } from "vitest";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import type { Role } from "../../src/domain/member/roles.ts";
import { testLake } from "../support/testLake.ts";

const grant = (...roles: readonly Role[]): LakeRequest => ({
  type: "GrantMember",
  subject: "ann-1",
  roles,
});
const revoke: LakeRequest = { type: "RevokeMember", subject: "ann-1" };

/** What is owed to be put on record after these. */
const owedAfter = (...requests: readonly LakeRequest[]) => {
  const lake = testLake({ level: "gdpr" });
  lake.run({ type: "GrantMember", subject: "olga-2", roles: ["owner"] });
  for (const request of requests) lake.run(request);
  const { seq, event_id, recorded_at } = lake.log.events().at(-1) ?? {};
  const owed = lake.log.duties().filter(({ kind }) => kind === "keep_revocation");
  return { owed, last: { ref: event_id, due_at: recorded_at, payload: { seq } } };
};

describe("a right that is taken from somebody", () => {
  it.each<[string, readonly LakeRequest[], readonly Role[]]>([
    ["all of a member's", [grant("owner"), grant("analyst", "steward"), revoke], []],
    ["one of a member's", [grant("analyst", "steward"), grant("analyst")], ["analyst"]],
    ["an owner's for another", [grant("owner"), grant("engineer")], ["engineer"]],
  ])("is owed to be put on record at once: %s", (_, requests, roles) => {
    const { owed, last } = owedAfter(...requests);
    const taken = { kind: "member", subject: "ann-1", roles, lost_at: last.due_at };
    expect(owed.at(-1)).toMatchObject({ ...last, payload: { ...last.payload, taken } });
  });

  it.each<[string, readonly LakeRequest[]]>([
    ["a new member", [grant("analyst")]],
    ["one more role", [grant("analyst"), grant("analyst", "steward")]],
    ["an owner who had others", [grant("analyst", "steward"), grant("owner")]],
    ["one name less of an owner's", [grant("owner", "steward"), grant("owner")]],
  ])("is none where nobody can less than before: %s", (_, requests) => {
    expect(owedAfter(...requests).owed).toEqual([]);
  });
});
