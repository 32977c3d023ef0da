/** Fitting JSON rows into parameters of limited size: what D1 takes is bounded in bytes. */

const encoder = new TextEncoder();

/** Of the text in UTF-8, as it goes over the wire. */
export const byteLength = (text: string): number => encoder.encode(text).length;

/** How many of the first `sizes` stay within `maxBytes` together; at least one, if there is one. */
export const leading = (sizes: readonly number[], maxBytes: number): number => {
  let count = 0;
  let total = 0;
  for (const size of sizes) {
    total += size;
    if (count > 0 && total > maxBytes) break;
    count += 1;
  }
  return count;
};

/**
 * JSON arrays of the rows (each JSON itself), in order, each array at most `maxBytes` long. A row
 * larger than that stands alone in an array as large as it must be.
 */
export const packed = (rows: readonly string[], maxBytes: number): readonly string[] => {
  // One byte of each row's share is the comma before it; the brackets are two.
  const sizes = rows.map((row) => byteLength(row) + 1);
  const arrays: string[] = [];
  for (let start = 0; start < rows.length; ) {
    const count = leading(sizes.slice(start), maxBytes - 1);
    arrays.push(`[${rows.slice(start, start + count).join(",")}]`);
    start += count;
  }
  return arrays;
};
