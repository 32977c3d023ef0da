/**
 * Masks: characters replaced one by one, so that a person recognises the shape and, where asked
 * for, the ends of a value, but at least half of it is gone. What nobody sees does not count as
 * gone: blanks at the ends of a name would otherwise uncover it.
 */
import { countCodePoints } from "../codePoints.ts";

export interface MaskOptions {
  readonly preserve_format: boolean;
  readonly keep_first: number;
  readonly keep_last: number;
}

/** The mask of what has no text of its own; a boolean's length would tell which it is. */
export const FIXED_MASK = "****";

const MASK = "*";
/** Takes over where the value consists of `*` already and would come out unchanged. */
const OTHER_MASK = "#";

/** ASCII punctuation and blanks: what gives a value its format. */
export const isSeparator = (character: string): boolean => /[\s!-/:-@[-`{-~]/.test(character);

/** A letter with its accents is one character, and so is an emoji of several code points. */
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** In texts of Latin, Greek, Cyrillic, Han and the like every code point is one (so are CR and LF). */
const SIMPLE =
  /^[\0-\u02ff\u0370-\u0482\u048a-\u058a\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]*$/;

const charactersOf = (text: string): readonly string[] =>
  SIMPLE.test(text) ? [...text] : Array.from(graphemes.segment(text), ({ segment }) => segment);

/** A code point that shows: no blank, no control, nothing of no width, no accent by itself. */
const VISIBLE = /[^\s\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** What was found of each UTF-16 unit by itself: 0 nothing yet, 1 visible, 2 not. */
const known = new Uint8Array(0x10000);

/** Whether any part of it is. */
export const isVisible = (character: string): boolean => {
  if (character.length > 1) return VISIBLE.test(character);
  const unit = character.charCodeAt(0);
  if (known[unit] === 0) known[unit] = VISIBLE.test(character) ? 1 : 2;
  return known[unit] === 1;
};

/**
 * The masked text, as many code points as before. Differs from the text unless that is empty.
 * The ends are so many characters, visible or not. Halves are counted in visible characters,
 * without what `preserve_format` leaves; if there are none, the whole value is masked.
 */
export const maskText = (text: string, options: MaskOptions): string => {
  if (!options.preserve_format && options.keep_first === 0 && options.keep_last === 0)
    return maskWhole(text);
  const characters = charactersOf(text);
  const counts = characters.map((character) =>
    options.preserve_format
      ? [...character].some((part) => isVisible(part) && !isSeparator(part))
      : isVisible(character),
  );
  const total = count(counts);
  if (total === 0) return maskWhole(text);
  const end = characters.length - options.keep_last;
  const isEnd = (index: number) => index < options.keep_first || index >= end;
  const showsEnds = 2 * count(counts.map((counted, index) => counted && isEnd(index))) <= total;
  return differing(text, (mask) =>
    characters
      .map((character, index) =>
        (showsEnds && isEnd(index)) || (options.preserve_format && isFormat(character))
          ? character
          : covered(character, mask),
      )
      .join(""),
  );
};

const isFormat = (character: string): boolean => [...character].every(isSeparator);

const maskWhole = (text: string): string => differing(text, (mask) => covered(text, mask));

const covered = (text: string, mask: string): string => mask.repeat(countCodePoints(text));

const KEPT_ZIP_CHARS = 3;
/** Shorter codes are few enough to be guessed from three characters. */
const MIN_ZIP_CHARS = 5;

/** The first three characters of a postal code, the rest masked; of few visible ones wholly. */
export const maskZipcode = (text: string): string => {
  const characters = charactersOf(text);
  const kept = count(characters.map(isVisible)) < MIN_ZIP_CHARS ? 0 : KEPT_ZIP_CHARS;
  const head = characters.slice(0, kept).join("");
  const rest = characters.slice(kept).join("");
  return differing(text, (mask) => head + covered(rest, mask));
};

const differing = (text: string, render: (mask: string) => string): string => {
  const masked = render(MASK);
  return masked === text ? render(OTHER_MASK) : masked;
};

const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;
