import { expect, it } from "vitest";
import { higherThan, LEVELS } from "../../src/console/client/levels.ts";
import { COMPLIANCE_LEVELS } from "../../src/domain/lake/lake.ts";

it("a lake can be raised to every level above its own, and to no other", () => {
  expect(LEVELS).toEqual(COMPLIANCE_LEVELS);
  expect(LEVELS.map(higherThan)).toEqual([["gdpr", "strict"], ["strict"], []]);
});
