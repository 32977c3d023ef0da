/**
 * Closed until opened. Without a root secret of its own, and without an issuer by whom callers are
 * told apart, Lethe serves nobody. The one exception is local development: AUTH says `open`, and the
 * request comes from the machine itself and goes to it.
 */
import { type SecretVariables, secretFaults } from "../../application/rootSecrets.ts";
import { isLoopback } from "../guard.ts";
import { type Issuer, readAdmins, readIssuers } from "./issuers.ts";

/** Settings as the environment has them; undefined and empty are both "not set". */
export interface AccessVariables extends SecretVariables {
  /** `open` or `required`, which is the default. */
  readonly auth: string | undefined;
  readonly oidc_issuers: string | undefined;
  readonly platform_admins: string | undefined;
  readonly metrics_token?: string | undefined;
}

/** Shorter tokens are refused. */
export const MIN_METRICS_TOKEN_LENGTH = 32;

export interface AccessPolicy {
  /** Whether whoever is at the machine is let in without being told apart. */
  readonly open: boolean;
  /** Empty when none is configured, or not well. */
  readonly issuers: readonly Issuer[];
  readonly admins: ReadonlySet<string>;
  /** What a machine shows that collects metrics; null: none does. */
  readonly metrics_token: string | null;
  /** Why nobody is served, or nobody from elsewhere, or nobody who must be told apart. */
  readonly faults: {
    readonly everywhere: string | null;
    readonly elsewhere: string | null;
    readonly unless_open: string | null;
  };
}

export const accessPolicy = (variables: AccessVariables): AccessPolicy => {
  const { auth, deployed } = variables;
  const secrets = secretFaults(variables);
  const issuers = readIssuers(variables.oidc_issuers);
  const admins = readAdmins(variables.platform_admins);
  return {
    open: auth === "open" && !deployed,
    issuers: issuers.fault === null ? issuers.value : [],
    admins: admins.fault === null ? admins.value : new Set(),
    metrics_token: variables.metrics_token || null,
    faults: {
      everywhere:
        secrets.everywhere ??
        authFault(auth) ??
        admins.fault ??
        tokenFault(variables.metrics_token),
      elsewhere: secrets.elsewhere,
      unless_open: issuers.fault,
    },
  };
};

const authFault = (auth: string | undefined): string | null =>
  !auth || auth === "open" || auth === "required"
    ? null
    : "AUTH is neither open nor required: leave it out, and it is required.";

/** What a bearer token may be made of: RFC 6750, section 2.1. */
const BEARER = /^[A-Za-z0-9._~+/-]+=*$/;

const tokenFault = (token: string | undefined): string | null => {
  if (!token) return null;
  if (token.length < MIN_METRICS_TOKEN_LENGTH) {
    return `METRICS_TOKEN has ${token.length} characters: it needs ${MIN_METRICS_TOKEN_LENGTH} or more.`;
  }
  return BEARER.test(token) ? null : "METRICS_TOKEN has characters that no bearer token has.";
};

/** Why a request is not served, or null when it is. `local`: see `isLocal`. */
export const refusal = ({ open, faults }: AccessPolicy, local: boolean): string | null =>
  faults.everywhere ??
  (local ? null : faults.elsewhere) ??
  (open && local ? null : faults.unless_open);

/**
 * Whether a request comes from this machine and means it. The platform says who sends it
 * (`CF-Connecting-IP`) wherever it is not the machine's own runtime that is asked directly.
 */
export const isLocal = (hostname: string, peer: string | null): boolean =>
  isLoopback(hostname) && (peer === null || isLoopbackAddress(peer));

const isLoopbackAddress = (address: string): boolean =>
  address === "::1" || /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(address);
