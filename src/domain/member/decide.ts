/** Giving roles and taking them; a lake is never left without an owner. */
import { assertNever, ok, type Result } from "../decider.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { MemberEvent, MemberState } from "./member.ts";
import { rolesOf } from "./member.ts";
import { remainingRoles, type Standing } from "./remaining.ts";
import { inOrder, type Role } from "./roles.ts";

export const MAX_MEMBERS = 1_000;

export interface GrantMember {
  readonly type: "GrantMember";
  readonly subject: string;
  /** All roles the member is to have: those left out are taken. */
  readonly roles: readonly Role[];
}

export interface RevokeMember {
  readonly type: "RevokeMember";
  readonly subject: string;
}

/**
 * From the lake itself, never from a person: after a restore what was taken since is taken again,
 * from the last owner too, whom the platform's administrators can replace.
 */
export interface ReapplyRevocation extends Standing {
  readonly type: "ReapplyRevocation";
  readonly subject: string;
}

export type MemberCommand = GrantMember | RevokeMember | ReapplyRevocation;

export interface MemberContext {
  /** How many owners the lake has now, and how many members. */
  readonly owners: number;
  readonly members: number;
}

/**
 * Rejects with `not_found` to revoke somebody who is no member, with `wrong_state` what would leave
 * the lake without an owner, and one member too many.
 */
export const decideMember = (
  command: MemberCommand,
  state: MemberState,
  { owners, members }: MemberContext,
): Result<readonly MemberEvent[], Rejection> => {
  const { subject } = command;
  const present = rolesOf(state);
  const last = present.includes("owner") && owners <= 1;
  switch (command.type) {
    case "GrantMember": {
      const roles = inOrder(command.roles);
      if (state.status === "active" && roles.join() === present.join()) return ok([]);
      if (last && !roles.includes("owner")) return lastOwner();
      if (state.status !== "active" && members >= MAX_MEMBERS) {
        const detail = `A lake has at most ${MAX_MEMBERS} members; revoke one first.`;
        return reject("wrong_state", "too-many-members", detail);
      }
      return ok([{ type: "MemberGranted", data: { subject, roles } }]);
    }
    case "RevokeMember":
      if (state.status !== "active") {
        return reject("not_found", "member-not-found", "There is no such member in this lake.");
      }
      return last ? lastOwner() : ok([{ type: "MemberRevoked", data: { subject } }]);
    case "ReapplyRevocation": {
      const roles = remainingRoles(state, command);
      if (roles === null) return ok([]);
      if (roles.length === 0) return ok([{ type: "MemberRevoked", data: { subject } }]);
      return ok([{ type: "MemberGranted", data: { subject, roles } }]);
    }
    default:
      return assertNever(command);
  }
};

const lastOwner = () =>
  reject(
    "wrong_state",
    "last-owner",
    "This is the lake's last owner: make somebody else an owner first.",
  );
