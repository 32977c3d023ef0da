/** A member of a lake: a caller who was given roles in it, and may have lost them again. */
import { assertNever, type Recorded } from "../decider.ts";
import type { Role } from "./roles.ts";

export type MemberEvent =
  | {
      readonly type: "MemberGranted";
      /** All of the member's roles from now on. */
      readonly data: { readonly subject: string; readonly roles: readonly Role[] };
    }
  | { readonly type: "MemberRevoked"; readonly data: { readonly subject: string } };

export interface Member {
  readonly status: "active" | "revoked";
  readonly subject: string;
  /** Empty once revoked. */
  readonly roles: readonly Role[];
  /** Since when the roles are these. */
  readonly granted_at: string;
}

export type MemberState = { readonly status: "absent" } | Member;

export const initialMember: MemberState = { status: "absent" };

export const evolveMember = (state: MemberState, event: Recorded<MemberEvent>): MemberState => {
  switch (event.type) {
    case "MemberGranted":
      return { status: "active", ...event.data, granted_at: event.recorded_at };
    case "MemberRevoked":
      return state.status === "absent" ? state : { ...state, status: "revoked", roles: [] };
    default:
      return assertNever(event);
  }
};

/** The roles a caller has now; none when he is no member. */
export const rolesOf = (state: MemberState): readonly Role[] =>
  state.status === "active" ? state.roles : [];
