/**
 * What a reader of a Parquet file holds, in one sum: bytes as they are stored, pages and dictionaries
 * as they are unpacked. Where the sum would grow beyond its bound, columns let go of what they can
 * have again: that costs time and never memory.
 */

/** As much as one reader holds of its file, beside the rows it has made of it last. */
export const READER_BYTES = 48 * 1024 * 1024;

/**
 * The most that a page may take while it is opened: as it is stored and unpacked, with what is made
 * to find its values and with its column's dictionary. Whatever else is held makes room for it.
 */
export const MAX_PAGE_BYTES = 40 * 1024 * 1024;

/**
 * What is left for the pages that find no other room: opened, read from and closed again, one after
 * the other. Larger ones make others let go.
 */
const PASSING_BYTES = 12 * 1024 * 1024;

/** A column, as far as it holds something. */
export interface Holder {
  letGoOfPage(): void;
  letGoOfWindow(): void;
}

export class ReaderMemory {
  readonly #most: number;
  readonly #holders: Holder[] = [];
  #held = 0;

  /** `most` is a parameter for the tests. */
  constructor(most = READER_BYTES) {
    this.#most = most;
  }

  join(holder: Holder): void {
    this.#holders.push(holder);
  }

  /** So many bytes more are held, or fewer. */
  count(bytes: number): void {
    this.#held += bytes;
  }

  /** Whether what was opened last may stay, if so many bytes of it go. */
  isRoomy(less = 0): boolean {
    return this.#held - less <= this.#most - Math.min(PASSING_BYTES, this.#most / 4);
  }

  /** Others than `own` let go until there is room for so many bytes: of pages first. */
  makeRoom(bytes: number, own: Holder): void {
    const others = this.#holders.filter((holder) => holder !== own);
    for (let at = others.length - 1; at >= 0 && this.#lacks(bytes); at -= 1)
      others[at]?.letGoOfPage();
    for (let at = others.length - 1; at >= 0 && this.#lacks(bytes); at -= 1)
      others[at]?.letGoOfWindow();
  }

  #lacks(bytes: number): boolean {
    return this.#held + bytes > this.#most;
  }
}
