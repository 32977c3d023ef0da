/**
 * The headers of a request, read once. The platform keeps them outside of JavaScript: looking for
 * one there takes about as long as reading them all, and a request is asked for a dozen.
 */
export interface SentHeaders {
  /**
   * By name in lower case. Values of a name sent twice are one, parted by commas (RFC 9110, 5.3);
   * of Set-Cookie, which no request has, the last.
   */
  get(name: Lowercase<string>): string | null;
  /** Characters of all names and values. */
  readonly length: number;
}

export const sentHeaders = (headers: Headers): SentHeaders => {
  const values = new Map<string, string>();
  let length = 0;
  // An iterator of the platform's costs three times as much.
  headers.forEach((value, name) => {
    length += name.length + value.length;
    values.set(name, value);
  });
  return { get: (name) => values.get(name) ?? null, length };
};
