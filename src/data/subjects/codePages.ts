/**
 * The 8-bit encodings of Europe, in which older systems and spreadsheets still write: each is ASCII
 * below 0x80 and 128 characters of its own above it. The platform reads them (WHATWG Encoding,
 * section 9) and writes none, so their tables are turned round here.
 */
import { invariant } from "../../domain/decider.ts";
import type { Encoding } from "../../domain/reading.ts";

export interface CodePage {
  /** Null when it has no place for one of the characters. */
  encode(text: string): Uint8Array | null;
  /**
   * Controls and places without a character read as `_`: bytes that would be those are letters of
   * another encoding.
   */
  decode(bytes: Uint8Array): string;
}

/** Labels of the standard; `windows-1252` holds ISO 8859-1, `windows-1254` ISO 8859-9. */
const LABELS = [
  ...["windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254"],
  ...["windows-1257", "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-7"],
  ...["iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16"],
  ...["koi8-r", "koi8-u", "ibm866", "macintosh", "x-mac-cyrillic"],
] as const;

/** Code pages 850 and 852, no part of the standard: "CSV (MS-DOS)" of a spreadsheet is in them. */
const TABLES = [
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤" +
    "ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤" +
    "đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0",
] as const;

/** From here on a byte is a character of the page's own. */
export const HIGH = 0x80;
/** In a table, where there is none: an underscore itself is ASCII. */
export const NO_CHARACTER = "_";

/** The characters of the bytes from HIGH on. Throws for an encoding that the platform has not. */
export const codeTable = (encoding: Encoding): string => {
  const table = encoding === "ibm850" ? TABLES[0] : tableOf(encoding)[0];
  invariant(table !== undefined, `the platform reads ${encoding}`);
  return table;
};

let pages: readonly CodePage[] | undefined;

/** All of them, made when they are first asked for; without those the platform does not know. */
export const codePages = (): readonly CodePage[] => {
  pages ??= [...LABELS.flatMap(tableOf), ...TABLES].map(pageOf);
  return pages;
};

const tableOf = (label: string): readonly string[] => {
  try {
    const high = Uint8Array.from({ length: HIGH }, (_, at) => HIGH + at);
    return [new TextDecoder(label).decode(high).replace(/[\x80-\x9f\ufffd]/g, NO_CHARACTER)];
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
};

const pageOf = (table: string): CodePage => {
  const high = new Map<string, number>();
  for (const [at, character] of [...table].entries())
    if (character !== NO_CHARACTER) high.set(character, HIGH + at);
  return {
    encode(text) {
      const bytes: number[] = [];
      for (const character of text) {
        const byte = isAscii(character) ? character.charCodeAt(0) : high.get(character);
        if (byte === undefined) return null;
        bytes.push(byte);
      }
      return Uint8Array.from(bytes);
    },
    decode(bytes) {
      const characters = Array.from(bytes, (byte) =>
        byte < HIGH ? String.fromCharCode(byte) : table.charAt(byte - HIGH),
      );
      return characters.join("");
    },
  };
};

/** Whether UTF-8 and all of these write the text alike. */
export const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);
