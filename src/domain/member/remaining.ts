/** What is left of roles: when some are taken, and when a restore brings back what had been. */
import type { Member, MemberState } from "./member.ts";
import { holds, inOrder, ROLES, type Role } from "./roles.ts";

/** Roles that a member had left at a moment at which others were taken; none: all were. */
export interface Standing {
  readonly roles: readonly Role[];
  /** RFC 3339, UTC. */
  readonly lost_at: string;
}

/** Whether somebody could do something before that he cannot any more. */
export const losesRights = (before: readonly Role[], after: readonly Role[]): boolean =>
  before.some((role) => !holds(after, role));

/** What both allow: an owner's roles allow what any other does. */
const common = (some: readonly Role[], others: readonly Role[]): readonly Role[] => {
  if (some.includes("owner") && others.includes("owner")) {
    return inOrder(some.filter((role) => others.includes(role)));
  }
  return ROLES.filter((role) => holds(some, role) && holds(others, role));
};

/**
 * The roles of a member whose grant is older than the moment at which roles were taken from him, and
 * so is one that a restore has brought back; null when the grant is newer, or allows no more.
 */
export const remainingRoles = (
  state: MemberState,
  { roles, lost_at }: Standing,
): Member["roles"] | null => {
  if (state.status !== "active" || state.granted_at >= lost_at) return null;
  return losesRights(state.roles, roles) ? common(state.roles, roles) : null;
};
