/**
 * Masks: characters replaced one by one, so that a person recognises the shape and, where asked
 * for, the ends of a value, but at least half of it is gone.
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

/**
 * The masked text, as many code points as before. Differs from the text unless that is empty.
 * Halves are counted without what `preserve_format` leaves; if it would leave everything, the
 * whole value is masked.
 */
export const maskText = (text: string, options: MaskOptions): string => {
  if (!options.preserve_format && options.keep_first === 0 && options.keep_last === 0)
    return maskWhole(text);
  const characters = [...text];
  const maskable = characters.map(
    (character) => !(options.preserve_format && isSeparator(character)),
  );
  const total = count(maskable);
  if (total === 0) return maskWhole(text);
  const end = characters.length - options.keep_last;
  const shown = maskable.map(
    (masks, index) => masks && (index < options.keep_first || index >= end),
  );
  const showsEnds = 2 * count(shown) <= total;
  return differing(text, (mask) =>
    characters
      .map((character, index) => {
        const hides = maskable[index] === true && !(showsEnds && shown[index] === true);
        return hides ? mask : character;
      })
      .join(""),
  );
};

const maskWhole = (text: string): string => {
  const length = countCodePoints(text);
  return differing(text, (mask) => mask.repeat(length));
};

const KEPT_ZIP_CHARS = 3;
/** Shorter codes are few enough to be guessed from three characters. */
const MIN_ZIP_CHARS = 5;

/** The first three characters of a postal code, the rest masked; short codes wholly. */
export const maskZipcode = (text: string): string => {
  const characters = [...text];
  const kept = characters.length < MIN_ZIP_CHARS ? 0 : KEPT_ZIP_CHARS;
  const head = characters.slice(0, kept).join("");
  return differing(text, (mask) => head + mask.repeat(characters.length - kept));
};

const differing = (text: string, render: (mask: string) => string): string => {
  const masked = render(MASK);
  return masked === text ? render(OTHER_MASK) : masked;
};

const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;
