/**
 * Whether a JSON Web Token says who is calling (RFC 7519, 8725): signed by an issuer that is
 * configured, under an algorithm with two keys, for this audience, now. Everything the token itself
 * says about how it is to be verified (keys in its header, places to fetch some) is ignored.
 */

import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
import { say } from "../../application/logging.ts";
import { remember } from "../../application/remember.ts";
import { isReserved, subjectFault } from "../../domain/member/subject.ts";
import { type Issuer, isQualified } from "./issuers.ts";
import { issuerKeys, type KeyMeans, KeysUnavailableError } from "./keys.ts";

/** Asymmetric ones only: never `none`, and never HS*, whose key would be the public one. */
export const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** How far an issuer's clock may be from ours. */
export const CLOCK_SKEW_S = 60;

/** Longer ones are refused unread: an ordinary one has one or two thousand characters. */
export const MAX_JWT_LENGTH = 8192;

/** A token that was verified is not verified again for this long. */
export const VERIFIED_KEPT_MS = 60_000;
/** Tokens remembered, by their hash. */
const MAX_VERIFIED = 1_000;

/** Types of tokens that say who is calling; a logout token does not (RFC 9068, RFC 7519 5.1). */
const TYPES = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

export type Verified =
  /** `until`: ms since the epoch. */
  | { readonly kind: "known"; readonly subject: string; readonly until: number }
  /** `why`: a sentence for whoever sent it, without what stands in it. */
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "unavailable" };

export type JwtVerifier = (jwt: string) => Promise<Verified>;

const refused = (why: string): Verified => ({ kind: "refused", why });

/**
 * The first issuer's subjects are known by the name it gives them; those of every other by
 * `<issuer>#<name>`, so that two issuers' names never meet, and adding an issuer renames nobody.
 */
const subjectOf = (issuer: string, qualified: boolean, name: string): string =>
  qualified ? `${issuer}#${name}` : name;

/** What only a subject of a qualified issuer looks like. */
const QUALIFIED = /^https?:\/\/[^#]*#/;

export const jwtVerifier = (issuers: readonly Issuer[], means: KeyMeans): JwtVerifier => {
  const known = issuers.map((issuer, index) => ({
    ...issuer,
    qualified: isQualified(issuer, index),
    keys: issuerKeys(issuer.jwks_uri, means),
  }));
  const remembered = new Map<string, Extract<Verified, { kind: "known" }> & { kept: number }>();

  const verify = async (jwt: string): Promise<Verified> => {
    const header = headerOf(jwt);
    if (header === null) return NO_TOKEN;
    const { alg, typ } = header;
    if (alg === undefined || !ALGORITHMS.includes(alg)) {
      return refused("It is not signed under an algorithm that is accepted here.");
    }
    if (typ !== undefined && !TYPES.includes(typ.toLowerCase())) {
      return refused("It is no token that says who is calling.");
    }
    const { iss } = decodeJwt(jwt);
    const issuer = known.find((one) => one.issuer === iss);
    if (issuer === undefined) return refused("Its issuer is none that is configured.");
    const { payload } = await jwtVerify(jwt, issuer.keys, {
      algorithms: ALGORITHMS,
      issuer: issuer.issuer,
      audience: issuer.audience,
      clockTolerance: CLOCK_SKEW_S,
      currentDate: new Date(means.now()),
      requiredClaims: ["exp", issuer.subject_claim],
    });
    const { exp = 0, iat = 0 } = payload;
    if (iat > means.now() / 1000 + CLOCK_SKEW_S) return refused("It was issued in the future.");
    const name = payload[issuer.subject_claim];
    if (typeof name !== "string") return refused(`Its claim ${issuer.subject_claim} is no text.`);
    const subject = subjectOf(issuer.issuer, issuer.qualified, name);
    const taken = isReserved(name) || (!issuer.qualified && QUALIFIED.test(name));
    const fault = taken ? "is taken for somebody else" : subjectFault(subject);
    if (fault !== null) return refused(`Its claim ${issuer.subject_claim} ${fault}.`);
    return { kind: "known", subject, until: (exp + CLOCK_SKEW_S) * 1000 };
  };

  return async (jwt) => {
    if (jwt.length > MAX_JWT_LENGTH) return refused("It is too long.");
    const key = await hashOf(jwt);
    const before = remembered.get(key);
    if (before && means.now() < before.kept) return before;
    remembered.delete(key);
    try {
      const verified = await verify(jwt);
      if (verified.kind !== "known") return verified;
      const kept = Math.min(verified.until, means.now() + VERIFIED_KEPT_MS);
      remember(remembered, key, { ...verified, kept }, MAX_VERIFIED);
      return verified;
    } catch (error) {
      return outcomeOf(error);
    }
  };
};

const NO_TOKEN = refused("It is no token of the form that is expected.");

/** Null when not even a header can be read of it, or a name in it is no text (RFC 7515, section 4.1). */
const headerOf = (jwt: string) => {
  try {
    const { alg, typ, kid } = decodeProtectedHeader(jwt);
    const names: readonly unknown[] = [alg, typ, kid];
    const fits = names.every((name) => name === undefined || typeof name === "string");
    return fits ? { alg, typ } : null;
  } catch {
    return null;
  }
};

const hashOf = async (jwt: string): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(jwt));
  return Buffer.from(digest).toString("base64");
};

/** What the token is to blame for is refused. Throws what neither it nor its issuer is to blame for. */
const outcomeOf = (error: unknown): Verified => {
  if (error instanceof errors.JWTExpired) return refused("It has expired.");
  if (error instanceof errors.JWTClaimValidationFailed) {
    const missing = error.reason === "missing" ? "is missing" : "does not hold";
    return refused(`Its claim ${claimName(error.claim)} ${missing}.`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refused("Its signature is none of its issuer's.");
  }
  if (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  ) {
    return refused("The key it names is none of its issuer's, or it names none where it must.");
  }
  const malformed =
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
  if (malformed) return NO_TOKEN;
  if (!(error instanceof KeysUnavailableError)) throw error;
  say("error", "an issuer's keys cannot be had", { error });
  return { kind: "unavailable" };
};

const claimName = (claim: string): string =>
  /^[a-z]{1,16}$/.test(claim) ? claim : "that names you";
