/**
 * From bytes to the fields of CSV records (RFC 4180), 16 bytes at a time: only the bytes that mean
 * something to CSV are looked at one by one. Bytes that are no whole record yet are left for the
 * next call, which sees them again from the record's start, so nothing is remembered in between.
 *
 * More tolerant than the RFC where nothing is ambiguous: LF, CRLF and CR all end a record, and a
 * quote inside an unquoted field is a character like any other.
 */

const LF: u32 = 0x0a;
const CR: u32 = 0x0d;
const QUOTE: u32 = 0x22;

/** A field's entry is two words: where its text starts, and how long it is, with its kind on top. */
export const KIND_SHIFT: u32 = 30;
export const LENGTH_MASK: u32 = (1 << KIND_SHIFT) - 1;
/** An empty field of this kind is a null. */
export const PLAIN: u32 = 0;
export const IN_QUOTES: u32 = 1;
export const WITH_DOUBLED_QUOTES: u32 = 2;
export const ENTRY_BYTES: usize = 8;

/** A record's entry is four words: start, end, number of fields, problem. */
const RECORD_BYTES: usize = 16;

const UNTERMINATED_QUOTE: u32 = 1;
const TEXT_AFTER_QUOTE: u32 = 2;
const INVALID_UTF8: u32 = 3;
const TOO_LONG: u32 = 4;

const NORMAL: i32 = 0;
const QUOTED: i32 = 1;
/** A quote inside quotes: the end of the field, or the first half of a doubled quote. */
const QUOTE_SEEN: i32 = 2;
/** Text between the closing quote and the delimiter, which the RFC does not allow. */
const AFTER_QUOTE: i32 = 3;

/**
 * Scans at most `maxRows` records, none after one longer than `maxRecord` bytes. Fields beyond
 * `width` of a record are counted, not kept. With `exact` set, a record of another width or with a
 * problem has nothing but nulls, and with a width of one a blank line is a record; otherwise blank
 * lines are skipped. Returns the number of records; the bytes they took are stored at `consumed`.
 */
export function scanCsv(
  input: usize,
  length: i32,
  isLast: bool,
  delimiter: u32,
  width: i32,
  exact: bool,
  maxRows: i32,
  maxRecord: i32,
  fields: usize,
  records: usize,
  consumed: usize,
): i32 {
  const delimiters = i8x16.splat(<i8>delimiter);
  const quotes = i8x16.splat(<i8>QUOTE);
  const feeds = i8x16.splat(<i8>LF);
  const returns = i8x16.splat(<i8>CR);
  const keepsBlank = exact && width === 1;
  let rows = 0;
  let state = NORMAL;
  let recordStart = 0;
  let fieldStart = 0;
  let fieldEnd = 0;
  let kind = PLAIN;
  let count = 0;
  let problem: u32 = 0;
  let entries = fields;
  let record = records;
  store<i32>(consumed, 0);

  for (let block = 0; block < length; block += 16) {
    const bytes = v128.load(input + block);
    const ends = v128.or(i8x16.eq(bytes, feeds), i8x16.eq(bytes, returns));
    const others = v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, quotes));
    let mask = i8x16.bitmask(v128.or(ends, others));
    if (length - block < 16) mask &= (1 << (length - block)) - 1;
    while (mask) {
      const at = block + ctz(mask);
      mask &= mask - 1;
      // The LF of a CRLF.
      if (at < fieldStart) continue;
      const byte: u32 = load<u8>(input + at);
      if (state === NORMAL) {
        if (byte === QUOTE) {
          if (at === fieldStart) {
            state = QUOTED;
            kind = IN_QUOTES;
          }
          continue;
        }
        fieldEnd = at;
      } else if (state === QUOTED) {
        if (byte === QUOTE) {
          fieldEnd = at;
          state = QUOTE_SEEN;
        }
        continue;
      } else if (state === QUOTE_SEEN) {
        if (at !== fieldEnd + 1) {
          problem = TEXT_AFTER_QUOTE;
          state = AFTER_QUOTE;
          if (byte === QUOTE) continue;
        } else if (byte === QUOTE) {
          kind = WITH_DOUBLED_QUOTES;
          state = QUOTED;
          continue;
        }
      } else if (byte === QUOTE) {
        continue;
      }
      // Whether an LF belongs to this CR is not known yet.
      if (byte === CR && at + 1 === length && !isLast) return rows;
      if (count < width) storeField(entries, count, fieldStart, fieldEnd, kind);
      count++;
      fieldStart = at + 1;
      kind = PLAIN;
      state = NORMAL;
      if (byte === delimiter) continue;

      if (byte === CR && at + 1 < length && load<u8>(input + at + 1) === <u8>LF) fieldStart++;
      if (at > recordStart || keepsBlank) {
        if (at - recordStart > maxRecord) problem = TOO_LONG;
        endRecord(record, recordStart, at, count, problem, entries, width, exact);
        rows++;
        record += RECORD_BYTES;
        entries += <usize>width * ENTRY_BYTES;
      }
      store<i32>(consumed, fieldStart);
      if (rows === maxRows || problem === TOO_LONG) return rows;
      recordStart = fieldStart;
      count = 0;
      problem = 0;
    }
  }
  if (!isLast || recordStart >= length) return rows;

  if (state === QUOTED) problem = UNTERMINATED_QUOTE;
  if (state === QUOTE_SEEN && fieldEnd + 1 < length) problem = TEXT_AFTER_QUOTE;
  if (state === QUOTED || state === NORMAL) fieldEnd = length;
  if (count < width) storeField(entries, count, fieldStart, fieldEnd, kind);
  if (length - recordStart > maxRecord) problem = TOO_LONG;
  endRecord(record, recordStart, length, count + 1, problem, entries, width, exact);
  store<i32>(consumed, length);
  return rows + 1;
}

function storeField(entries: usize, index: i32, start: i32, end: i32, kind: u32): void {
  const from = start + i32(kind !== PLAIN);
  const entry = entries + <usize>index * ENTRY_BYTES;
  store<i32>(entry, from);
  store<u32>(entry, <u32>(end - from) | (kind << KIND_SHIFT), 4);
}

function endRecord(
  record: usize,
  start: i32,
  end: i32,
  count: i32,
  problem: u32,
  entries: usize,
  width: i32,
  exact: bool,
): void {
  store<i32>(record, start);
  store<i32>(record, end, 4);
  store<i32>(record, count, 8);
  store<u32>(record, problem, 12);
  if (exact && (problem !== 0 || count !== width)) {
    memory.fill(entries, 0, <usize>width * ENTRY_BYTES);
  }
}

/**
 * Gives every record that is no UTF-8 its problem, unless it has one, and nulls. Returns how many
 * there are.
 */
export function markInvalidUtf8(
  input: usize,
  records: usize,
  rows: i32,
  width: i32,
  fields: usize,
): i32 {
  let marked = 0;
  for (let row = 0; row < rows; row++) {
    const record = records + <usize>row * RECORD_BYTES;
    const start = load<i32>(record);
    if (load<u32>(record, 12) !== 0) continue;
    if (isUtf8(input + start, load<i32>(record, 4) - start)) continue;
    store<u32>(record, INVALID_UTF8, 12);
    const bytes = <usize>width * ENTRY_BYTES;
    memory.fill(fields + <usize>row * bytes, 0, bytes);
    marked++;
  }
  return marked;
}

/** Whether bytes are well-formed UTF-8 (Unicode 16.0, table 3-7). */
export function isUtf8(bytes: usize, length: i32): bool {
  const end = bytes + length;
  let at = bytes;
  while (at < end) {
    if (at + 16 <= end && i8x16.bitmask(v128.load(at)) === 0) {
      at += 16;
      continue;
    }
    const first: u32 = load<u8>(at);
    if (first < 0x80) {
      at++;
      continue;
    }
    const size: usize = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || at + size > end) return false;
    const second: u32 = load<u8>(at, 1);
    let low: u32 = 0x80;
    let high: u32 = 0xbf;
    if (first === 0xe0) low = 0xa0;
    else if (first === 0xed) high = 0x9f;
    else if (first === 0xf0) low = 0x90;
    else if (first === 0xf4) high = 0x8f;
    if (second < low || second > high) return false;
    if (size > 2 && (load<u8>(at, 2) & 0xc0) !== 0x80) return false;
    if (size > 3 && (load<u8>(at, 3) & 0xc0) !== 0x80) return false;
    at += size;
  }
  return true;
}
