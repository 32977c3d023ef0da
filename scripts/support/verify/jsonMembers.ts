/**
 * Members that stand twice in a JSON text. RFC 8259 section 4 leaves open which of them counts, so
 * that two readers of one file may read two things; RFC 7493 section 2.3 forbids them.
 */

interface Level {
  /** Of the object or array itself. */
  readonly path: string;
  /** Null in an array, whose elements have no names. */
  readonly names: Set<string> | null;
}

/**
 * The paths of members whose name the same object has had before, as `certificate.facts`; a name
 * may be escaped in one place and not in another. `text` must be JSON: whoever asks has parsed it.
 */
export const repeatedMembers = (text: string): readonly string[] => {
  const repeated: string[] = [];
  const levels: Level[] = [];
  let string = "";
  let member = "";
  for (const token of tokensOf(text)) {
    const level = levels.at(-1);
    if (token === "{" || token === "[") {
      levels.push({ path: member, names: token === "{" ? new Set() : null });
    } else if (token === "}" || token === "]") {
      levels.pop();
      member = levels.at(-1)?.path ?? "";
    } else if (token === ":") {
      const name = String(JSON.parse(string));
      member = level?.path ? `${level.path}.${name}` : name;
      if (level?.names?.has(name)) repeated.push(member);
      level?.names?.add(name);
    } else string = token;
  }
  return repeated;
};

const SIGNS = new Set(["{", "}", "[", "]", ":"]);

/** Brackets, colons and strings; whatever else a JSON text has names no member. */
function* tokensOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (SIGNS.has(sign)) yield sign;
    if (sign !== '"') continue;
    const start = at;
    // A regular expression would keep a place to go back to for every character of a string.
    do at += text.charAt(at) === "\\" ? 2 : 1;
    while (at < text.length && text.charAt(at) !== '"');
    yield text.slice(start, at + 1);
  }
}
