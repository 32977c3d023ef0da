/** What a sealed text looks like from outside, whatever its key: see keyring.ts, which seals. */

/** The base64 of a nonce (12 bytes), a text and a tag (16 bytes); before it maybe the key's id. */
const SEALED_TEXT = /^(?:[0-9a-f]{16}\.)?[A-Za-z0-9+/]{38,}={0,2}$/;

/**
 * Whether a text may be a sealed one. Neither a column's type nor a rule is so long without a
 * character that base64 has not.
 */
export const isSealedText = (text: string): boolean => SEALED_TEXT.test(text);
