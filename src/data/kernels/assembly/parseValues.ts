/** Columns whose values all take the same room, from the fields of CSV records. */
import { ENTRY_BYTES, LENGTH_MASK } from "./csvScan";
import { MISFIT, NULL } from "./fields";
import { parseFloat64, parseInt64 } from "./parseNumbers";
import { parseBoolean } from "./parseTexts";
import { parseDate, parseDatetime } from "./parseTimes";

const INT: i32 = 0;
const FLOAT: i32 = 1;
const BOOLEAN: i32 = 2;
const DATE: i32 = 3;
const DATETIME: i32 = 4;

/**
 * Fills a byte a row with what became of the field, and returns which of them occurred, a bit
 * each. `values` has 8 bytes a row for ints, floats and datetimes (microseconds since 1970-01-01),
 * 4 for dates (days since then), 1 for booleans.
 */
export function parseValues(
  type: i32,
  input: usize,
  fields: usize,
  column: i32,
  width: i32,
  rows: i32,
  values: usize,
  flags: usize,
): u32 {
  const stride = <usize>width * ENTRY_BYTES;
  let entry = fields + <usize>column * ENTRY_BYTES;
  let seen: u32 = 0;
  for (let row = 0; row < rows; row++) {
    const length = load<u32>(entry, 4) & LENGTH_MASK;
    let flag = NULL;
    if (length > 0) {
      const start = input + load<u32>(entry);
      flag = parseValue(type, start, start + length, values, <usize>row);
    }
    store<u8>(flags + row, flag);
    seen |= 1 << flag;
    entry += stride;
  }
  return seen;
}

function parseValue(type: i32, from: usize, to: usize, values: usize, row: usize): u8 {
  if (type === INT) return parseInt64(from, to, values + (row << 3));
  if (type === FLOAT) return parseFloat64(from, to, values + (row << 3));
  if (type === BOOLEAN) return parseBoolean(from, to, values + row);
  if (type === DATE) return parseDate(from, to, values + (row << 2));
  if (type === DATETIME) return parseDatetime(from, to, values + (row << 3));
  return MISFIT;
}
