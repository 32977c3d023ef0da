/**
 * The names under which Lethe knows callers. They stand in clear on every event they caused, for a
 * log that cannot tell who acted proves nothing to anybody, and a controller must be able to tell
 * for as long as the log is kept (Art. 5(2), 17(3)(b) and (e) GDPR). So a name must be opaque: what
 * issuers call a subject identifier (OpenID Connect Core 1.0, section 2, locally unique and never
 * reassigned), not an e-mail address. What looks like one is refused, wherever it comes from.
 */

/** Longest name of a caller, that of its issuer included. */
export const MAX_SUBJECT = 255;

/** Who acts when nobody can be told apart: the person at this machine. */
export const LOCAL_ACTOR = "local";

/** Who acts when an alarm does. */
export const SYSTEM_ACTOR = "lethe";

/** How an API token is called where it has acted. */
const TOKEN_PREFIX = "token/";

export const tokenActor = (token_id: string): string => `${TOKEN_PREFIX}${token_id}`;

/** The id of the token that acted, or null when it was none. */
export const tokenOfActor = (actor: string): string | null =>
  actor.startsWith(TOKEN_PREFIX) ? actor.slice(TOKEN_PREFIX.length) : null;

/** Why a text names no caller, or null. */
export const subjectFault = (text: string): string | null => {
  if (text.length === 0) return "must not be empty";
  if (text.length > MAX_SUBJECT) return `must not be longer than ${MAX_SUBJECT} characters`;
  if (!/^[\x21-\x7e]+$/.test(text)) return "must be visible ASCII without blanks";
  if (/^\.\.?$/.test(text)) return "must not be a way up: no URL would lead to it";
  if (text.includes("@")) return "must be opaque: an e-mail address names a person in clear";
  return null;
};

/** Names that no issuer can give to anybody. */
export const isReserved = (subject: string): boolean =>
  subject === LOCAL_ACTOR || subject === SYSTEM_ACTOR || subject.startsWith(TOKEN_PREFIX);
