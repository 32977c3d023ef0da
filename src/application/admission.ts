/**
 * Whether a caller gets in, decided by the lake itself, in the turn in which it decides what was
 * asked: nothing that reaches a lake goes past this, and what was taken from somebody is taken from
 * his next call on. A lake that a caller may not see is answered for as one that does not exist.
 */
import { ok, type Result } from "../domain/decider.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import { rolesOf } from "../domain/member/member.ts";
import { holds, holdsOneOf, ROLES, type Role } from "../domain/member/roles.ts";
import { LOCAL_ACTOR, tokenActor, tokenOfActor } from "../domain/member/subject.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { isLive, type Token } from "../domain/token/token.ts";
import { type Access, accessOf, type Operation } from "./accessTable.ts";
import { isSecret } from "./apiTokens.ts";
import type { Caller } from "./callers.ts";
import type { Keyring } from "./keyring.ts";
import type { Reader } from "./reader.ts";

export interface Admitted {
  /** Who is on record; null: whoever the call names, for nobody is told apart. */
  readonly actor: string | null;
  /** Who answers for it: the same, or who issued the token. Null as above. */
  readonly person: string | null;
  /** Null: nothing bounds him. */
  readonly roles: readonly Role[] | null;
  readonly access: Access | null;
  readonly caller: Caller;
}

const UNBOUND: Omit<Admitted, "caller"> = { actor: null, person: null, roles: null, access: null };

export interface AdmissionMeans {
  readonly read: Reader;
  readonly keyring: () => Keyring;
  /** RFC 3339, UTC. */
  readonly now: string;
}

/**
 * `operation`: what is asked for, when that is more than the route alone says. Rejects with
 * `unauthenticated` a token that does not hold, with `not_found` somebody who is no member, with
 * `forbidden` a member whose roles do not allow it.
 */
export const admit = (
  caller: Caller,
  means: AdmissionMeans,
  operation?: Operation,
): Result<Admitted, Rejection> => {
  if (caller.kind === "trusted") return ok({ ...UNBOUND, caller });
  const access = accessOf(operation ?? caller.operation);
  // What needs no caller asks the lake for nothing but what its URL is signed for.
  if (access.kind === "anyone") return unknownCaller();
  switch (caller.kind) {
    case "anyone":
      return unknownCaller();
    case "person": {
      const { subject, admin } = caller;
      const roles = rolesOf(means.read.member(subject));
      const known = { actor: subject, person: subject, roles, access, caller };
      if (admin && admits(access)) return ok(known);
      if (roles.length === 0) return lakeNotFound();
      return allowed(access, roles) ? ok(known) : roleMissing(access, roles);
    }
    case "token": {
      const issued = means.read.token(caller.token_id);
      const hash = isLive(issued, means.now) ? issued.secret_hash : null;
      if (!isSecret(caller, hash, means.keyring()) || issued.status === "absent") return badToken();
      const roles = rolesOfToken(issued, means.read);
      if (roles.length === 0) return badToken();
      const actor = tokenActor(caller.token_id);
      const known = { actor, person: issued.issued_by, roles, access, caller };
      if (access.kind === "member" && access.persons) return personsOnly();
      return allowed(access, roles) ? ok(known) : roleMissing(access, roles);
    }
    default:
      return caller satisfies never;
  }
};

/** Whoever makes a lake is in no lake yet: any person may, no token, for it is another lake's. */
export const admitCreator = (caller: Caller): Result<Admitted, Rejection> => {
  if (caller.kind === "trusted") return ok({ ...UNBOUND, caller });
  if (caller.kind === "token") return tokenOfALake();
  if (caller.kind === "anyone") return unknownCaller();
  const { subject } = caller;
  return ok({ actor: subject, person: subject, roles: [], access: null, caller });
};

/** Whether the caller may do what is for the platform's administrators alone. */
export const isAdministrator = (caller: Caller): boolean =>
  caller.kind === "trusted" || (caller.kind === "person" && caller.admin);

/** What a lake that is not there answers. A token of no lake holds no more than one of another. */
export const notHere = (caller: Caller): Result<never, Rejection> =>
  caller.kind === "token" ? badToken() : lakeNotFound();

/** In whose name something was asked for, and what. */
export interface Asked {
  readonly actor: string;
  readonly operation: Operation;
}

/** Who asks, to be on record with what he is given; null where nobody is told apart. */
export const askedBy = (caller: Caller): Asked | null => {
  switch (caller.kind) {
    case "person":
      return { actor: caller.subject, operation: caller.operation };
    case "token":
      return { actor: tokenActor(caller.token_id), operation: caller.operation };
    default:
      return null;
  }
};

/** Whether a member's or a token's present roles still allow what was asked for once. */
export const mayStill = (
  { actor, operation }: Asked,
  { read, now }: Pick<AdmissionMeans, "read" | "now">,
): boolean => {
  const access = accessOf(operation);
  const token_id = tokenOfActor(actor);
  if (token_id === null) return allowed(access, rolesOf(read.member(actor)));
  const token = read.token(token_id);
  return isLive(token, now) && allowed(access, rolesOfToken(token, read));
};

/** What its issuer has lost since, it has lost with him. */
const rolesOfToken = ({ roles, issued_by }: Token, read: Reader): readonly Role[] => {
  const issuer = rolesOfIssuer(issued_by, read);
  return roles.filter((role) => holds(issuer, role));
};

/** Where nobody is told apart, whoever is at the machine can issue what he likes. */
const rolesOfIssuer = (issued_by: string, read: Reader): readonly Role[] =>
  issued_by === LOCAL_ACTOR ? ROLES : rolesOf(read.member(issued_by));

/** Whether the platform's administrators may. */
const admits = (access: Access): boolean =>
  access.kind === "admin" || (access.kind === "member" && access.admin);

const allowed = (access: Access, roles: readonly Role[]): boolean =>
  access.kind === "member" &&
  (holdsOneOf(roles, access.roles) || holdsOneOf(roles, access.published));

/** Whether all tokens of the lake are his to revoke, or only his own. */
export const managesTokens = ({ roles, caller }: Admitted): boolean =>
  roles === null || roles.includes("owner") || (caller.kind === "person" && caller.admin);

/** Whether he sees all of them. */
export const seesAllTokens = (admitted: Admitted): boolean =>
  managesTokens(admitted) || (admitted.roles?.includes("auditor") ?? false);

/** Whether what is shown ends at what is published. */
export const seesPublishedOnly = ({ access, roles, caller }: Admitted): boolean =>
  access?.kind === "member" &&
  roles !== null &&
  !holdsOneOf(roles, access.roles) &&
  !(caller.kind === "person" && caller.admin && access.admin);

export const unknownCaller = () =>
  reject(
    "unauthenticated",
    "caller-unknown",
    "Say who you are: Authorization: Bearer, with a token of a configured issuer or of this lake.",
  );

export const badToken = () =>
  reject(
    "unauthenticated",
    "invalid-token",
    "This token is none, or not any more: it was never issued, has expired or was revoked.",
  );

export const tokenOfALake = () =>
  reject("forbidden", "token-of-a-lake", "An API token acts in its own lake, and nowhere else.");

const personsOnly = () =>
  reject(
    "forbidden",
    "persons-only",
    "Rights are given and taken by persons: no API token can do this.",
  );

const roleMissing = (access: Access, roles: readonly Role[]) => {
  const wanted = access.kind === "member" ? access.roles.join(", ") : "platform administrator";
  return reject(
    "forbidden",
    "role-missing",
    `This takes one of these roles: ${wanted}. Yours here: ${roles.join(", ")}.`,
  );
};
