/**
 * Tokens of a whole column: the digests of all its texts in one call, spelt on bytes where a text
 * is ASCII. What comes out is what `tokenize` makes of each text.
 */
import { keyedDigests } from "../kernels/keyedHash.ts";
import { TextBuilder, type Texts } from "../textBuilder.ts";
import { derivedTexts } from "./derivedTexts.ts";
import { DIGEST_BYTES, secretKey } from "./keyed.ts";
import { ASCII_SEPARATORS, isAscii } from "./maskBytes.ts";
import { CHARS_PER_BLOCK, DIGITS, LOWER, tokenize, UPPER } from "./tokenize.ts";

/** Per ASCII byte: the first letter of its alphabet, and how many letters that has. */
const FIRST = new Uint8Array(128).fill(LOWER.charCodeAt(0));
const CHOICES = new Uint8Array(128).fill(LOWER.length);
for (const alphabet of [DIGITS, UPPER]) {
  const first = alphabet.charCodeAt(0);
  FIRST.fill(first, first, first + alphabet.length);
  CHOICES.fill(alphabet.length, first, first + alphabet.length);
}

/** In: texts. Out: their tokens; the empty text has the empty token. */
export const columnTokenizer = (key: Uint8Array): ((texts: Texts, rows: number) => Texts) => {
  const prepared = secretKey(key);
  const writeAny = derivedTexts((text) => tokenize(prepared, text));
  return (texts, rows) => {
    const { offsets, bytes } = texts;
    const plain = new Uint8Array(rows);
    for (let row = 0; row < rows; row += 1)
      plain[row] = Number(isAscii(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0));
    const blocks = blockMessages(texts, rows, plain);
    const digests = keyedDigests(key, blocks, blocks.offsets.length - 1);
    const tokens = new TextBuilder(rows, bytes.length);
    let block = 0;
    for (let row = 0; row < rows; row += 1) {
      const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      const spelt =
        plain[row] === 1 && spell(bytes, from, to, digests, block * DIGEST_BYTES, tokens);
      if (!spelt) writeAny(bytes, from, to, tokens);
      if (plain[row] === 1) block += blocksIn(to - from);
      tokens.endText();
    }
    return tokens.texts();
  };
};

const blocksIn = (length: number): number => Math.ceil(length / CHARS_PER_BLOCK);

/** The messages of the first attempt: `0:<block>:<text>` for every block of every ASCII text. */
const blockMessages = ({ offsets, bytes }: Texts, rows: number, plain: Uint8Array): Texts => {
  const builder = new TextBuilder(rows, 2 * bytes.length + 4 * rows);
  for (let row = 0; row < rows; row += 1) {
    if (plain[row] === 0) continue;
    const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
    for (let block = 0; block < blocksIn(to - from); block += 1) {
      builder.text(`0:${block}:`);
      builder.copy(bytes, from, to);
      builder.endText();
    }
  }
  return builder.texts();
};

/** False, with nothing written, when the token would be the text itself. */
const spell = (
  bytes: Uint8Array,
  from: number,
  to: number,
  digests: Uint8Array,
  start: number,
  into: TextBuilder,
): boolean => {
  let separators = 0;
  for (let index = from; index < to; index += 1)
    separators += ASCII_SEPARATORS[bytes[index] ?? 0] ?? 0;
  // Separators stay, unless there is nothing else in the text.
  const stay = separators < to - from;
  into.reserve(to - from);
  let differs = from === to;
  for (let index = from; index < to; index += 1) {
    const byte = bytes[index] ?? 0;
    const word = start + 2 * (index - from);
    const letter =
      stay && ASCII_SEPARATORS[byte] === 1
        ? byte
        : (FIRST[byte] ?? 0) +
          ((((digests[word] ?? 0) << 8) | (digests[word + 1] ?? 0)) % (CHOICES[byte] ?? 1));
    if (letter !== byte) differs = true;
    into.bytes[into.end + index - from] = letter;
  }
  if (differs) into.end += to - from;
  return differs;
};
