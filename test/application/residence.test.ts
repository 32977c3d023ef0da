import { describe, expect, it } from "vitest";
import { memoryEventLog } from "../support/memoryEventLog.ts";
import { createLake, testLake } from "../support/testLake.ts";

const LAKE = { kind: "lake", when: null } as const;

describe("a lake that is to lie in the EU", () => {
  it("says that it does where the platform holds it there", () => {
    const lake = testLake({ level: "gdpr", held_in: "eu" });
    expect(lake.see(LAKE).residency).toEqual({ jurisdiction: "eu", enforced: true });
  });

  it("says that nothing is enforced where the platform has no jurisdictions", () => {
    const lake = testLake({ level: "gdpr" });
    expect(lake.see(LAKE).residency).toEqual({ jurisdiction: "eu", enforced: false });
  });

  it("does not come into being anywhere else", () => {
    for (const held_in of [null, "us", "fedramp"] as const) {
      const lake = testLake({ held_in });
      expect(lake.refused(createLake("gdpr"))).toMatchObject({
        reason: "wrong_state",
        code: "lake-id-kept",
      });
      expect(lake.log.events()).toEqual([]);
    }
  });

  it("does nothing when its object is somewhere else after all", () => {
    const log = memoryEventLog();
    testLake({ level: "gdpr", log, held_in: "eu" });
    const stored = log.dump();
    for (const held_in of [null, "us"] as const) {
      const astray = testLake({ log, held_in });
      const raise = { type: "ChangeComplianceLevel", compliance_level: "strict" } as const;
      expect(astray.refused(raise).code).toBe("lake-misplaced");
      expect(() => astray.see(LAKE)).toThrow("lake-misplaced");
    }
    expect(log.dump()).toBe(stored);
  });

  it("does not say what was enforced elsewhere, of a log that was brought in from there", () => {
    const log = memoryEventLog();
    testLake({ level: "gdpr", log, held_in: "eu" });
    const here = testLake({ log });
    expect(here.see(LAKE).residency).toEqual({ jurisdiction: "eu", enforced: false });
    expect(here.see({ kind: "lake", when: { version: 1 } }).residency).toEqual({
      jurisdiction: "eu",
      enforced: true,
    });
  });
});

describe("a lake that may lie anywhere", () => {
  it("is in no jurisdiction, and not in one by accident", () => {
    const asked = { ...createLake("gdpr"), region: "sa-east-1" } as ReturnType<typeof createLake>;
    const lake = testLake({ held_in: null });
    lake.run(asked);
    expect(lake.see(LAKE).residency).toEqual({ jurisdiction: null, enforced: false });
    expect(testLake({ held_in: "eu" }).refused(asked).code).toBe("lake-id-kept");
  });

  it("is so by the log of a lake from before places were on record", () => {
    const lake = testLake({ held_in: null });
    lake.run({ ...createLake("gdpr"), region: "local" } as ReturnType<typeof createLake>);
    expect(lake.see(LAKE)).toMatchObject({ region: "local", residency: { jurisdiction: null } });
  });
});
