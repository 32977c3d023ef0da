/**
 * CSV in: the header is matched to the schema by name, every field to its column's type. What does
 * not fit is logged by row and column; the rows keep coming, so that they can be counted.
 */
import { assertNever } from "../domain/decider.ts";
import type { Schema } from "../domain/table.ts";
import type { Cell, Chunk } from "./chunk.ts";
import { type CsvProblem, type CsvRecord, CsvScanner, MAX_CSV_FIELDS } from "./csvScanner.ts";
import type { IssueLog } from "./issueLog.ts";
import { NotATableError } from "./notATable.ts";
import { type ColumnSpec, columnSpecs, RowBuilder } from "./rowBuilder.ts";
import { MAX_RECORD_BYTES, textPieces } from "./textInput.ts";
import { misfit, parseText } from "./types.ts";

/**
 * Reads the rows of a CSV file. An empty field is null; `""` is an empty string in a string column
 * and null in any other. Blank lines are ignored, except below the header of a file with one
 * column: there they are the only way to write a null.
 */
export async function* readCsv(
  stream: ReadableStream<Uint8Array>,
  schema: Schema,
  issues: IssueLog,
): AsyncGenerator<Chunk, void, undefined> {
  const table = new CsvTable(columnSpecs(schema), issues);
  const scanner = new CsvScanner();
  // After a record that is too long the scanner yields nothing more, but the stream is read to its
  // end all the same: somebody may be copying it on the way.
  for await (const piece of textPieces(stream)) {
    for (const record of scanner.push(piece)) {
      table.add(record);
      if (table.rows.full) yield table.rows.take();
    }
  }
  for (const record of scanner.end()) table.add(record);
  table.end();
  if (!table.rows.empty) yield table.rows.take();
}

class CsvTable {
  readonly rows: RowBuilder;
  readonly #columns: readonly ColumnSpec[];
  readonly #issues: IssueLog;
  /** Where each column of the schema stands in a record; undefined until the header is known. */
  #positions: readonly number[] | undefined;
  #width = 0;

  constructor(columns: readonly ColumnSpec[], issues: IssueLog) {
    this.#columns = columns;
    this.#issues = issues;
    this.rows = new RowBuilder(columns);
  }

  add(record: CsvRecord): void {
    if (this.#positions === undefined) {
      if (!record.blank) this.#positions = this.#readHeader(record);
    } else if (!record.blank || this.#width === 1) {
      this.#addRow(record, this.#positions);
    }
  }

  end(): void {
    if (this.#positions === undefined) throw new NotATableError("the file has no header row");
  }

  #readHeader(record: CsvRecord): readonly number[] {
    if (record.problem !== null) {
      throw new NotATableError(`the header row ${describe(record.problem)}`);
    }
    if (record.width > MAX_CSV_FIELDS) {
      throw new NotATableError(`the header row has more than ${MAX_CSV_FIELDS} columns`);
    }
    const names = record.fields.map((field) => field ?? "");
    this.#width = names.length;
    const known = new Set(this.#columns.map(({ name }) => name));
    const seen = new Set<string>();
    const repeated = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) repeated.add(name);
      seen.add(name);
    }
    for (const { name } of this.#columns) {
      if (!seen.has(name)) this.#issues.add(name, null, "missing from the file");
    }
    for (const name of seen) if (!known.has(name)) this.#issues.unexpected(name);
    this.#issues.reportUnexpected();
    for (const name of repeated) {
      this.#issues.add(known.has(name) ? name : null, null, "a column name occurs more than once");
    }
    return this.#columns.map(({ name }) => names.indexOf(name));
  }

  #addRow(record: CsvRecord, positions: readonly number[]): void {
    const { row } = this.rows;
    if (record.problem !== null) {
      this.#issues.add(null, row, describe(record.problem));
      this.rows.putNullRow();
      return;
    }
    if (record.width !== this.#width) {
      const message = `has ${fields(record.width)}, the header has ${this.#width}`;
      this.#issues.add(null, row, message);
      this.rows.putNullRow();
      return;
    }
    for (let index = 0; index < this.#columns.length; index += 1) {
      const column = this.#columns[index];
      const field = record.fields[positions[index] ?? -1];
      if (column !== undefined) this.rows.put(index, this.#cell(column, field, row));
    }
    this.rows.endRow();
  }

  #cell({ name, type }: ColumnSpec, field: string | null | undefined, row: number): Cell {
    if (field === null || field === undefined) return null;
    if (field === "" && type !== "string") return null;
    const cell = parseText(field, type);
    if (cell !== undefined) return cell;
    this.#issues.add(name, row, misfit(type));
    return null;
  }
}

const fields = (count: number) => (count === 1 ? "1 field" : `${count} fields`);

const describe = (problem: CsvProblem): string => {
  switch (problem) {
    case "unterminated_quote":
      return "opens a quote that is never closed";
    case "text_after_quote":
      return "has text between a closing quote and the next comma";
    case "invalid_utf8":
      return "is not valid UTF-8";
    case "too_long":
      return `is longer than ${MAX_RECORD_BYTES} bytes; nothing after it was read`;
    default:
      return assertNever(problem);
  }
};
