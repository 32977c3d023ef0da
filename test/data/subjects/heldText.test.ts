import { describe, expect, it } from "vitest";
import { bytesFinder } from "../../../src/data/subjects/heldText.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** In pieces of so many bytes. */
async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.slice(at, at + size));
}

const holds = (text: string, ...ids: readonly string[]): boolean => bytesFinder(ids).in(utf8(text));

describe("an id", () => {
  it.each([
    ["a cell of CSV", "id,name\n7,anna\n", "7"],
    ["the first cell", "7,anna", "7"],
    ["the last cell", "anna,7", "7"],
    ["a cell in quotes", 'a,"jane doe",b', "jane doe"],
    ["a cell whose quotes are doubled", 'a,"o""tto",b', 'o"tto'],
    ["a value of JSON", '{"id":7}', "7"],
    ["a value of JSON with an escape", '{"id":"o\\"tto\\n"}', 'o"tto\n'],
    ["a value in plain ASCII", '{"id":"j\\u00fcrgen"}', "jürgen"],
    ["a value in plain ASCII, in capitals", '{"id":"j\\u00FCrgen"}', "jürgen"],
    ["a value whose slashes are escaped", '{"id":"a\\/b"}', "a/b"],
    ["a word behind an escape", '{"note":"hello\\njane"}', "jane"],
    ["a word in a sentence", "please, forget jane!", "jane"],
    ["a word in typographic quotes", "‘jane’", "jane"],
    ["a number with zeros before it", "007,anna", "7"],
    ["a number with a sign", "a,+7", "7"],
    ["a number written as a fraction", '{"id":7.0}', "7"],
    ["an address", "to: jane@example.org\n", "jane@example.org"],
    ["a text that begins and ends in no word", "a-[x]-b", "[x]"],
  ])("stands in %s", (_, text, id) => {
    expect(holds(text, id)).toBe(true);
    expect(holds(text, "nobody", id)).toBe(true);
  });

  it.each([
    ["a longer number", "1720,anna", "7"],
    ["a number with zeros behind it", "700", "7"],
    ["a fraction", "2.7,7.25", "7"],
    ["a date or a time", "2026-11-07 12:07:30", "7"],
    ["a longer word", "joanna,annabel", "anna"],
    ["a word with an underscore", "anna_b", "anna"],
    ["a word whose other letters are no ASCII", "öjaneß", "jane"],
    ["another address", "malice@example.org", "alice@example.org"],
  ])("is not found in %s", (_, text, id) => {
    expect(holds(text, id)).toBe(false);
  });

  it("is found in UTF-16, whatever the order of bytes, at even places and odd ones", () => {
    const little = Buffer.from("id,name\n7,jürgen\n", "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      for (const offset of [0, 1]) {
        const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
        expect(bytesFinder(["jürgen"]).in(shifted)).toBe(true);
        expect(bytesFinder(["7"]).in(shifted)).toBe(true);
        expect(bytesFinder(["rgen"]).in(shifted)).toBe(false);
      }
    }
  });

  it.each([
    ["Windows-1252", "a,M\xfcller,b", "Müller"],
    ["Windows-1252 in its quotes", "\x84M\xfcller\x93", "Müller"],
    ["Windows-1252 with doubled quotes", 'a,"M""\xfcller",b', 'M"üller'],
    ["Windows-1252 as a value of JSON", '{"id":"M\\"\xfcller"}', 'M"üller'],
    ["Windows-1252 above ISO 8859-1", "1;\x8aimek;2", "Šimek"],
    ["ISO 8859-15", "1;\xa6imek;2", "Šimek"],
    ["ISO 8859-2", "1,\xa3ukasz \xb6,2", "Łukasz ś"],
    ["Windows-1250", "1,\xa3ukasz \x9c,2", "Łukasz ś"],
    ["Windows-1251", "1,\xc8\xe2\xe0\xed,2", "Иван"],
    ["KOI8-R", "1,\xe9\xd7\xc1\xce,2", "Иван"],
    ["ISO 8859-5", "1,\xb8\xd2\xd0\xdd,2", "Иван"],
    ["IBM 866", "1,\x88\xa2\xa0\xad,2", "Иван"],
    ["code page 850", "1,M\x81ller,2", "Müller"],
    ["Macintosh", "1,M\x9fller,2", "Müller"],
    ["Windows-1253", "1,\xa2\xed\xed\xe1,2", "Άννα"],
    ["ISO 8859-7", "1,\xb6\xed\xed\xe1,2", "Άννα"],
    ["Windows-1254", "1,I\xfe\xfdk,2", "Işık"],
    ["Windows-1257", "1,\xc2nna,2", "Ānna"],
    ["Windows-1252, its marks apart in the id", "a,M\xfcller,b", "Mu\u0308ller"],
  ])("stands in %s", (_, bytes, id) => {
    expect(bytesFinder([id]).in(Buffer.from(bytes, "latin1"))).toBe(true);
  });

  it.each([
    ["a longer word", "a,M\xfcllers,b", "Müller"],
    ["a word that goes on with a letter of the encoding", "a,M\xfcller\xe9,b", "Müller"],
    ["a word that goes on with a letter above ISO 8859-1", "a,M\xfcller\x9a,b", "Müller"],
    ["a longer word of another script", "1,\xc8\xe2\xe0\xed\xee\xe2,2", "Иван"],
    ["a word with another letter", "a,M\xf6ller,b", "Müller"],
    ["a word with a question mark for a letter", "a,M?ller,b", "Müller"],
    ["anything when no encoding can write it", "a,?,b", "名"],
  ])("in 8 bits is not found in %s", (_, bytes, id) => {
    expect(bytesFinder([id]).in(Buffer.from(bytes, "latin1"))).toBe(false);
  });

  it("is judged alike wherever the pieces are cut", async () => {
    const pad = "filler,".repeat(30);
    const texts = [`${pad}jane,${pad}`, `${pad}janet,${pad}`, `${pad}mjane,${pad}`, `${pad}jane`];
    for (const text of texts) {
      const whole = holds(text, "jane");
      for (const size of [1, 2, 3, 5, 7, 31, 33, 64, 100, 211]) {
        const found = await bytesFinder(["jane"]).inPieces(cut(utf8(text), size));
        expect([text, size, found]).toEqual([text, size, whole]);
      }
    }
  });

  it("in 8 bits is judged alike wherever the pieces are cut", async () => {
    for (const [text, whole] of [
      [`${"é,".repeat(99)}Müller,x`, true],
      [`${"é,".repeat(99)}Müllerß`, false],
    ] as const) {
      for (const size of [1, 3, 33, 200]) {
        const pieces = cut(Buffer.from(text, "latin1"), size);
        expect(await bytesFinder(["Müller"]).inPieces(pieces)).toBe(whole);
      }
    }
  });

  it("that is not there to be looked for says nothing", async () => {
    expect(bytesFinder([])).toMatchObject({ nothing: true });
    expect(bytesFinder([""])).toMatchObject({ nothing: true });
    expect(bytesFinder(["x"])).toMatchObject({ nothing: false });
    expect(await bytesFinder([]).inPieces(cut(utf8("anything"), 3))).toBe(false);
  });
});
