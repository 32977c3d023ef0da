import { describe, expect, it } from "vitest";
import { maskText, maskZipcode } from "../../../src/data/privacy/mask.ts";
import { maskWriter } from "../../../src/data/privacy/maskBytes.ts";
import { decodeText, TextBuilder } from "../../../src/data/textBuilder.ts";
import fc from "../../support/property.ts";

const SHOWS_FOUR = { preserve_format: false, keep_first: 4, keep_last: 0 };
const LAST_FOUR = { preserve_format: false, keep_first: 0, keep_last: 4 };

/** What shows nothing: blanks, controls, zero widths, fillers, and accents without a letter. */
const INVISIBLE = [" ", "\t", "\u00a0", "\u3000", "\u200b", "\u200d", "\u00ad", "\u2060"].concat([
  "\ufeff",
  "\u3164",
  "\u2800",
  "\u0000",
  "\u{e0020}",
]);

const inBytes = (text: string, options: typeof SHOWS_FOUR): string => {
  const bytes = new TextEncoder().encode(text);
  const into = new TextBuilder(1);
  maskWriter(options)(bytes, 0, bytes.length, into);
  return decodeText(into.bytes, 0, into.end);
};

describe("a mask that shows an end", () => {
  it.each(INVISIBLE)("counts nothing that nobody sees: %j", (filler) => {
    for (const text of [
      `Anna${filler.repeat(6)}`,
      `Zoë${filler.repeat(9)}`,
      `Jos\u0301${filler}`,
    ]) {
      const masked = "*".repeat([...text].length);
      expect(maskText(text, SHOWS_FOUR)).toBe(masked);
      expect(inBytes(text, SHOWS_FOUR)).toBe(masked);
    }
    const before = `${filler.repeat(6)}1234`;
    expect(maskText(before, LAST_FOUR)).toBe("*".repeat([...before].length));
    expect(maskText(`Anna Muster${filler}`, SHOWS_FOUR)).toBe("Anna********");
  });

  it("takes a letter and its accents for one character, and hides them together", () => {
    const [first] = [{ ...SHOWS_FOUR, keep_first: 1 }];
    expect(maskText("A\u0301\u0302nn", first)).toBe("A\u0301\u0302**");
    // Three letters, of which two would show.
    expect(maskText("A\u0301n\u0303n", { ...first, keep_first: 2 })).toBe("*****");
    // Two people, whatever the first is made of.
    const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";
    expect(maskText(`${family}x`, first)).toBe(`${family}*`);
    expect(maskText(family, first)).toBe("*****");
  });

  it("divides texts of every script as Unicode does", () => {
    const one = { ...SHOWS_FOUR, keep_first: 1 };
    const segmenter = new Intl.Segmenter("und");
    const divided: string[] = [];
    for (let unit = 0; unit <= 0xffff; unit += 1) {
      if (unit >= 0xd800 && unit <= 0xdfff) continue;
      const text = `a${String.fromCharCode(unit)}xyz`;
      const [first] = segmenter.segment(text);
      const head = first?.segment ?? "";
      if (maskText(text, one) !== head.padEnd(text.length, "*")) divided.push(text);
    }
    expect(divided).toEqual([]);
  });

  it("shows what is an end, also when it is blank", () => {
    expect(maskText("  Anna", { ...SHOWS_FOUR, keep_first: 2 })).toBe("  ****");
    expect(maskText("Anna  ", { ...LAST_FOUR, keep_last: 2 })).toBe("****  ");
    expect(maskText("   ", SHOWS_FOUR)).toBe("***");
  });

  it("counts neither format nor blanks where it leaves the format", () => {
    const options = { ...SHOWS_FOUR, preserve_format: true };
    expect(maskText("Anna - \u200b\u200b\u200b\u200b", options)).toBe("**** - ****");
    expect(maskText("Anna-Muster", options)).toBe("Anna-******");
    expect(maskText("-\u0301-", options)).toBe("***");
    expect(maskText("-\u200b-", options)).toBe("***");
  });

  it("hides half of what is visible at least, and as many code points as there were", () => {
    const piece = fc.oneof(
      fc.constantFrom(...INVISIBLE, "\u0301", "-", "*", "#"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
      fc.constantFrom("a", "b", "1", "é", "\u{1f600}"),
    );
    const texts = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(""));
    const visible = /[^\s\p{Z}\p{C}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;
    const segmenter = new Intl.Segmenter("und");
    fc.assert(
      fc.property(texts, fc.nat(8), fc.nat(8), (text, keep_first, keep_last) => {
        const masked = maskText(text, { preserve_format: false, keep_first, keep_last });
        const points = [...masked];
        expect(points).toHaveLength([...text].length);
        let at = 0;
        let [seen, hidden] = [0, 0];
        for (const { segment } of segmenter.segment(text)) {
          const length = [...segment].length;
          const now = points.slice(at, at + length).join("");
          at += length;
          if (!visible.test(segment)) continue;
          if (now === segment && !/^[*#]+$/.test(segment)) seen += 1;
          else hidden += 1;
        }
        expect(seen).toBeLessThanOrEqual(hidden);
      }),
    );
  });

  it("is the same on bytes", () => {
    const options = fc.record({
      preserve_format: fc.boolean(),
      keep_first: fc.nat(6),
      keep_last: fc.nat(6),
    });
    const ascii = fc.string({ unit: "binary-ascii", maxLength: 16 });
    const padded = fc
      .array(fc.constantFrom("a", "1", " ", "\t", "\0", "-", "*"), { maxLength: 16 })
      .map((units) => units.join(""));
    const any = fc.string({ unit: "grapheme", maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(ascii, padded, any), options, (text, how) => {
        expect(inBytes(text, how)).toBe(maskText(text, how));
      }),
    );
  });
});

describe("a postal code", () => {
  it.each([
    ["90210", "902**"],
    ["902     ", "********"],
    ["902\u200b\u200b\u200b", "******"],
    ["SW1A 1AA", "SW1*****"],
    ["1234", "****"],
    ["10\u03019-0001", "10\u03019*****"],
  ])("%j becomes %j, by what is visible of it", (code, masked) => {
    expect(maskZipcode(code)).toBe(masked);
  });
});
