/**
 * What a member of a lake may be. Roles are about tasks, and say nothing of each other, but for the
 * owner's: whoever answers for a lake can do in it whatever any other role can.
 */

export const ROLES = [
  /** Answers for the lake: its level, its members, everything below. */
  "owner",
  /** Datasets and contracts. */
  "steward",
  /** Brings data in, checks it, anonymises it, publishes it. */
  "engineer",
  /** Reads what is published. */
  "analyst",
  /** Requests to be forgotten, requests for access, certificates. */
  "privacy_officer",
  /** The log, who read what, reports; no data. */
  "auditor",
] as const;

export type Role = (typeof ROLES)[number];

/** Each once, in the order of `ROLES`: the same roles are the same list. */
export const inOrder = (roles: readonly Role[]): readonly Role[] =>
  ROLES.filter((role) => roles.includes(role));

/** Whether somebody with `roles` can do what `role` can. */
export const holds = (roles: readonly Role[], role: Role): boolean =>
  roles.includes("owner") || roles.includes(role);

/** Whether somebody with `roles` can do what one of `wanted` can. */
export const holdsOneOf = (roles: readonly Role[], wanted: readonly Role[]): boolean =>
  wanted.some((role) => holds(roles, role));
