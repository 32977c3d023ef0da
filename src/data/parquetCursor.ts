/**
 * One column of a row group, so many rows at a time, its pages opened one after the other. What it
 * holds is counted in the memory of its reader; when others need the room it lets go of it, and
 * opens the same page again when it is next read from. Values come as they are stored: what they
 * mean is for parquetTypes.ts to say.
 */
import type { SchemaElement } from "hyparquet";
import { NotATableError } from "./notATable.ts";
import { type Holder, MAX_PAGE_BYTES, type ReaderMemory } from "./parquetMemory.ts";
import { damage } from "./parquetNumbers.ts";
import {
  type DataPage,
  type DictionaryPage,
  headerAt,
  MAX_HEADER_BYTES,
  type PageHeader,
  pageOf,
  type Unpack,
} from "./parquetPages.ts";
import { RunReader } from "./parquetRuns.ts";
import {
  dictionaryValues,
  indexBytes,
  NO_VALUE,
  readerOf,
  type StoredRun,
  type StoredValues,
  type ValueReader,
} from "./parquetValues.ts";
import type { ChunkBytes } from "./parquetWindow.ts";

export interface ColumnPages {
  readonly chunk: ChunkBytes;
  readonly element: SchemaElement;
  readonly rows: number;
  /** Whether pages are stored as they are: what is unpacked is what was fetched. */
  readonly is_plain: boolean;
  /** `offset`: where the page begins in the chunk. */
  readonly unpack: (page: Uint8Array, bytes: number, offset: number) => Uint8Array;
  readonly memory: ReaderMemory;
}

interface OpenPage {
  readonly data: DataPage;
  readonly header: PageHeader;
  readonly levels: RunReader | null;
  readonly values: ValueReader;
}

/** Rows that are passed over at once, on to where a page was read up to. */
const PASSED_ROWS = 4096;

/** The least that is fetched beyond what a page is known to need: its header, most likely. */
const HEADER_BYTES = 4 * 1024;

export class ColumnCursor implements Holder {
  readonly #column: ColumnPages;
  /** Where its page begins; null as long as none has come by. */
  #dictionaryAt: number | null = null;
  #dictionary: StoredValues | null = null;
  #page: OpenPage | null = null;
  #dictionaryBytes = 0;
  #pageBytes = 0;
  /** Where the present page begins in the chunk, rows of it that were read, and of those before. */
  #at: Place = { offset: 0, read: 0, before: 0 };
  /** The same where the present chunk of rows begins. */
  #mark: Place = this.#at;
  /** As the last page was stored. */
  #packedBytes = 0;

  constructor(column: ColumnPages) {
    this.#column = column;
    column.memory.join(this);
  }

  get isOpen(): boolean {
    return this.#page !== null;
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
    if (page === null) this.#closePage();
    else this.#begin(page.data, page.header);
  }

  /** Whether it will ask for bytes before so many rows are read, as far as is known. */
  wants(rows: number): boolean {
    const page = this.#page;
    if (page !== null && page.data.values - this.#at.read >= rows) return false;
    const { chunk } = this.#column;
    const { offset, bytes } = this.#ahead();
    // A page that is larger than a window is fetched when others have made room for it.
    return bytes <= chunk.window_bytes && chunk.from(offset).length < bytes;
  }

  /** Fetches what `wants` speaks of. */
  fetchAhead(): Promise<void> {
    const { offset, bytes } = this.#ahead();
    return this.#fetch(offset, bytes);
  }

  /** Where the next page begins, and how many bytes it will have, by the last one. */
  #ahead() {
    const { length } = this.#column.chunk;
    const offset = this.#page?.header.next ?? this.#at.offset;
    const packed = this.#packedBytes;
    return { offset, bytes: Math.min(length - offset, packed + (packed >> 3) + HEADER_BYTES) };
  }

  /** The next rows, `most` at most and one at least, of the page that is open. */
  run(most: number): StoredRun {
    const page = this.#page;
    if (page === null) throw damage();
    const left = page.data.values - this.#at.read;
    const wanted = Math.min(most, left);
    const rows = page.values.within?.(wanted) ?? wanted;
    const run = runOf(page, rows);
    const { offset, read, before } = this.#at;
    if (rows < left) this.#at = { offset, read: read + rows, before };
    else {
      this.#at = { offset: page.header.next, read: 0, before: before + page.data.values };
      this.#closePage();
    }
    return run;
  }

  /** Keeps what there is room for: the page, or else what it is unpacked from. */
  settle(): void {
    const { chunk, memory } = this.#column;
    const isSpent = this.#page !== null && chunk.from(this.#page.header.next).length === 0;
    if (isSpent && memory.isRoomy(chunk.held_bytes)) this.letGoOfWindow();
    if (!memory.isRoomy()) this.letGoOfPage();
    if (!memory.isRoomy() && chunk.held_bytes > chunk.window_bytes) this.letGoOfWindow();
  }

  letGoOfPage(): void {
    this.#closePage();
    this.#letGoOfDictionary();
  }

  letGoOfWindow(): void {
    const { chunk, memory } = this.#column;
    memory.count(-chunk.held_bytes);
    chunk.letGo();
  }

  /** Opens the next page that has rows. Throws what pageOf throws, and what the store does. */
  async open(): Promise<void> {
    while (this.#page === null) {
      const { offset, read, before } = this.#at;
      const header = await this.#headerAt(offset);
      if (header.is_dictionary) {
        this.#dictionaryAt = offset;
        this.#letGoOfDictionary();
        await this.#readDictionary();
        this.#at = { offset: header.next, read, before };
      } else if (header.values <= read) {
        // It was read to its end, or has none.
        this.#at = {
          offset: header.next,
          read: read - header.values,
          before: before + header.values,
        };
      } else {
        if (header.encoding.endsWith("_DICTIONARY")) await this.#readDictionary();
        else this.#letGoOfDictionary();
        const data = await this.#pageOf(header, offset);
        if (data.kind !== "data") throw damage();
        this.#begin(data, header);
      }
    }
  }

  /** The page from its first row on, and on to where it was read up to. */
  #begin(data: DataPage, header: PageHeader): void {
    const { levels, defined, values: rows } = data;
    const page = {
      data,
      header,
      levels: levels && defined < rows ? new RunReader(levels, 1) : null,
      values: readerOf(data, this.#column.element, this.#dictionary),
    };
    for (let left = this.#at.read; left > 0; ) {
      const passed = Math.min(left, PASSED_ROWS);
      const taken = page.values.within?.(passed) ?? passed;
      runOf(page, taken);
      left -= taken;
    }
    this.#page = page;
  }

  async #readDictionary(): Promise<void> {
    if (this.#dictionary !== null) return;
    if (this.#dictionaryAt === null) throw damage();
    const header = await this.#headerAt(this.#dictionaryAt);
    const page = await this.#pageOf(header, this.#dictionaryAt);
    if (page.kind !== "dictionary") throw damage();
    this.#dictionary = dictionaryValues(page.body, page.values, this.#column.element);
    this.#dictionaryBytes = this.#pageBytes;
    this.#pageBytes = 0;
  }

  async #headerAt(offset: number): Promise<PageHeader> {
    const { chunk, rows } = this.#column;
    for (;;) {
      const bytes = chunk.from(offset);
      try {
        return headerAt(bytes, offset, chunk.length, rows - this.#at.before);
      } catch (error) {
        if (bytes.length >= Math.min(chunk.length - offset, MAX_HEADER_BYTES)) throw error;
        // It may be the window that ends, and not the header that is damaged.
        await this.#fetch(offset, Math.max(HEADER_BYTES, 8 * bytes.length));
      }
    }
  }

  async #pageOf(header: PageHeader, offset: number): Promise<DictionaryPage | DataPage> {
    const { chunk, element, rows, is_plain, memory } = this.#column;
    const { start, next, unpacked_bytes } = header;
    this.#packedBytes = next - start;
    const unpacked = unpacked_bytes + indexBytes(header, element);
    const takes = unpacked + this.#dictionaryBytes + (is_plain ? 0 : next - start);
    if (takes > MAX_PAGE_BYTES) throw tooLarge(takes);
    if (chunk.from(start).length < next - start) await this.#fetch(start, next - start);
    memory.makeRoom(unpacked, this);
    const page = chunk.from(start).subarray(0, next - start);
    if (page.length < next - start) throw damage();
    const unpack: Unpack = (bytes, size) => this.#column.unpack(bytes, size, offset);
    const leaf = { element, rows: rows - this.#at.before };
    const opened = pageOf(header, this.#owned(page), leaf, unpack);
    this.#pageBytes = unpacked;
    memory.count(unpacked);
    return opened;
  }

  /** The page in bytes that outlive the window, if they are what its values are read from. */
  #owned(page: Uint8Array): Uint8Array {
    const { chunk, is_plain } = this.#column;
    if (!is_plain || chunk.held_bytes === 0) return page;
    if (2 * page.length < chunk.held_bytes) return page.slice();
    // The window is hardly more than the page, and becomes it.
    this.letGoOfWindow();
    return page;
  }

  async #fetch(offset: number, length: number): Promise<void> {
    const { chunk, memory } = this.#column;
    this.letGoOfWindow();
    const bytes = Math.min(chunk.length - offset, Math.max(length, chunk.window_bytes));
    memory.makeRoom(bytes, this);
    memory.count(bytes);
    try {
      await chunk.fetch(offset, length);
    } finally {
      memory.count(chunk.held_bytes - bytes);
    }
  }

  #letGoOfDictionary(): void {
    this.#dictionary = null;
    this.#column.memory.count(-this.#dictionaryBytes);
    this.#dictionaryBytes = 0;
  }

  #closePage(): void {
    this.#page = null;
    this.#column.memory.count(-this.#pageBytes);
    this.#pageBytes = 0;
  }
}

interface Place {
  readonly offset: number;
  readonly read: number;
  readonly before: number;
}

const runOf = ({ levels, values }: OpenPage, rows: number): StoredRun => {
  if (levels === null) return { rows, ...values.take(rows) };
  const flags = levels.read(rows);
  let defined = 0;
  for (const flag of flags) defined += flag;
  const there = values.take(defined);
  // Each row's flag becomes its pick, in place.
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    if (flags[row] === 0) {
      flags[row] = NO_VALUE;
      continue;
    }
    flags[row] = there.picks === null ? at : (there.picks[at] ?? NO_VALUE);
    at += 1;
  }
  return { rows, ...there, picks: flags };
};

const tooLarge = (takes: number) =>
  new NotATableError(
    `a page of the Parquet file takes ${takes} bytes, packed and unpacked and with its ` +
      `dictionary; at most ${MAX_PAGE_BYTES} can be read: write it with smaller pages`,
  );
