/** CSV read by the letter of RFC 4180: CRLF behind every line, a quote only where it may stand. */

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;

/** The cells of every line, the first one included; a byte order mark is left out. */
export const readRfc4180 = (text: string): readonly (readonly string[])[] => {
  const body = text.replace(/^\ufeff/, "");
  const lines: string[][] = [];
  let line: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < body.length) {
    const at = FIELD.lastIndex;
    const field = FIELD.exec(body);
    if (field === null) throw new Error(`no CSV: ${body.slice(at, at + 80)}`);
    const [, quoted, bare = "", end] = field;
    line.push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === "\r\n") {
      lines.push(line);
      line = [];
    }
  }
  if (line.length > 0) throw new Error("the last line has no end");
  return lines;
};
