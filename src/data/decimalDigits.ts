/** Counts the digits of decimal columns while a batch is appended: see domain/rules/decimalTypes.ts. */
import type { DecimalDigits, Schema } from "../domain/table.ts";
import type { ColumnChunk, TextColumn } from "./columns.ts";

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

export interface DigitCounter {
  look(chunk: ColumnChunk): void;
  /** Of every decimal column, zeros where it has no value; undefined when there is no such column. */
  digits(): DecimalDigits | undefined;
}

export const digitCounter = (schema: Schema): DigitCounter => {
  const counts = Object.entries(schema).flatMap(([name, type], index) =>
    type === "decimal" ? [{ name, index, whole: 0, fraction: 0 }] : [],
  );
  return {
    look({ columns, rows }) {
      for (const count of counts) {
        const column = columns[count.index];
        if (column?.type === "decimal") widen(count, column, rows);
      }
    },
    digits: () =>
      counts.length === 0
        ? undefined
        : Object.fromEntries(
            counts.map(({ name, whole, fraction }) => [name, { whole, fraction }]),
          ),
  };
};

/** Canonical texts: no plus sign, no leading zeros but one before a point. A null's is empty. */
const widen = (
  count: { whole: number; fraction: number },
  { offsets, bytes }: TextColumn,
  rows: number,
): void => {
  let { whole, fraction } = count;
  let end = offsets[0] ?? 0;
  for (let row = 0; row < rows; row += 1) {
    let from = end;
    end = offsets[row + 1] ?? 0;
    if (from === end) continue;
    if (bytes[from] === MINUS) from += 1;
    let point = from;
    while (point < end && bytes[point] !== POINT) point += 1;
    const before = bytes[from] === ZERO ? 0 : point - from;
    const behind = Math.max(0, end - point - 1);
    if (before > whole) whole = before;
    if (behind > fraction) fraction = behind;
  }
  count.whole = whole;
  count.fraction = fraction;
};
