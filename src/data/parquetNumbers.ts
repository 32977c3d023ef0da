/** Numbers in the pages of a Parquet file, which may be anything: what cannot be is damage. */

/** Unsigned LEB128 of at most 32 bits. */
export const readVarInt = (
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly value: number; readonly next: number } => {
  let value = 0;
  for (let index = 0; index < 5 && start + index < end; index += 1) {
    const byte = bytes[start + index] ?? 0;
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return { value: value >>> 0, next: start + index + 1 };
  }
  throw damage();
};

/** A whole number from 0 to `most`, or damage. */
export const count = (value: number | undefined, most: number): number => {
  if (value === undefined || !Number.isInteger(value) || value < 0 || value > most) throw damage();
  return value;
};

export const damage = () => new RangeError("the pages of the Parquet file contradict each other");
