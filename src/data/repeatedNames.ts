/**
 * Names that an object in JSON text has twice. Parsers keep the last of their values (RFC 8259,
 * section 4, leaves it open), so what the others say is in the text and in nothing that is read of it.
 */

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** In: JSON. Out: whether any object in it, however deep, has a name twice. */
export const hasRepeatedNames = (json: string): boolean => {
  /** Of the values that are open: the names of an object so far, null for an array. */
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(json, at);
      const names = open.at(-1);
      if (names && nextOf(json, end) === COLON) {
        const name = String(JSON.parse(json.slice(at, end)));
        if (names.has(name)) return true;
        names.add(name);
      }
      at = end - 1;
    } else if (json[at] === "{") open.push(new Set());
    else if (json[at] === "[") open.push(null);
    else if (json[at] === "}" || json[at] === "]") open.pop();
  }
  return false;
};

/** Behind the closing quote of the string that begins at `start`. */
const endOfString = (json: string, start: number): number => {
  for (let at = start + 1; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  return json.length;
};

/** The character from there on that is no blank. */
const nextOf = (json: string, from: number): number => {
  let at = from;
  while (BLANKS.has(json.charCodeAt(at))) at += 1;
  return json.charCodeAt(at);
};
