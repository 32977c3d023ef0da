/**
 * Who a caller was found to be, as he is told himself: a page can say under which name he acts, and
 * offer him no more than he may. Nothing of anybody else, and no secret.
 */
import { ROLES, type Role } from "../domain/member/roles.ts";
import { LOCAL_ACTOR } from "../domain/member/subject.ts";
import { type Admitted, isAdministrator } from "./admission.ts";
import type { Reader } from "./reader.ts";

export interface Me {
  /** As events name him. */
  readonly actor: string;
  /** `local`: whoever is at the machine, where nobody is told apart. */
  readonly kind: "person" | "token" | "local";
  /** A token's, as it was given when it was issued. */
  readonly name: string | null;
  /** Who answers for a token. */
  readonly issued_by: string | null;
  /** In this lake; of a token, those that its issuer has still. */
  readonly roles: readonly Role[];
  readonly platform_admin: boolean;
  /** RFC 3339, UTC: from then on the credential opens nothing. Null: no end is known. */
  readonly valid_until: string | null;
}

/** The last moment that a date can tell, in ms since the epoch (ECMA-262, 21.4.1.1). */
const LAST_MOMENT = 8_640_000_000_000_000;

const momentOf = (ms: number): string | null =>
  ms <= LAST_MOMENT ? new Date(ms).toISOString() : null;

export const whoAsks = ({ actor, roles, caller }: Admitted, read: Reader): Me => {
  const token = caller.kind === "token" ? read.token(caller.token_id) : null;
  const issued = token === null || token.status === "absent" ? null : token;
  const until = caller.kind === "person" ? momentOf(caller.until) : null;
  return {
    actor: actor ?? LOCAL_ACTOR,
    kind: caller.kind === "person" || caller.kind === "token" ? caller.kind : "local",
    name: issued?.name ?? null,
    issued_by: issued?.issued_by ?? null,
    roles: roles ?? ROLES,
    platform_admin: isAdministrator(caller),
    valid_until: issued?.expires_at ?? until,
  };
};
