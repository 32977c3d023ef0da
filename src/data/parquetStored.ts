/**
 * Values as a Parquet file stores them: numbers as they lie in memory, byte arrays as places in one
 * body. No value is an object of its own, so what a page or a dictionary takes is known from its size.
 */

/** Value `n` is `bytes[starts[n]..ends[n])`. */
export interface ByteValues {
  readonly kind: "bytes";
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Values by their number, as they are stored; of flags 1 is true. */
export type StoredValues =
  | ByteValues
  | { readonly kind: "numbers"; readonly at: Numbers }
  | { readonly kind: "flags"; readonly at: Uint8Array };

export type Numbers = Int32Array | BigInt64Array | Float32Array | Float64Array;

/** Rows of one page. */
export interface StoredRun {
  readonly rows: number;
  readonly values: StoredValues;
  /** Which value each row has, NO_VALUE where there is none; null: row `n` has value `n`. */
  readonly picks: Uint32Array | null;
  /** Whether rows share values. */
  readonly is_shared: boolean;
}

export const NO_VALUE = 0xffff_ffff;

/** A value as it is: a number, a boolean or bytes; undefined when there is none. */
export const valueAt = (values: StoredValues, at: number): unknown => {
  switch (values.kind) {
    case "bytes":
      return values.bytes.subarray(values.starts[at], values.ends[at]);
    case "flags":
      return values.at[at] === 1;
    case "numbers":
      return values.at[at];
  }
};

/** Bytes of a value; none where there is no value. */
export const lengthAt = ({ starts, ends }: ByteValues, at: number | undefined): number =>
  at === undefined || at === NO_VALUE ? 0 : (ends[at] ?? 0) - (starts[at] ?? 0);
