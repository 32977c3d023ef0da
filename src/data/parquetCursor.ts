/**
 * One column of a row group, so many rows at a time, its pages opened one after the other. What it
 * holds is counted in the memory of its reader; when others need the room it lets go of it, and
 * opens the same page again when it is next read from. Values come as they are stored: what they
 * mean is for parquetTypes.ts to say.
 */
import { type ColumnPages, PageFetcher } from "./parquetFetch.ts";
import { type Holder, MAX_PAGE_BYTES, type ReaderMemory } from "./parquetMemory.ts";
import { damage } from "./parquetNumbers.ts";
import { nextRun, type OpenPage } from "./parquetOpenPage.ts";
import type { DataPage, PageHeader } from "./parquetPages.ts";
import { RunReader } from "./parquetRuns.ts";
import { apart, bytesOf, sliceOf } from "./parquetSlices.ts";
import type { StoredRun, StoredValues } from "./parquetStored.ts";
import { dictionaryValues, readerOf } from "./parquetValues.ts";

/** Rows that are passed over at once, on to where a page was read up to. */
const PASSED_ROWS = 4096;

export class ColumnCursor implements Holder {
  readonly #column: ColumnPages;
  readonly #memory: ReaderMemory;
  readonly #pages: PageFetcher;
  /** Where its page begins; null as long as none has come by. */
  #dictionaryAt: number | null = null;
  #dictionary: StoredValues | null = null;
  #page: OpenPage | null = null;
  /** Instead of a page: rows of it that were put aside. */
  #aside: readonly StoredRun[] = [];
  #dictionaryBytes = 0;
  /** Of the page, or of what was put aside. */
  #pageBytes = 0;
  /** Of the page that was opened last. */
  #openingBytes = 0;
  #header: PageHeader | null = null;
  /** Where the present page begins in the chunk, rows of it that were read, and of those before. */
  #at: Place = { offset: 0, read: 0, before: 0 };
  /** The same where the present chunk of rows begins. */
  #mark: Place = this.#at;

  constructor(column: ColumnPages) {
    this.#column = column;
    this.#memory = column.memory;
    this.#pages = new PageFetcher(column, this);
    // As long as none was seen, a page may be all there is.
    const bytes = Math.min(column.unpacked_bytes, MAX_PAGE_BYTES);
    this.#memory.wish(this, { bytes, opening: Math.min(2 * bytes, MAX_PAGE_BYTES) });
  }

  get isOpen(): boolean {
    return this.#page !== null || this.#aside.length > 0;
  }

  /** From here on rows may be taken back. */
  mark(): void {
    this.#mark = this.#at;
  }

  /** Goes back to the mark, and so many rows on from it. */
  backTo(rows: number): void {
    const { offset, read, before } = this.#mark;
    const place = { offset, read: read + rows, before };
    if (place.before + place.read === this.#at.before + this.#at.read) return;
    const page = offset === this.#at.offset ? this.#page : null;
    this.#at = place;
    if (page === null || this.#header === null) this.#closePage();
    else this.#begin(page.data, this.#header);
  }

  /** Whether it will ask for bytes before so many rows are read, as far as is known. */
  wants(rows: number): boolean {
    return this.#rowsAtHand() < rows && this.#pages.wants(this.#nextOffset());
  }

  /** Fetches what `wants` speaks of. */
  fetchAhead(): Promise<void> {
    return this.#pages.fetchAhead(this.#nextOffset());
  }

  /** Where the page begins that is opened next. */
  #nextOffset(): number {
    const isLast = this.isOpen && this.#rowsAtHand() === this.#rowsLeft();
    return (isLast ? this.#header?.next : null) ?? this.#at.offset;
  }

  /** Of the page that was opened last. */
  #rowsLeft(): number {
    return (this.#header?.values ?? 0) - this.#at.read;
  }

  #rowsAtHand(): number {
    if (this.#page !== null) return this.#rowsLeft();
    return this.#aside.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** The next rows, `most` at most and one at least, of the page that is open. */
  run(most: number): StoredRun {
    const run =
      this.#page === null ? this.#putAside(most) : nextRun(this.#page, most, this.#rowsLeft());
    const header = this.#header;
    if (header === null) throw damage();
    const { offset, read, before } = this.#at;
    if (read + run.rows < header.values) this.#at = { offset, read: read + run.rows, before };
    else {
      this.#at = { offset: header.next, read: 0, before: before + header.values };
      this.#closePage();
    }
    return run;
  }

  #putAside(most: number): StoredRun {
    const [run, ...others] = this.#aside;
    if (run === undefined) throw damage();
    const rows = Math.min(most, run.rows);
    this.#aside = rows === run.rows ? others : [sliceOf(run, rows, run.rows), ...others];
    return rows === run.rows ? run : sliceOf(run, 0, rows);
  }

  /** Keeps no more than its share: the page, or else as many rows of it. */
  settle(): void {
    const page = this.#page;
    const held = this.#pageBytes + this.#dictionaryBytes;
    const share = this.#memory.shareOf(this);
    if (page !== null && held > share) this.#keepRows(page, share, held / page.data.values);
    this.#pages.letGoOfExcess();
  }

  #keepRows(page: OpenPage, share: number, row_bytes: number): void {
    const step = Math.max(1, Math.min(PASSED_ROWS, Math.floor(share / 8 / row_bytes)));
    const aside: StoredRun[] = [];
    let bytes = 0;
    let last = 0;
    for (let left = this.#rowsLeft(); left > 0 && bytes + last <= share; ) {
      const run = apart(nextRun(page, step, left));
      aside.push(run);
      last = bytesOf(run);
      bytes += last;
      left -= run.rows;
    }
    this.letGoOfPage();
    this.#aside = aside;
    this.#pageBytes = bytes;
    this.#memory.count(bytes);
  }

  letGoOfPage(): void {
    this.#closePage();
    this.#letGoOfDictionary();
  }

  letGoOfWindow(): void {
    this.#pages.letGo();
  }

  /** Opens the next page that has rows. Throws when it is damaged, and what the store throws. */
  async open(): Promise<void> {
    while (!this.isOpen) {
      const { offset, read, before } = this.#at;
      const header = await this.#pages.headerAt(offset, this.#rowsToCome());
      const { values, next } = header;
      if (header.is_dictionary) {
        this.#dictionaryAt = offset;
        this.#letGoOfDictionary();
        await this.#readDictionary();
        this.#at = { offset: next, read, before };
      } else if (values <= read) {
        // It was read to its end, or has none.
        this.#at = { offset: next, read: read - values, before: before + values };
      } else await this.#openPage(header);
    }
  }

  async #openPage(header: PageHeader): Promise<void> {
    if (header.encoding.endsWith("_DICTIONARY")) await this.#readDictionary();
    else this.#letGoOfDictionary();
    const data = await this.#fetched(header, this.#at.offset);
    if (data.kind !== "data") throw damage();
    const bytes = this.#pageBytes + this.#dictionaryBytes;
    this.#memory.wish(this, { bytes, opening: this.#openingBytes });
    this.#begin(data, header);
  }

  /** The page from its first row on, and on to where it was read up to. */
  #begin(data: DataPage, header: PageHeader): void {
    const { levels, defined, values: rows } = data;
    const page = {
      data,
      levels: levels && defined < rows ? new RunReader(levels, 1) : null,
      values: readerOf(data, this.#column.element, this.#dictionary),
    };
    for (let left = this.#at.read; left > 0; ) left -= nextRun(page, PASSED_ROWS, left).rows;
    this.#page = page;
    this.#header = header;
  }

  async #readDictionary(): Promise<void> {
    if (this.#dictionary !== null) return;
    if (this.#dictionaryAt === null) throw damage();
    const header = await this.#pages.headerAt(this.#dictionaryAt, this.#rowsToCome());
    const page = await this.#fetched(header, this.#dictionaryAt);
    if (page.kind !== "dictionary") throw damage();
    this.#dictionary = dictionaryValues(page.body, page.values, this.#column.element);
    this.#dictionaryBytes = this.#pageBytes;
    this.#pageBytes = 0;
  }

  async #fetched(header: PageHeader, offset: number) {
    const rows = this.#rowsToCome();
    const fetched = await this.#pages.pageOf(header, offset, rows, this.#dictionaryBytes);
    this.#openingBytes = fetched.opening_bytes;
    this.#pageBytes = fetched.bytes;
    this.#memory.count(fetched.bytes);
    return fetched.page;
  }

  #rowsToCome(): number {
    return this.#column.rows - this.#at.before;
  }

  #letGoOfDictionary(): void {
    this.#dictionary = null;
    this.#memory.count(-this.#dictionaryBytes);
    this.#dictionaryBytes = 0;
  }

  #closePage(): void {
    this.#page = null;
    this.#aside = [];
    this.#memory.count(-this.#pageBytes);
    this.#pageBytes = 0;
  }
}

interface Place {
  readonly offset: number;
  readonly read: number;
  readonly before: number;
}
