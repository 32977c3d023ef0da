import { describe, expect, it } from "vitest";
import { decideMember, MAX_MEMBERS } from "../../../src/domain/member/decide.ts";
import {
  evolveMember,
  initialMember,
  type Member,
  rolesOf,
} from "../../../src/domain/member/member.ts";
import { remainingRoles } from "../../../src/domain/member/remaining.ts";
import { holds, holdsOneOf, inOrder, ROLES } from "../../../src/domain/member/roles.ts";
import { isReserved, MAX_SUBJECT, subjectFault } from "../../../src/domain/member/subject.ts";
import { deciderSpec, recordedAt } from "../../support/deciderSpec.ts";
import fc from "../../support/property.ts";

const given = deciderSpec(
  { decide: decideMember, evolve: evolveMember, initialState: initialMember },
  { owners: 2, members: 3 },
);

const subject = "ann-1";
const granted = (...roles: (typeof ROLES)[number][]) =>
  ({ type: "MemberGranted", data: { subject, roles } }) as const;
const grant = (...roles: (typeof ROLES)[number][]) =>
  ({ type: "GrantMember", subject, roles }) as const;
const revoked = { type: "MemberRevoked", data: { subject } } as const;
const revoke = { type: "RevokeMember", subject } as const;
const last = { owners: 1, members: 3 };

describe("a grant", () => {
  it("makes somebody a member, with the roles in one order", () => {
    given()
      .when(grant("auditor", "steward", "steward"))
      .then(granted("steward", "auditor"));
  });

  it("says all roles a member is to have from then on", () => {
    given(granted("analyst")).when(grant("engineer")).then(granted("engineer"));
    expect(rolesOf(given(granted("analyst"), granted("engineer")).state())).toEqual(["engineer"]);
  });

  it("of what is so already is nothing", () => {
    given(granted("steward", "auditor")).when(grant("auditor", "steward")).thenNothing();
  });

  it("makes a member of somebody who was revoked", () => {
    given(granted("owner"), revoked).when(grant("owner")).then(granted("owner"));
  });

  it("takes ownership from anybody but the last owner", () => {
    given(granted("owner")).when(grant("auditor")).then(granted("auditor"));
    given(granted("owner"))
      .knowing(last)
      .when(grant("auditor"))
      .thenRejected("last-owner", "wrong_state");
    given(granted("owner"))
      .knowing(last)
      .when(grant("owner", "auditor"))
      .then(granted("owner", "auditor"));
  });

  it("of one member too many is refused, of another role to a member not", () => {
    const full = { owners: 1, members: MAX_MEMBERS };
    given().knowing(full).when(grant("analyst")).thenRejected("too-many-members", "wrong_state");
    given(granted("analyst")).knowing(full).when(grant("auditor")).then(granted("auditor"));
  });
});

describe("a revocation", () => {
  it("takes all roles", () => {
    given(granted("owner", "analyst")).when(revoke).then(revoked);
    const state = given(granted("owner"), revoked).state();
    expect(rolesOf(state)).toEqual([]);
    expect(state).toEqual({
      status: "revoked",
      subject,
      roles: [],
      granted_at: recordedAt(0),
    });
  });

  it("of nobody is not found, nor a second time", () => {
    given().when(revoke).thenRejected("member-not-found", "not_found");
    given(granted("analyst"), revoked).when(revoke).thenRejected("member-not-found", "not_found");
  });

  it("of the last owner is refused", () => {
    given(granted("owner")).knowing(last).when(revoke).thenRejected("last-owner", "wrong_state");
    given(granted("analyst")).knowing(last).when(revoke).then(revoked);
  });
});

describe("roles", () => {
  it("are what they are, and an owner can what every other can", () => {
    for (const role of ROLES) {
      expect(holds(["owner"], role)).toBe(true);
      expect(holds([role], role)).toBe(true);
      expect(holds([], role)).toBe(false);
      for (const other of ROLES.filter((one) => one !== role && role !== "owner")) {
        expect(holds([role], other)).toBe(false);
      }
    }
    expect(holdsOneOf(["analyst"], ["steward", "analyst"])).toBe(true);
    expect(holdsOneOf(["owner"], [])).toBe(false);
  });
});

describe("the name of a caller", () => {
  it.each([
    "248289761001",
    "auth0|5f7c",
    "google-oauth2|1",
    "a/b",
    "https://id.example#7",
    "~!$",
    "...",
  ])("may be %s", (name) => expect(subjectFault(name)).toBeNull());

  it.each([
    ...["", "ann@example.com", "a b", "a\nb", "jörg", "a\u0000", "x".repeat(MAX_SUBJECT + 1)],
    ...[".", ".."],
  ])("is not %j", (name) => expect(subjectFault(name)).toMatch(/^must/));

  it("is never one of those that Lethe gives", () => {
    for (const name of ["local", "lethe", "token/9f1c"]) expect(isReserved(name)).toBe(true);
    for (const name of ["locals", "Lethe", "tokens"]) expect(isReserved(name)).toBe(false);
  });
});

describe("what a restore brings back", () => {
  const lost_at = (event: number) => recordedAt(event);
  const again = (roles: readonly (typeof ROLES)[number][], at: string) =>
    ({ type: "ReapplyRevocation", subject, roles, lost_at: at }) as const;

  it("is taken again: all of it, or what is not among the roles that were left", () => {
    given(granted("analyst", "auditor"))
      .when(again([], lost_at(1)))
      .then(revoked);
    given(granted("analyst", "auditor"))
      .when(again(["auditor"], lost_at(1)))
      .then(granted("auditor"));
    given(granted("engineer"))
      .when(again(["auditor"], lost_at(1)))
      .then(revoked);
  });

  it("is taken from an owner too, the last one included, who keeps what was left to him", () => {
    given(granted("owner"))
      .knowing(last)
      .when(again([], lost_at(1)))
      .then(revoked);
    given(granted("owner"))
      .knowing(last)
      .when(again(["analyst"], lost_at(1)))
      .then(granted("analyst"));
  });

  it("stays as far as it was left, whatever it was called", () => {
    given(granted("analyst"))
      .when(again(["owner"], lost_at(1)))
      .thenNothing();
    given(granted("analyst"))
      .when(again(["analyst", "steward"], lost_at(1)))
      .thenNothing();
    given(granted("owner", "steward"))
      .when(again(["owner"], lost_at(1)))
      .thenNothing();
  });

  it("is not what was granted in the moment of the loss, or since", () => {
    given(granted("owner"))
      .when(again([], lost_at(0)))
      .thenNothing();
    given(granted("owner"), revoked, granted("analyst"))
      .when(again([], lost_at(1)))
      .thenNothing();
  });

  it("is nothing where nobody is a member, or not any more", () => {
    given()
      .when(again([], lost_at(1)))
      .thenNothing();
    given(granted("owner"), revoked)
      .when(again([], lost_at(5)))
      .thenNothing();
  });

  it("never comes to more than there was, or was left, and once taken is not taken again", () => {
    const someRoles = fc.uniqueArray(fc.constantFrom(...ROLES), { maxLength: ROLES.length });
    fc.assert(
      fc.property(someRoles, someRoles, (had, left) => {
        const member = { status: "active", subject, roles: inOrder(had), granted_at: lost_at(0) };
        const rest = remainingRoles(member as Member, { roles: left, lost_at: lost_at(1) });
        const kept = rest ?? had;
        for (const role of ROLES) {
          expect(holds(kept, role)).toBe(holds(had, role) && holds(left, role));
        }
        const since = { ...member, roles: kept } as Member;
        expect(remainingRoles(since, { roles: left, lost_at: lost_at(1) })).toBeNull();
      }),
    );
  });
});
