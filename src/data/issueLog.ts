/**
 * Collects why a file does not fit its schema, and what is lost of it, within bounds: the first issues are listed, all are
 * counted. Nothing that enters a message may come from a cell, because messages are recorded.
 */
import { MAX_LISTED_ISSUES, type SchemaIssue } from "../domain/table.ts";

/** At most this many unexpected column names are kept, each cut to this many characters. */
export const MAX_UNEXPECTED_COLUMNS = 100;
const MAX_COLUMN_NAME_CHARS = 200;

export class IssueLog {
  #count = 0;
  #rowCount = 0;
  #cutDatetimes = 0;
  readonly #ofFile: SchemaIssue[] = [];
  readonly #ofRows: SchemaIssue[] = [];
  readonly #unexpected = new Set<string>();
  #unexpectedOverflow = false;
  readonly #hints = new Map<string, string>();

  /** How many issues there are, listed or not. */
  get count(): number {
    return this.#count;
  }

  /** How many of them are about rows. */
  get row_count(): number {
    return this.#rowCount;
  }

  /** The first ones about rows. */
  get of_rows(): readonly SchemaIssue[] {
    return this.#hinted(this.#ofRows);
  }

  /** Issues of the file first, then those of rows as they were met; at most MAX_LISTED_ISSUES. */
  get listed(): readonly SchemaIssue[] {
    return [...this.#ofFile, ...this.of_rows].slice(0, MAX_LISTED_ISSUES);
  }

  /** Names in the file that the schema does not know, at most MAX_UNEXPECTED_COLUMNS of them. */
  get unexpected_columns(): readonly string[] {
    return [...this.#unexpected];
  }

  /** Datetimes that were taken without what they say beyond microseconds. */
  get cut_datetimes(): number {
    return this.#cutDatetimes;
  }

  addCutDatetimes(count: number): void {
    this.#cutDatetimes += count;
  }

  /** `column` names a column of the schema, or is null when the issue is about the whole. */
  add(column: string | null, row: number | null, message: string): void {
    this.#count += 1;
    if (row !== null) this.#rowCount += 1;
    const list = row === null ? this.#ofFile : this.#ofRows;
    if (list.length < MAX_LISTED_ISSUES) list.push({ column, row, message });
  }

  /** What may help against issues of rows with that message; null: nothing that is known. */
  hint(column: string | null, message: string, hint: string | null): void {
    const key = hintKey(column, message);
    if (hint === null) this.#hints.delete(key);
    else this.#hints.set(key, hint);
  }

  /** Issues of rows that are only counted, because enough are listed. */
  addUnlisted(count: number): void {
    this.#count += count;
    this.#rowCount += count;
  }

  /** Whether issues of rows are not listed any more. */
  get full(): boolean {
    return this.#ofRows.length >= MAX_LISTED_ISSUES;
  }

  /** Remembers a name from the file; `reportUnexpected` turns what was remembered into one issue. */
  unexpected(name: string): void {
    const short = name.slice(0, MAX_COLUMN_NAME_CHARS);
    if (this.#unexpected.has(short)) return;
    if (this.#unexpected.size < MAX_UNEXPECTED_COLUMNS) this.#unexpected.add(short);
    else this.#unexpectedOverflow = true;
  }

  /** To be called once, when all names have been seen. */
  reportUnexpected(): void {
    const known = this.#unexpected.size;
    if (known === 0) return;
    const amount = this.#unexpectedOverflow ? `more than ${known} columns` : columns(known);
    this.add(null, null, `${amount} not in the schema`);
  }

  /** The same, the first of each kind with its hint. */
  #hinted(issues: readonly SchemaIssue[]): readonly SchemaIssue[] {
    const said = new Set<string>();
    return issues.map((issue) => {
      const key = hintKey(issue.column, issue.message);
      const hint = said.has(key) ? undefined : this.#hints.get(key);
      said.add(key);
      return hint === undefined ? issue : { ...issue, message: `${issue.message} (${hint})` };
    });
  }
}

const hintKey = (column: string | null, message: string) => JSON.stringify([column, message]);

const columns = (count: number) => (count === 1 ? "1 column" : `${count} columns`);
