/** JSON Lines in: one object a line. */
import type { Schema } from "../domain/table.ts";
import { saysMore } from "./calendar.ts";
import { CarryBuffer } from "./carryBuffer.ts";
import type { ColumnChunk } from "./columns.ts";
import type { IssueLog } from "./issueLog.ts";
import { parseLine, parseRow, REPEATED } from "./jsonLine.ts";
import { NotATableError } from "./notATable.ts";
import type { Pieces } from "./pieces.ts";
import { type ColumnSpec, columnSpecs, RowBuilder } from "./rowBuilder.ts";
import { decodeUtf8, MAX_RECORD_BYTES, textPieces } from "./textInput.ts";
import { misfit, parseJson } from "./types.ts";

/**
 * Reads the rows of a JSON Lines file. Blank lines are ignored, a missing key is null, an object
 * with a key twice is no row. Throws a NotATableError when the first
 * line is no JSON or when there is no line at all.
 */
export async function* readJsonl(
  pieces: Pieces,
  schema: Schema,
  issues: IssueLog,
): AsyncGenerator<ColumnChunk, void, undefined> {
  const table = new JsonlTable(columnSpecs(schema), issues, 1);
  yield* table.read(textPieces(pieces));
  table.end();
}

/** The rows of lines that stand anywhere in a file: what they hold and what they lack. */
export class JsonlTable {
  readonly rows: RowBuilder;
  readonly #columns: readonly ColumnSpec[];
  readonly #known: ReadonlySet<string>;
  readonly #issues: IssueLog;
  readonly #seen = new Set<string>();

  constructor(columns: readonly ColumnSpec[], issues: IssueLog, first_row: number) {
    this.#columns = columns;
    this.#known = new Set(columns.map(({ name }) => name));
    this.#issues = issues;
    this.rows = new RowBuilder(columns, first_row);
  }

  async *read(pieces: Pieces): AsyncGenerator<ColumnChunk, void, undefined> {
    const lines = new LineScanner();
    for await (const piece of pieces) {
      for (const line of lines.push(piece)) {
        this.add(line);
        if (this.rows.full) yield this.rows.take();
      }
    }
    for (const line of lines.end()) this.add(line);
    if (!this.rows.empty) yield this.rows.take();
  }

  /** Columns of the schema that no line has had so far. */
  get missing(): readonly string[] {
    return this.#columns.flatMap(({ name }) => (this.#seen.has(name) ? [] : [name]));
  }

  add(line: Line): void {
    const { row } = this.rows;
    const text = line === TOO_LONG ? undefined : decodeUtf8(line);
    if (text?.trim() === "") return;
    const value = text === undefined ? undefined : parseRow(text);
    if (row === 1 && value === undefined) {
      throw new NotATableError("the first line is not JSON");
    }
    if (value instanceof Map) {
      this.#addObject(value, row);
      return;
    }
    this.#issues.add(null, row, problem(line, text, value));
    this.rows.putNullRow();
  }

  end(): void {
    if (this.rows.row === 1) throw new NotATableError("the file has no line with an object");
    // A key may be missing anywhere, but a column that no row has is not in the file.
    for (const name of this.missing) this.#issues.add(name, null, "missing from the file");
    this.#issues.reportUnexpected();
  }

  #addObject(object: ReadonlyMap<string, unknown>, row: number): void {
    for (const key of object.keys()) {
      if (this.#known.has(key)) this.#seen.add(key);
      else this.#issues.unexpected(key);
    }
    for (let index = 0; index < this.#columns.length; index += 1) {
      const column = this.#columns[index];
      if (column === undefined) continue;
      const value = object.get(column.name) ?? null;
      const cell = parseJson(value, column.type);
      const cut = typeof cell === "bigint" && column.type === "datetime" && saysMore(String(value));
      if (cut) this.#issues.addCutDatetimes(1);
      if (cell === undefined) this.#issues.add(column.name, row, misfit(column.type));
      this.rows.put(index, cell ?? null);
    }
    this.rows.endRow();
  }
}

const problem = (line: Line, text: string | undefined, value: unknown): string => {
  if (value === REPEATED) return "has a member twice: readers differ in which of the two they take";
  if (line === TOO_LONG) {
    return `is longer than ${MAX_RECORD_BYTES} bytes; nothing after it was read`;
  }
  if (text === undefined) return "is not valid UTF-8";
  return value === undefined ? "is not JSON" : "is not a JSON object";
};

export const TOO_LONG: unique symbol = Symbol("too long");
export type Line = Uint8Array | typeof TOO_LONG;

/** Whether a line is no row: nothing but blanks. */
export const isBlank = (line: Line): boolean => {
  if (line === TOO_LONG) return false;
  const first = line[0] ?? 0x20;
  return (first <= 0x20 || first >= 0x80) && decodeUtf8(line)?.trim() === "";
};

/** Throws unless the file begins with a line of JSON. */
export const checkFirstLine = (line: Line): void => {
  const text = line === TOO_LONG ? undefined : decodeUtf8(line);
  if (text === undefined || parseLine(text) === undefined) {
    throw new NotATableError("the first line is not JSON");
  }
};

const LF = 0x0a;

/** Lines without their LF; a CR before it is white space to JSON. */
export class LineScanner {
  readonly #carry = new CarryBuffer();
  #scanned = 0;
  #stopped = false;

  *push(piece: Uint8Array): Generator<Line, void, undefined> {
    if (this.#stopped) return;
    this.#carry.append(piece);
    let rest = this.#carry.view();
    for (;;) {
      const end = rest.indexOf(LF, this.#scanned);
      if ((end === -1 ? rest.length : end) > MAX_RECORD_BYTES) {
        this.#stopped = true;
        yield TOO_LONG;
        return;
      }
      this.#scanned = end === -1 ? rest.length : 0;
      if (end === -1) return;
      yield rest.subarray(0, end);
      this.#carry.consume(end + 1);
      rest = rest.subarray(end + 1);
    }
  }

  *end(): Generator<Line, void, undefined> {
    if (!this.#stopped && this.#carry.length > 0) yield this.#carry.view();
  }
}
