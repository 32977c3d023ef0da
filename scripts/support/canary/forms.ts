/**
 * The ways in which a text may lie in bytes that somebody else made: as it is, in base64 wherever
 * in a longer text it began, in hexadecimal, in a URL, as UTF-16, escaped in JSON. A search for all
 * of them finds the text whatever it was wrapped in, as long as it was not encrypted or compressed.
 */

export interface Form {
  readonly name: string;
  readonly bytes: Buffer;
}

const SEXTET_BITS = 6;
const BYTE_BITS = 8;
/** Three bytes are four characters: there are as many ways to begin. */
const ALIGNMENTS = [0, 1, 2] as const;

/** The characters that do not depend on what stands before and behind the text. */
const base64At = (text: Buffer, alignment: number, encoding: "base64" | "base64url"): string => {
  const padded = Buffer.concat([Buffer.alloc(alignment), text]);
  const from = Math.ceil((alignment * BYTE_BITS) / SEXTET_BITS);
  const to = Math.floor((padded.length * BYTE_BITS) / SEXTET_BITS);
  return padded.toString(encoding).slice(from, to);
};

const escapedJson = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/gu, (character) =>
      [...Array(character.length).keys()]
        .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
        .join(""),
    );

const lowerPercent = (url: string): string =>
  url.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());

/** Every form once; those that are the same bytes under two names under the first of them. */
export const formsOf = (text: string): readonly Form[] => {
  const utf8 = Buffer.from(text);
  const utf16 = Buffer.from(text, "utf16le");
  const url = encodeURIComponent(text);
  const named: readonly (readonly [name: string, bytes: Buffer | string])[] = [
    ["clear", utf8],
    ...ALIGNMENTS.map((at) => [`base64, alignment ${at}`, base64At(utf8, at, "base64")] as const),
    ...ALIGNMENTS.map(
      (at) => [`base64url, alignment ${at}`, base64At(utf8, at, "base64url")] as const,
    ),
    ["hex", utf8.toString("hex")],
    ["HEX", utf8.toString("hex").toUpperCase()],
    ["URL-encoded", url],
    ["URL-encoded, lower case", lowerPercent(url)],
    ["form-encoded", url.replaceAll("%20", "+")],
    ["UTF-16LE", utf16],
    ["UTF-16BE", Buffer.from(utf16).swap16()],
    ["JSON escapes", escapedJson(text)],
  ];
  const forms: Form[] = [];
  for (const [name, made] of named) {
    const bytes = Buffer.from(made);
    if (!forms.some((form) => form.bytes.equals(bytes))) forms.push({ name, bytes });
  }
  return forms;
};

/** Names of the forms in which the text stands in the bytes. */
export const findForms = (bytes: Buffer, forms: readonly Form[]): readonly string[] =>
  forms.filter((form) => bytes.includes(form.bytes)).map(({ name }) => name);

/** The longest form, in bytes: what is cut apart has to overlap by one less. */
export const longest = (forms: readonly Form[]): number =>
  Math.max(...forms.map(({ bytes }) => bytes.length));
