/**
 * Entity tags (RFC 9110, section 8.8.3): the version of a stream, `"12"`, where what is shown follows
 * from that alone. Where it does not (other streams, the clock or the caller's roles have a part in it)
 * a hash of what is shown stands behind the version, `"12-6b86b273ff34fce1"`: so whatever has a tag is the
 * same whenever it has it, and a change can be made conditional on either.
 */

const HASH_BYTES = 8;

/** Of what `body` is the JSON of; null: its version says all. */
export const entityTag = async (version: number, body: unknown): Promise<string> => {
  if (body === null) return `"${version}"`;
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes), 0, HASH_BYTES);
  return `"${version}-${hash.toString("hex")}"`;
};

/** The version that a tag carries, weak or not, with or without its quotes; null: it is none. */
export const versionOfTag = (tag: string): number | null => {
  const match = /^(?:W\/)?"?(\d{1,15})(?:-[0-9a-f]{16})?"?$/.exec(tag.trim());
  return match ? Number(match[1]) : null;
};

/**
 * Whether `If-None-Match` names this tag (RFC 9110, section 13.1.2): one of a list, compared weakly, or
 * any. What is no list of tags names none.
 */
export const namesTag = (header: string, tag: string): boolean => {
  if (header.trim() === "*") return true;
  const named = header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];
  return named.some((one) => opaque(one) === opaque(tag));
};

const opaque = (tag: string): string => tag.replace(/^W\//, "");
