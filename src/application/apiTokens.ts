/**
 * API tokens as text: `lethe_<lake id>_<16 hex digits of its id><64 of its secret>`. The lake is in
 * it, so that a token finds its way; the tail has a fixed length, so that a lake's id may hold what
 * it likes. The secret has 256 random bits: guessing is hopeless, and a keyed hash keeps it.
 */
import type { TokenId } from "../domain/ids.ts";
import type { Keyring } from "./keyring.ts";

const FORM = /^lethe_([A-Za-z0-9][A-Za-z0-9._-]{0,127})_([0-9a-f]{16})([0-9a-f]{64})$/;

export interface ApiToken {
  readonly lake_id: string;
  readonly token_id: TokenId;
  readonly secret: string;
}

/** Whether a credential claims to be one of these, well-formed or not. */
export const looksLikeToken = (credential: string): boolean => credential.startsWith("lethe_");

/** Null when it is none. */
export const readToken = (credential: string): ApiToken | null => {
  const [, lake_id = "", id = "", secret = ""] = FORM.exec(credential) ?? [];
  return secret === "" ? null : { lake_id, token_id: id as TokenId, secret };
};

export const writeToken = ({ lake_id, token_id, secret }: ApiToken): string =>
  `lethe_${lake_id}_${token_id}${secret}`;

const hex = (bytes: number): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");

export const newToken = (lake_id: string): ApiToken => ({
  lake_id,
  token_id: hex(8) as TokenId,
  secret: hex(32),
});

/** What is kept of a secret. */
export const secretHash = ({ token_id, secret }: Omit<ApiToken, "lake_id">, keyring: Keyring) =>
  keyring.fingerprint(`api token ${token_id} ${secret}`);

/** In the same time whether the hash is there or not, right or wrong. */
export const isSecret = (
  token: Omit<ApiToken, "lake_id">,
  hash: string | null,
  keyring: Keyring,
): boolean => {
  const given = secretHash(token, keyring);
  const own = hash ?? "0".repeat(given.length);
  let difference = own.length ^ given.length;
  for (let at = 0; at < given.length; at += 1) {
    difference |= given.charCodeAt(at) ^ own.charCodeAt(at);
  }
  return difference === 0 && hash !== null;
};
