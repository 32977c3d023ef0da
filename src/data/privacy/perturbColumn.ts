/**
 * Noise and shifts over a column: one keyed digest a row, whose message says whose it is, and the
 * column's own type comes out.
 */
import { invariant } from "../../domain/decider.ts";
import type { PrivacyRule } from "../../domain/rules/privacy.ts";
import { textAt } from "../columnCells.ts";
import type { ColumnVector } from "../columns.ts";
import { textsOf } from "../columnTexts.ts";
import { keyedDigests } from "../kernels/keyedHash.ts";
import { comparable } from "../quality/rowHashes.ts";
import { decodeText, TextBuilder, type Texts } from "../textBuilder.ts";
import { DIGEST_BYTES } from "./keyed.ts";
import { millionthsOf, noisyDecimal, noisyFloat, noisyInteger, pushOf } from "./noise.ts";
import { dayIn, shiftDate, shiftDatetime, shiftDays, standsIn } from "./shift.ts";

/** Whose a chunk's rows are, as they were before any strategy ran. */
export interface RowOwners {
  readonly rows: number;
  /** Of the column that names the data subject, equal for equal values; null: there is none. */
  readonly subjects: Texts | null;
  /** Whether the row names its subject. */
  hasSubject(row: number): boolean;
}

/**
 * Noise is HMAC-SHA-256(key, `["<column>",<percent>,<owner>]:<value>`), under the key of the dataset.
 * The owner is the subject, as a JSON string, or null where the row names none. Equal values of an
 * owner are pushed alike, in whatever row or file they stand and however they are spelt: what changes
 * from one to the other could be averaged away. Under another percentage the push is another one:
 * the same share of both would be subtracted.
 */
export const noise =
  (rule: PrivacyRule & { readonly strategy: "noise" }, key: Uint8Array) =>
  (column: ColumnVector, owners: RowOwners): ColumnVector => {
    const { rows } = owners;
    const digests = keyedDigests(key, noiseMessages(rule, column, owners), rows);
    const millionths = millionthsOf(rule.percent);
    const push = (row: number) => pushOf(digests, row * DIGEST_BYTES);
    switch (column.type) {
      case "float":
        return {
          ...column,
          values: column.values.map((value, row) => noisyFloat(value, rule.percent, push(row))),
        };
      case "int":
        return {
          ...column,
          values: column.values.map((value, row) => noisyInteger(value, millionths, push(row))),
        };
      default: {
        invariant(column.type === "decimal", "noise is for numbers");
        const builder = new TextBuilder(rows, column.bytes.length);
        for (let row = 0; row < rows; row += 1) {
          const text = textAt(column, row);
          // A null row has no text.
          if (text !== "") builder.text(noisyDecimal(text, millionths, push(row)));
          builder.endText();
        }
        return { ...column, ...builder.texts() };
      }
    }
  };

const noiseMessages = (
  { column: name, percent }: PrivacyRule & { readonly strategy: "noise" },
  column: ColumnVector,
  owners: RowOwners,
): Texts => {
  const values = comparable(column, owners.rows);
  const builder = new TextBuilder(owners.rows, 2 * values.bytes.length + 32 * owners.rows);
  const prefix = `[${JSON.stringify(name)},${percent},`;
  for (let row = 0; row < owners.rows; row += 1) {
    builder.text(prefix);
    if (owners.subjects !== null && owners.hasSubject(row))
      jsonString(owners.subjects, row, builder);
    else builder.text("null");
    builder.text("]:");
    builder.copy(values.bytes, values.offsets[row] ?? 0, values.offsets[row + 1] ?? 0);
    builder.endText();
  }
  return builder.texts();
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BLANK = 0x20;

/** A text as JSON.stringify writes it. */
const jsonString = ({ offsets, bytes }: Texts, row: number, into: TextBuilder): void => {
  const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
  for (let index = from; index < to; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte !== QUOTE && byte !== BACKSLASH && byte >= BLANK) continue;
    into.text(JSON.stringify(decodeText(bytes, from, to)));
    return;
  }
  into.byte(QUOTE);
  into.copy(bytes, from, to);
  into.byte(QUOTE);
};

/**
 * A shift is HMAC-SHA-256(key, `[<days>,<subject>]`), under the key of the dataset: no column has a
 * part in it, so that all dates of a subject move together. A row that names no subject, and a day
 * that stands in for none, move by themselves: `[<days>,null]:<date>`.
 */
export const dateShift =
  (rule: PrivacyRule & { readonly strategy: "date_shift" }, key: Uint8Array) =>
  (column: ColumnVector, owners: RowOwners): ColumnVector => {
    const digests = keyedDigests(key, shiftMessages(rule.days, column, owners), owners.rows);
    const shift = (row: number) => shiftDays(digests, row * DIGEST_BYTES, rule.days);
    if (column.type === "date")
      return {
        ...column,
        values: column.values.map((value, row) => shiftDate(value, shift(row))),
      };
    invariant(column.type === "datetime", "shifts are for dates");
    return {
      ...column,
      values: column.values.map((value, row) => shiftDatetime(value, shift(row))),
    };
  };

const shiftMessages = (days: number, column: ColumnVector, owners: RowOwners): Texts => {
  const { rows, subjects } = owners;
  const dayAt = dayReader(column);
  const builder = new TextBuilder(rows, 32 * rows);
  // Most rows name a subject.
  let dates: Texts | null = null;
  for (let row = 0; row < rows; row += 1) {
    builder.text(`[${days},`);
    if (subjects !== null && owners.hasSubject(row) && !standsIn(dayAt(row))) {
      jsonString(subjects, row, builder);
      builder.text("]");
    } else {
      builder.text("null]:");
      dates ??= textsOf(column, rows);
      builder.copy(dates.bytes, dates.offsets[row] ?? 0, dates.offsets[row + 1] ?? 0);
    }
    builder.endText();
  }
  return builder.texts();
};

const dayReader = (column: ColumnVector): ((row: number) => number) => {
  if (column.type === "date") return (row) => column.values[row] ?? 0;
  invariant(column.type === "datetime", "shifts are for dates");
  return (row) => dayIn(column.values[row] ?? 0n);
};
