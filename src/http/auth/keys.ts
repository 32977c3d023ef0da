/**
 * An issuer's public keys, fetched when they are needed and kept for a while. A key that is not known
 * makes them be fetched again, but not by everybody who invents one: there is a pause after a fetch
 * and after one that failed, and while one is under way no other begins. While they cannot be had
 * nobody is let in, and nobody is told that his token is bad.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";

/** Keys are fetched anew after this long: what an issuer has withdrawn is not good for longer. */
export const KEYS_KEPT_MS = 10 * 60_000;
/** After a fetch, before a key that is not among them has them fetched again. */
export const ROTATION_PAUSE_MS = 30_000;
/** After a fetch that failed. */
export const FAILURE_PAUSE_MS = 5_000;
const TIMEOUT_MS = 5_000;
/** A hundred keys are far less. */
const MAX_KEYS_BYTES = 256 * 1024;
/** A shorter one of RSA signs nothing that holds (RFC 7518, section 3.3). */
const MIN_RSA_BITS = 2048;

/** The issuer's keys cannot be had now, or the one that is meant is of no use. */
export class KeysUnavailableError extends Error {}

export interface KeyMeans {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Finds the key that a token names. Throws `KeysUnavailableError`, or jose's error for no such key. */
export const issuerKeys = (jwks_uri: string, means: KeyMeans): JWTVerifyGetKey => {
  let failed_at = Number.NEGATIVE_INFINITY;
  let fetched_at = Number.NEGATIVE_INFINITY;
  /** When the search for a key that is not among those at hand began; never, when none goes on. */
  let seeking_since = Number.NEGATIVE_INFINITY;

  /**
   * Requests cannot wait for each other's fetch (the platform keeps what they do apart), so whoever
   * comes with one more unknown key is told to ask again. A search whose request is gone never ends.
   */
  const seek = (): void => {
    const now = means.now();
    if (now - fetched_at >= KEYS_KEPT_MS) return;
    if (now - seeking_since < TIMEOUT_MS) {
      throw new KeysUnavailableError("a key that is not known is being asked for already");
    }
    seeking_since = now;
  };

  const fetchKeys = async (url: string, init: RequestInit): Promise<Response> => {
    if (means.now() - failed_at < FAILURE_PAUSE_MS) {
      throw new KeysUnavailableError("they could not be fetched a moment ago");
    }
    seek();
    try {
      const text = await readText(await means.fetch(url, init));
      const { keys } = JSON.parse(text) as { keys?: unknown };
      if (!Array.isArray(keys) || !keys.every(isObject)) throw new Error("no keys in it");
      fetched_at = means.now();
      return new Response(text, { headers: { "Content-Type": "application/json" } });
    } catch (cause) {
      failed_at = means.now();
      throw new KeysUnavailableError(`${jwks_uri} does not answer with keys`, { cause });
    } finally {
      seeking_since = Number.NEGATIVE_INFINITY;
    }
  };

  const find = createRemoteJWKSet(new URL(jwks_uri), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: ROTATION_PAUSE_MS,
    cacheMaxAge: KEYS_KEPT_MS,
    [customFetch]: fetchKeys,
  });

  return async (header, token) => {
    try {
      const key = await find(header, token);
      const bits = "modulusLength" in key.algorithm ? Number(key.algorithm.modulusLength) : null;
      if (bits !== null && bits < MIN_RSA_BITS) throw new Error(`a key of ${bits} bits`);
      return key;
    } catch (error) {
      if (isTokens(error) || error instanceof KeysUnavailableError) throw error;
      throw new KeysUnavailableError(`${jwks_uri} has a key that is none`, { cause: error });
    }
  };
};

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether it is the token that names no key, or not which of several. */
const isTokens = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;

const readText = async (response: Response): Promise<string> => {
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_KEYS_BYTES) throw new Error(`more than ${MAX_KEYS_BYTES} bytes`);
  }
  return text + decoder.decode();
};
