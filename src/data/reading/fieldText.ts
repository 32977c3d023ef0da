/** The text of a field's bytes: UTF-8, or a code page, whose bytes are characters by a table. */
import { type Encoding, isCodePage } from "../../domain/reading.ts";
import { codeTable, HIGH, NO_CHARACTER } from "../subjects/codePages.ts";

/** Undefined when a byte stands for no character. The bytes of UTF-8 are well-formed already. */
export type FieldDecoder = (bytes: Uint8Array, from: number, to: number) => string | undefined;

/** Null where the bytes that are scanned are UTF-8. */
export const fieldDecoder = (encoding: Encoding | undefined): FieldDecoder | null => {
  if (encoding === undefined || !isCodePage(encoding)) return null;
  const table = codeTable(encoding);
  const characters = Array.from({ length: 256 }, (_, byte) =>
    byte < HIGH ? String.fromCharCode(byte) : table.charAt(byte - HIGH),
  );
  return (bytes, from, to) => {
    let text = "";
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      const character = characters[byte] ?? NO_CHARACTER;
      if (byte >= HIGH && character === NO_CHARACTER) return undefined;
      text += character;
    }
    return text;
  };
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8Text: FieldDecoder = (bytes, from, to) => {
  let text = "";
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= HIGH) return utf8.decode(bytes.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
};
