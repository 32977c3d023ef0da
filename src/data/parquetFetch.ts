/**
 * The pages of a column as they are fetched and unpacked, whatever is at hand of it: what is fetched
 * and what it unpacks to has room in the memory of its reader before it is there.
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
} from "./parquetPages.ts";
import { indexBytes } from "./parquetValues.ts";
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
  /** What all pages unpack to, as the file says. */
  readonly unpacked_bytes: number;
}

/** The least that is fetched beyond what a page is known to need: its header, most likely. */
const HEADER_BYTES = 4 * 1024;

export interface Fetched {
  readonly page: DictionaryPage | DataPage;
  /** What it took while it was opened, and what it takes now, which is for the caller to count. */
  readonly opening_bytes: number;
  readonly bytes: number;
}

export class PageFetcher {
  readonly #column: ColumnPages;
  readonly #own: Holder;
  /** As the last page was stored. */
  #packedBytes = 0;
  /** Of the last page where it begins, and where it ends: it may be opened again. */
  #last = { offset: 0, end: 0 };

  constructor(column: ColumnPages, own: Holder) {
    this.#column = column;
    this.#own = own;
  }

  /** Whether a page at `offset`, of about the size of the last one, is to be fetched before it is needed. */
  wants(offset: number): boolean {
    const { chunk } = this.#column;
    const bytes = this.#expected(offset);
    // One that is larger than a window is fetched when others have made room for it.
    return bytes <= chunk.window_bytes && chunk.from(offset).length < bytes;
  }

  fetchAhead(offset: number): Promise<void> {
    return this.#fetch(offset, this.#expected(offset));
  }

  #expected(offset: number): number {
    const packed = this.#packedBytes;
    return Math.min(this.#column.chunk.length - offset, packed + (packed >> 3) + HEADER_BYTES);
  }

  /** Of the page at `offset`, of whose rows so many can be to come. */
  async headerAt(offset: number, rows: number): Promise<PageHeader> {
    const { chunk } = this.#column;
    for (;;) {
      const bytes = chunk.from(offset);
      try {
        return headerAt(bytes, offset, chunk.length, rows);
      } catch (error) {
        if (bytes.length >= Math.min(chunk.length - offset, MAX_HEADER_BYTES)) throw error;
        // It may be the window that ends, and not the header that is damaged.
        const known = this.#last.offset === offset ? this.#last.end - offset : HEADER_BYTES;
        await this.#fetch(offset, Math.max(known, 8 * bytes.length));
      }
    }
  }

  /** The page behind a header at `offset`, opened beside so many bytes of a dictionary. */
  async pageOf(
    header: PageHeader,
    offset: number,
    rows: number,
    dictionary_bytes: number,
  ): Promise<Fetched> {
    const { chunk, element, is_plain, memory } = this.#column;
    const { start, next, unpacked_bytes } = header;
    const packed = next - start;
    const bytes = unpacked_bytes + indexBytes(header, element);
    const opening_bytes = bytes + dictionary_bytes + (is_plain ? 0 : packed);
    if (opening_bytes > MAX_PAGE_BYTES) throw tooLarge(opening_bytes);
    await memory.admit(opening_bytes);
    this.#packedBytes = packed;
    this.#last = { offset, end: next };
    if (chunk.from(start).length < packed) await this.#fetch(start, packed);
    memory.makeRoom(bytes, this.#own);
    const stored = chunk.from(start).subarray(0, packed);
    if (stored.length < packed) throw damage();
    const page = pageOf(header, this.#owned(stored), { element, rows }, (part, size) =>
      this.#column.unpack(part, size, offset),
    );
    return { page, opening_bytes, bytes };
  }

  letGo(): void {
    const { chunk, memory } = this.#column;
    memory.count(-chunk.held_bytes);
    chunk.letGo();
  }

  /** What is left of a window that was opened for one large page is of no use behind it. */
  letGoOfExcess(): void {
    const { chunk } = this.#column;
    if (chunk.held_bytes > chunk.window_bytes) this.letGo();
  }

  /** The page in bytes that outlive the window, if they are what its values are read from. */
  #owned(page: Uint8Array): Uint8Array {
    const { chunk, is_plain } = this.#column;
    if (!is_plain || chunk.held_bytes === 0) return page;
    if (2 * page.length < chunk.held_bytes) return page.slice();
    // The window is hardly more than the page, and becomes it.
    this.letGo();
    return page;
  }

  async #fetch(offset: number, length: number): Promise<void> {
    const { chunk, memory } = this.#column;
    this.letGo();
    const bytes = Math.min(chunk.length - offset, Math.max(length, chunk.window_bytes));
    memory.makeRoom(bytes, this.#own);
    memory.count(bytes);
    try {
      await chunk.fetch(offset, length);
    } finally {
      memory.count(chunk.held_bytes - bytes);
    }
  }
}

const tooLarge = (takes: number) =>
  new NotATableError(
    `a page of the Parquet file takes ${takes} bytes, packed and unpacked and with its ` +
      `dictionary; at most ${MAX_PAGE_BYTES} can be read: write it with smaller pages`,
  );
