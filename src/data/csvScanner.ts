/**
 * From bytes to CSV records (RFC 4180), whole records only, wherever the bytes are cut. It looks
 * at bytes because every character that means something to CSV is one byte, and because a broken
 * UTF-8 sequence then spoils one record and not the rest of the file.
 *
 * More tolerant than the RFC where nothing is ambiguous: LF, CRLF and CR all end a record, and a
 * quote inside an unquoted field is a character like any other.
 */
import { CarryBuffer } from "./carryBuffer.ts";
import { decodeUtf8, MAX_RECORD_BYTES } from "./textInput.ts";

/** Fields of a record beyond this many are counted, but not kept. */
export const MAX_CSV_FIELDS = 4096;

export type CsvProblem =
  | "unterminated_quote"
  | "text_after_quote"
  | "invalid_utf8"
  /** The last record that is reported: nothing after it is scanned. */
  | "too_long";

export interface CsvRecord {
  /** An empty field without quotes is null, with quotes an empty text. None with a problem. */
  readonly fields: readonly (string | null)[];
  /** Fields in the record, kept or not; 0 when the record is too long. */
  readonly width: number;
  /** The line is empty: one field, nothing in it. */
  readonly blank: boolean;
  readonly problem: CsvProblem | null;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

const FIELD_START = 0;
const UNQUOTED = 1;
const QUOTED = 2;
/** A quote inside quotes: the end of the field, or the first half of a doubled quote. */
const QUOTE_SEEN = 3;
/** Text between the closing quote and the comma, which the RFC does not allow. */
const AFTER_QUOTE = 4;

type State =
  | typeof FIELD_START
  | typeof UNQUOTED
  | typeof QUOTED
  | typeof QUOTE_SEEN
  | typeof AFTER_QUOTE;

const PLAIN = 0;
const IN_QUOTES = 1;
const WITH_DOUBLED_QUOTES = 2;

export class CsvScanner {
  readonly #carry = new CarryBuffer();
  #state: State = FIELD_START;
  /** Bytes of the carry that were looked at already; offsets count from the record's start. */
  #scanned = 0;
  #starts: number[] = [];
  #ends: number[] = [];
  #kinds: number[] = [];
  #width = 0;
  #fieldStart = 0;
  #fieldEnd = 0;
  #kind = PLAIN;
  #afterCr = false;
  #problem: CsvProblem | null = null;
  #stopped = false;

  /** Scans a piece of the file and yields the records that end in it. */
  *push(piece: Uint8Array): Generator<CsvRecord, void, undefined> {
    if (this.#stopped) return;
    this.#carry.append(piece);
    let bytes = this.#carry.view();
    let scanned = this.#scanned;
    while (scanned < bytes.length) {
      if (this.#afterCr && scanned === 0) {
        this.#afterCr = false;
        if (bytes[0] === LF) {
          this.#carry.consume(1);
          bytes = bytes.subarray(1);
          continue;
        }
      }
      const end = this.#scan(bytes, scanned);
      if (end === bytes.length) {
        scanned = end;
        break;
      }
      this.#afterCr = bytes[end] === CR;
      yield this.#endRecord(bytes.subarray(0, end));
      if (this.#stopped) return;
      this.#carry.consume(end + 1);
      bytes = bytes.subarray(end + 1);
      scanned = 0;
    }
    this.#scanned = scanned;
    if (scanned > MAX_RECORD_BYTES) yield this.#tooLong();
  }

  /** Ends the file: yields its last record when no line end follows it. */
  *end(): Generator<CsvRecord, void, undefined> {
    const bytes = this.#carry.view();
    if (this.#stopped || bytes.length === 0) return;
    if (this.#state === QUOTED) {
      this.#problem = "unterminated_quote";
      this.#fieldEnd = bytes.length;
    }
    if (this.#state === FIELD_START || this.#state === UNQUOTED) this.#fieldEnd = bytes.length;
    this.#endField(bytes.length);
    yield this.#endRecord(bytes);
  }

  /** Where the record ends: the index of its line end, or the number of bytes when it goes on. */
  #scan(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.#state === QUOTED) {
        at = indexOfQuote(bytes, at);
        if (at === bytes.length) break;
        this.#fieldEnd = at;
        this.#state = QUOTE_SEEN;
        at += 1;
        continue;
      }
      if (this.#state === UNQUOTED || this.#state === AFTER_QUOTE) {
        at = indexOfFieldEnd(bytes, at);
        if (at === bytes.length) break;
      }
      const byte = bytes[at] ?? 0;
      if (byte === COMMA || byte === LF || byte === CR) {
        if (this.#state === FIELD_START || this.#state === UNQUOTED) this.#fieldEnd = at;
        this.#endField(at + 1);
        if (byte !== COMMA) return at;
      } else {
        this.#enter(byte, at);
      }
      at += 1;
    }
    return at;
  }

  /** Takes a byte that ends nothing, at the start of a field or after a quote in quotes. */
  #enter(byte: number, at: number): void {
    if (this.#state === FIELD_START) {
      if (byte === QUOTE) {
        this.#fieldStart = at + 1;
        this.#kind = IN_QUOTES;
        this.#state = QUOTED;
      } else {
        this.#state = UNQUOTED;
      }
    } else if (byte === QUOTE) {
      this.#kind = WITH_DOUBLED_QUOTES;
      this.#state = QUOTED;
    } else {
      this.#problem = "text_after_quote";
      this.#state = AFTER_QUOTE;
    }
  }

  #endField(nextStart: number): void {
    if (this.#width < MAX_CSV_FIELDS) {
      this.#starts[this.#width] = this.#fieldStart;
      this.#ends[this.#width] = this.#fieldEnd;
      this.#kinds[this.#width] = this.#kind;
    }
    this.#width += 1;
    this.#fieldStart = nextStart;
    this.#kind = PLAIN;
    this.#state = FIELD_START;
  }

  #endRecord(bytes: Uint8Array): CsvRecord {
    if (bytes.length > MAX_RECORD_BYTES) return this.#tooLong();
    const text = decodeUtf8(bytes);
    if (text === undefined) this.#problem ??= "invalid_utf8";
    const kept = this.#problem === null ? Math.min(this.#width, MAX_CSV_FIELDS) : 0;
    const fields: (string | null)[] = [];
    for (let index = 0; index < kept; index += 1) {
      fields.push(this.#field(index, bytes, text ?? ""));
    }
    const record: CsvRecord = {
      fields,
      width: this.#width,
      blank: bytes.length === 0,
      problem: this.#problem,
    };
    this.#width = 0;
    this.#fieldStart = 0;
    this.#problem = null;
    return record;
  }

  #field(index: number, bytes: Uint8Array, text: string): string | null {
    const start = this.#starts[index] ?? 0;
    const end = this.#ends[index] ?? 0;
    const kind = this.#kinds[index];
    if (start === end) return kind === PLAIN ? null : "";
    // Only where every character is one byte do offsets into the bytes hold for the text.
    const raw =
      text.length === bytes.length
        ? text.slice(start, end)
        : (decodeUtf8(bytes.subarray(start, end)) ?? "");
    return kind === WITH_DOUBLED_QUOTES ? raw.replaceAll('""', '"') : raw;
  }

  #tooLong(): CsvRecord {
    this.#stopped = true;
    return { fields: [], width: 0, blank: false, problem: "too_long" };
  }
}

const indexOfQuote = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += 1;
  return at;
};

const indexOfFieldEnd = (bytes: Uint8Array, from: number): number => {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === COMMA || byte === LF || byte === CR) break;
  }
  return at;
};
