import { describe, expect, it } from "vitest";
import { lakeId } from "../../../src/contracts/fields.ts";
import {
  atLeast,
  type ChangeLakeLocality,
  type CreateDataLake,
  decideLake,
} from "../../../src/domain/lake/decide.ts";
import {
  COMPLIANCE_LEVELS,
  type ComplianceLevel,
  evolveLake,
  initialLake,
  type LakeEvent,
  type Locality,
} from "../../../src/domain/lake/lake.ts";
import { deciderSpec, FIRST_RECORDED_AT } from "../../support/deciderSpec.ts";

const given = deciderSpec(
  { decide: decideLake, evolve: evolveLake, initialState: initialLake },
  undefined,
);

const data = {
  lake_id: lakeId.parse("north"),
  name: "North",
  owner_id: "olga",
  region: "eu-west-1",
  compliance_level: "standard",
  country: "DE",
  time_zone: "Europe/Berlin",
} as const;
const create: CreateDataLake = { type: "CreateDataLake", ...data };
const created = (compliance_level: ComplianceLevel = "standard"): LakeEvent => ({
  type: "DataLakeCreated",
  data: { ...data, compliance_level, residency: { jurisdiction: "eu", enforced: false } },
});
const changed = (from: ComplianceLevel, to: ComplianceLevel): LakeEvent => ({
  type: "ComplianceLevelChanged",
  data: { from, to },
});

describe("a lake that is to lie somewhere", () => {
  const residencyOf = (more: Partial<CreateDataLake>) => {
    const decided = decideLake({ ...create, ...more }, initialLake);
    if (!decided.ok) return decided.error.code;
    const [event] = decided.value;
    return event?.type === "DataLakeCreated" ? event.data.residency : null;
  };

  it("has on record whether the platform holds it there", () => {
    expect(residencyOf({ held_in: "eu" })).toEqual({ jurisdiction: "eu", enforced: true });
    expect(residencyOf({})).toEqual({ jurisdiction: "eu", enforced: false });
    expect(residencyOf({ region: "sa-east-1", held_in: null })).toEqual({
      jurisdiction: null,
      enforced: false,
    });
  });

  it("does not come into being elsewhere, nor at no place", () => {
    expect(residencyOf({ held_in: "us" })).toBe("lake-id-kept");
    expect(residencyOf({ held_in: null })).toBe("lake-id-kept");
    expect(residencyOf({ region: "sa-east-1", held_in: "eu" })).toBe("lake-id-kept");
    expect(residencyOf({ region: "atlantis-1" })).toBe("region-unknown");
  });
});

describe("the owner of a new lake", () => {
  it.each(["jane@example.com", "a b", "lethe", "local", "token/9f1c2b3a4d5e6f70"])(
    "who is to be a caller can come: %s is nobody",
    (owner_id) => {
      const command = { ...create, owner_id };
      given()
        .when({ ...command, grants_owner: true })
        .thenRejected("owner-unnameable", "invalid");
      // Where nobody is told apart it is a name like any other.
      expect(decideLake({ ...command, grants_owner: false }, initialLake).ok).toBe(true);
    },
  );
});

describe("a lake that was restored to an earlier moment", () => {
  const lost = { lost_size: 40, lost_root: "cm9vdA==" };
  const note = { type: "NoteRestore", lost } as const;
  const restored: LakeEvent = { type: "LakeRestored", data: lost };

  it("says so once, and shows it ever after", () => {
    given(created()).when(note).then(restored);
    given(created(), restored).when(note).thenNothing();
    expect(given(created(), restored, changed("standard", "gdpr")).state()).toMatchObject({
      restored: { ...lost, noted_at: "2026-11-23T12:01:00.000Z" },
    });
    given().when(note).thenRejected("lake-not-found", "not_found");
  });

  it("says so again when that happens again", () => {
    const more = { ...lost, lost_size: 50 };
    given(created(), restored)
      .when({ ...note, lost: more })
      .then({ type: "LakeRestored", data: more });
  });
});

describe("a lake", () => {
  it("is created with everything it was asked for", () => {
    given().when(create).then(created());
  });

  it("is not created twice", () => {
    const refused = given(created()).when(create).thenRejected("lake-exists", "already_exists");
    expect(refused.detail).toContain("north");
  });

  it("has no level to change before it exists", () => {
    given()
      .when({ type: "ChangeComplianceLevel", compliance_level: "gdpr" })
      .thenRejected("lake-not-found", "not_found");
  });

  describe.each(COMPLIANCE_LEVELS)("at level %s", (from) => {
    it.each(COMPLIANCE_LEVELS)("asked for %s, only ever moves up", (to) => {
      const asked = given(created(from)).when({
        type: "ChangeComplianceLevel",
        compliance_level: to,
      });
      const step = COMPLIANCE_LEVELS.indexOf(to) - COMPLIANCE_LEVELS.indexOf(from);
      if (step === 0) asked.thenNothing();
      else if (step > 0) asked.then(changed(from, to));
      else asked.thenRejected("compliance-level-lowered", "wrong_state");
      expect(atLeast(to, from)).toBe(step >= 0);
    });
  });

  it("says in a refusal which level it has and which was asked for", () => {
    const refused = given(created("strict"))
      .when({ type: "ChangeComplianceLevel", compliance_level: "gdpr" })
      .thenRejected("compliance-level-lowered");
    expect(refused.detail).toMatch(/strict.*gdpr/);
  });

  it("decides on the level it was raised to, not the one it was created with", () => {
    given(created("standard"), changed("standard", "gdpr"))
      .when({ type: "ChangeComplianceLevel", compliance_level: "gdpr" })
      .thenNothing();
  });

  it("knows when it was created, and its level after a change", () => {
    const state = given(created(), changed("standard", "strict")).state();
    expect(state).toEqual({
      status: "active",
      ...data,
      compliance_level: "strict",
      residency: { jurisdiction: "eu", enforced: false },
      created_at: FIRST_RECORDED_AT,
      restored: null,
    });
  });

  it("stays absent when a change of level is all its log holds", () => {
    expect(given(changed("standard", "gdpr")).state()).toEqual({ status: "absent" });
  });
});

describe("where the controller of a lake is", () => {
  const locality = (more: Partial<ChangeLakeLocality> = {}): ChangeLakeLocality => ({
    type: "ChangeLakeLocality",
    country: null,
    time_zone: null,
    ...more,
  });
  const moved = (said: Locality): LakeEvent => ({ type: "LakeLocalityChanged", data: said });

  it("is recorded as far as it is said otherwise", () => {
    given(created())
      .when(locality({ country: "FR", time_zone: "Europe/Berlin" }))
      .then(moved({ country: "FR" }));
    given(created())
      .when(locality({ time_zone: "Europe/Paris" }))
      .then(moved({ time_zone: "Europe/Paris" }));
    given(created())
      .when(locality({ country: "DE" }))
      .thenNothing();
  });

  it("is what was said last, and the rest is as it was", () => {
    const state = given(created(), moved({ country: "FR" }), moved({ country: "IT" })).state();
    expect(state).toMatchObject({ country: "IT", time_zone: "Europe/Berlin", name: "North" });
  });

  it("is of a lake there is", () => {
    given()
      .when(locality({ country: "DE" }))
      .thenRejected("lake-not-found", "not_found");
    expect(given(moved({ country: "FR" })).state()).toEqual({ status: "absent" });
  });
});
