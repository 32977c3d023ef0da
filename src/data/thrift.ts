/**
 * Thrift's compact protocol, as far as Parquet's headers and footers need it to be written
 * (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md).
 */
import { invariant } from "../domain/decider.ts";

type Kind = "bool" | "i16" | "i32" | "i64" | "binary" | "list" | "struct";

export type ThriftValue =
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "i16" | "i32" | "i64"; readonly value: number }
  | { readonly kind: "binary"; readonly value: Uint8Array }
  | { readonly kind: "list"; readonly of: Kind; readonly values: readonly ThriftValue[] }
  | { readonly kind: "struct"; readonly fields: ThriftFields };

/** Field id -> value, ids ascending; an undefined field is left out. */
export type ThriftFields = Readonly<Record<number, ThriftValue | undefined>>;

const encoder = new TextEncoder();

export const bool = (value: boolean): ThriftValue => ({ kind: "bool", value });
export const i16 = (value: number): ThriftValue => ({ kind: "i16", value });
export const i32 = (value: number): ThriftValue => ({ kind: "i32", value });
/** Whole and within what a float holds exactly. */
export const i64 = (value: number): ThriftValue => ({ kind: "i64", value });
export const binary = (value: Uint8Array): ThriftValue => ({ kind: "binary", value });
export const text = (value: string): ThriftValue => binary(encoder.encode(value));
export const list = (of: Kind, values: readonly ThriftValue[]): ThriftValue => ({
  kind: "list",
  of,
  values,
});
export const struct = (fields: ThriftFields): ThriftValue => ({ kind: "struct", fields });

const TYPE_IDS = { bool: 1, i16: 4, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;
const FALSE_FIELD = 2;
const SHORT_DELTA = 15;

/** The bytes of a struct. */
export const encodeThrift = (fields: ThriftFields): Uint8Array => {
  const out = new Bytes();
  writeFields(out, fields);
  return out.take();
};

const writeFields = (out: Bytes, fields: ThriftFields): void => {
  let last = 0;
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const id = Number(key);
    // A boolean's value is in its type.
    const isFalse = value.kind === "bool" && !value.value;
    const type = isFalse ? FALSE_FIELD : TYPE_IDS[value.kind];
    if (id - last <= SHORT_DELTA) {
      out.byte(((id - last) << 4) | type);
    } else {
      out.byte(type);
      out.varint(zigzag(id));
    }
    last = id;
    if (value.kind !== "bool") writeValue(out, value);
  }
  out.byte(0);
};

const writeValue = (out: Bytes, value: ThriftValue): void => {
  switch (value.kind) {
    case "bool":
      out.byte(value.value ? TYPE_IDS.bool : FALSE_FIELD);
      return;
    case "i16":
    case "i32":
    case "i64":
      invariant(Number.isSafeInteger(2 * value.value), "a number of a footer is exact");
      out.varint(zigzag(value.value));
      return;
    case "binary":
      out.varint(value.value.length);
      out.bytes(value.value);
      return;
    case "list": {
      const { length } = value.values;
      const type = TYPE_IDS[value.of];
      if (length < SHORT_DELTA) {
        out.byte((length << 4) | type);
      } else {
        out.byte((SHORT_DELTA << 4) | type);
        out.varint(length);
      }
      for (const element of value.values) writeValue(out, element);
      return;
    }
    case "struct":
      writeFields(out, value.fields);
  }
};

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** A buffer that doubles. */
class Bytes {
  #bytes = new Uint8Array(1024);
  #length = 0;

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** Unsigned LEB128; beyond 32 bits as well, hence no shifts. */
  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  bytes(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
