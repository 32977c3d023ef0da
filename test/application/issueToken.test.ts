import { describe, expect, it } from "vitest";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import { MAX_TOKENS_OF_ONE } from "../../src/domain/token/decide.ts";
import { DAY_MS, testLake } from "../support/testLake.ts";

describe("tokens that have ended by themselves", () => {
  it("make room for the next one, and are on record as revoked then", () => {
    const lake = testLake({ level: "standard" });
    const issue = (): LakeRequest => {
      const expires_at = new Date(Date.parse(lake.now()) + DAY_MS).toISOString();
      return { type: "IssueToken", name: "ci", roles: ["engineer"], expires_at };
    };
    for (let issued = 0; issued < MAX_TOKENS_OF_ONE; issued += 1) lake.run(issue());
    expect(lake.refused(issue())).toMatchObject({ code: "too-many-tokens" });
    // Another's are not in the way.
    lake.run(issue(), { actor: "another" });
    lake.pass(DAY_MS - 1);
    expect(lake.refused(issue())).toMatchObject({ code: "too-many-tokens" });
    lake.pass(1);
    const before = lake.log.events().length;
    lake.run(issue());
    expect(
      lake.log
        .events()
        .slice(before)
        .map(({ type }) => type),
    ).toEqual(["TokenIssued", ...Array<string>(MAX_TOKENS_OF_ONE + 1).fill("TokenRevoked")]);
    expect(lake.log.directory.counts("token")).toMatchObject({ active: 1 });
  });
});
