/**
 * The length of a text as people and SQL engines count it: in code points, where JavaScript counts
 * every character beyond U+FFFF twice.
 */
export const countCodePoints = (text: string): number => {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index += 1)
    if (isHigh(text.charCodeAt(index)) && isLow(text.charCodeAt(index + 1))) count -= 1;
  return count;
};

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
