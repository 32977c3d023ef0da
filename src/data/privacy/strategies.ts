/**
 * Every privacy strategy as a function from column to column. What they promise is written in
 * domain/rules/privacy.ts; this module only decides which code keeps which promise.
 */
import type { PrivacyKeys } from "../../application/dataPorts.ts";
import { assertNever } from "../../domain/decider.ts";
import type { PrivacyRule } from "../../domain/rules/privacy.ts";
import type { ColumnType } from "../../domain/table.ts";
import type { ColumnVector } from "../columns.ts";
import { textsOf } from "../columnTexts.ts";
import { keyedHex } from "../kernels/keyedHash.ts";
import { comparable } from "../quality/rowHashes.ts";
import { TextBuilder, type Texts } from "../textBuilder.ts";
import { derivedTexts, type TextWriter } from "./derivedTexts.ts";
import { secretKey } from "./keyed.ts";
import { FIXED_MASK, maskZipcode } from "./mask.ts";
import { masksWhole, maskWhole, maskWriter } from "./maskBytes.ts";
import { dateShift, noise, type RowOwners } from "./perturbColumn.ts";
import { columnPseudonymizer } from "./pseudonymize.ts";
import { byAge, byBoundaries, bySalary, bySize, dateWriter } from "./ranges.ts";
import { emptyToken } from "./tokenize.ts";
import { columnTokenizer } from "./tokenizeColumn.ts";

export interface TransformedColumn {
  readonly column: ColumnVector;
  /** Cells the strategy was applied to. */
  readonly cells: number;
}

/** The column that comes out has as many rows; it may share arrays with the one that went in. */
export type ColumnStrategy = (column: ColumnVector, owners: RowOwners) => TransformedColumn;

/** The rule must fit the type (checkPrivacyColumns). */
export const columnStrategy = (
  rule: PrivacyRule,
  type: ColumnType,
  keys: PrivacyKeys,
): ColumnStrategy => {
  const transform = transformOf(rule, type, keys);
  return (column, owners) => {
    const { rows } = owners;
    const cells = rule.preserve_null ? presentIn(column.valid, rows) : rows;
    return { column: transform(column, owners), cells };
  };
};

const presentIn = (valid: Uint8Array | null, rows: number): number => {
  if (valid === null) return rows;
  let present = 0;
  for (let row = 0; row < rows; row += 1) present += valid[row] ?? 0;
  return present;
};

type Transform = (column: ColumnVector, owners: RowOwners) => ColumnVector;

/** What a null falls into when it is to fall into a range. */
const UNKNOWN_RANGE = "unknown";

const transformOf = (rule: PrivacyRule, type: ColumnType, keys: PrivacyKeys): Transform => {
  switch (rule.strategy) {
    case "keep":
      return (column) => column;
    case "nullify":
    case "suppress":
      return nothing;
    case "redact":
      return each(rule, constant(rule.text), rule.text);
    case "mask":
      if (type === "boolean") return each(rule, constant(FIXED_MASK), FIXED_MASK);
      return masksWhole(rule)
        ? whole(rule, maskWhole, FIXED_MASK)
        : each(rule, maskWriter(rule), FIXED_MASK);
    case "hash":
      return whole(rule, (texts, rows) => keyedHex(keys.hash, texts, rows), null, comparable);
    case "tokenize":
      return whole(rule, columnTokenizer(keys.token), emptyToken(secretKey(keys.token)));
    case "pseudonymize":
      return whole(rule, columnPseudonymizer(keys.pseudonym, rule.as), null);
    case "generalize":
    case "bucket":
      return each(rule, rangeWriter(rule, type), UNKNOWN_RANGE);
    case "noise":
      return noise(rule, keys.noise);
    case "date_shift":
      return dateShift(rule, keys.date_shift);
    default:
      return assertNever(rule);
  }
};

/** A column of nulls keeps its type, but not the values at rows that were none. */
const nothing: Transform = (column, { rows }) => {
  const valid = new Uint8Array(rows);
  switch (column.type) {
    case "string":
    case "decimal":
      return { ...column, valid, offsets: new Int32Array(rows + 1), bytes: new Uint8Array(0) };
    case "int":
    case "datetime":
      return { ...column, valid, values: new BigInt64Array(rows) };
    case "float":
      return { ...column, valid, values: new Float64Array(rows) };
    case "date":
      return { ...column, valid, values: new Int32Array(rows) };
    case "boolean":
      return { ...column, valid, values: new Uint8Array(rows) };
    default:
      return assertNever(column);
  }
};

const encoder = new TextEncoder();

const constant = (text: string): TextWriter => {
  const bytes = encoder.encode(text);
  return (_bytes, _from, _to, into) => into.copy(bytes, 0, bytes.length);
};

/** A strategy that looks at each text by itself; `ofNull` is what a null becomes, if it does. */
const each =
  (rule: PrivacyRule, write: TextWriter, ofNull: string): Transform =>
  (column, { rows }) => {
    const { name, valid } = column;
    const { offsets, bytes } = textsOf(column, rows);
    const builder = new TextBuilder(rows, bytes.length);
    for (let row = 0; row < rows; row += 1) {
      if (valid === null || valid[row] === 1)
        write(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0, builder);
      else if (!rule.preserve_null) builder.text(ofNull);
      builder.endText();
    }
    return texts(name, rule.preserve_null ? valid : null, builder.texts());
  };

/**
 * A strategy on all texts at once, as `spell` makes them of the column; `ofNull` null: a null is
 * like an empty text.
 */
const whole =
  (
    rule: PrivacyRule,
    transform: (texts: Texts, rows: number) => Texts,
    ofNull: string | null,
    spell: typeof textsOf = textsOf,
  ): Transform =>
  (column, { rows }) => {
    const { name, valid } = column;
    const transformed = transform(spell(column, rows), rows);
    if (valid === null) return texts(name, null, transformed);
    if (!rule.preserve_null && ofNull === null) return texts(name, null, transformed);
    const builder = new TextBuilder(rows, transformed.bytes.length);
    const { offsets, bytes } = transformed;
    for (let row = 0; row < rows; row += 1) {
      if (valid[row] === 1) builder.copy(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
      else if (!rule.preserve_null) builder.text(ofNull ?? "");
      builder.endText();
    }
    return texts(name, rule.preserve_null ? valid : null, builder.texts());
  };

const texts = (
  name: string,
  valid: Uint8Array | null,
  { offsets, bytes }: Texts,
): ColumnVector => ({ name, type: "string", valid, offsets, bytes });

type RangeRule = PrivacyRule & { readonly strategy: "generalize" | "bucket" };

const rangeWriter = (rule: RangeRule, type: ColumnType): TextWriter => {
  switch (rule.as) {
    case "age":
      return derivedTexts(byAge);
    case "salary":
      return derivedTexts(bySalary);
    case "date":
      return dateWriter(rule.precision);
    case "zipcode":
      return derivedTexts(maskZipcode);
    case "size":
      return derivedTexts(bySize(rule.size, type === "int"));
    case "buckets":
      return derivedTexts(byBoundaries(rule.buckets, type === "int"));
    default:
      return assertNever(rule);
  }
};
