/**
 * Masks on a column's bytes: what `maskText` makes of a text, without a JavaScript string for texts
 * of ASCII alone, which nearly all are.
 */
import { TextBuilder, type Texts } from "../textBuilder.ts";
import { derivedTexts, type TextWriter } from "./derivedTexts.ts";
import { isSeparator, isVisible, type MaskOptions, maskText } from "./mask.ts";

const STAR = 0x2a;
/** Takes over where a value consists of stars already. */
const HASH = 0x23;
const ASCII = 0x80;

/** By byte: 1 where the character gives a value its format. */
export const ASCII_SEPARATORS = Uint8Array.from({ length: ASCII }, (_, code) =>
  Number(isSeparator(String.fromCharCode(code))),
);

/** By byte: 1 where the character shows. */
const ASCII_VISIBLE = Uint8Array.from({ length: ASCII }, (_, code) =>
  Number(isVisible(String.fromCharCode(code))),
);

/** Whether nothing of a value is to stay. */
export const masksWhole = ({ preserve_format, keep_first, keep_last }: MaskOptions): boolean =>
  !preserve_format && keep_first === 0 && keep_last === 0;

/** A star for every code point, of all texts at once: where they are ASCII, only bytes change. */
export const maskWhole = (texts: Texts, rows: number): Texts => {
  const { offsets, bytes } = texts;
  const [start, end] = [offsets[0] ?? 0, offsets[rows] ?? 0];
  if (!isAscii(bytes, start, end)) {
    const builder = new TextBuilder(rows, end - start);
    for (let row = 0; row < rows; row += 1) {
      writeWhole(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0, builder);
      builder.endText();
    }
    return builder.texts();
  }
  const masked = new Uint8Array(end).fill(STAR);
  for (let row = 0; row < rows; row += 1) {
    const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
    if (bytes[from] === STAR && allStars(bytes, from, to)) masked.fill(HASH, from, to);
  }
  return { offsets, bytes: masked };
};

const allStars = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let index = from; index < to; index += 1) if (bytes[index] !== STAR) return false;
  return true;
};

/** Masks that leave something; for others see `maskWhole`. */
export const maskWriter = (options: MaskOptions): TextWriter => {
  const writeAny = derivedTexts((text) => maskText(text, options));
  return (bytes, from, to, into) => {
    if (isAscii(bytes, from, to)) writeAscii(bytes, from, to, into, options);
    else writeAny(bytes, from, to, into);
  };
};

const writeWhole: TextWriter = (bytes, from, to, into) => {
  into.reserve(to - from);
  const output = into.bytes;
  let end = into.end;
  for (let index = from; index < to; index += 1)
    // Continuation bytes belong to the code point before.
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) output[end++] = STAR;
  if (allStars(bytes, from, to)) output.fill(HASH, into.end, end);
  into.end = end;
};

const writeAscii = (
  bytes: Uint8Array,
  from: number,
  to: number,
  into: TextBuilder,
  { preserve_format, keep_first, keep_last }: MaskOptions,
): void => {
  const head = from + keep_first;
  const tail = to - keep_last;
  let visible = 0;
  let shown = 0;
  for (let index = from; index < to; index += 1) {
    const byte = bytes[index] ?? 0;
    if (ASCII_VISIBLE[byte] === 0 || (preserve_format && ASCII_SEPARATORS[byte] === 1)) continue;
    visible += 1;
    if (index < head || index >= tail) shown += 1;
  }
  if (visible === 0) {
    writeWhole(bytes, from, to, into);
    return;
  }
  const showsEnds = 2 * shown <= visible;
  const render = (mask: number): boolean => {
    let differs = false;
    for (let index = from; index < to; index += 1) {
      const byte = bytes[index] ?? 0;
      const stays =
        (preserve_format && ASCII_SEPARATORS[byte] === 1) ||
        (showsEnds && (index < head || index >= tail));
      const output = stays ? byte : mask;
      if (output !== byte) differs = true;
      into.bytes[into.end + index - from] = output;
    }
    return differs;
  };
  into.reserve(to - from);
  if (!render(STAR)) render(HASH);
  into.end += to - from;
};

export const isAscii = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let index = from; index < to; index += 1) if ((bytes[index] ?? 0) >= ASCII) return false;
  return true;
};
