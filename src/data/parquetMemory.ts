/**
 * What a reader of a Parquet file holds, in one sum: bytes as they are stored, pages and dictionaries
 * as they are unpacked. Each column may keep a share of it between two reads: its page, or as many
 * rows of it as fit. Where the sum would grow beyond its bound all the same, columns let go of what
 * they can have again: that costs time and never memory.
 */

/** As much as one reader holds of its file, beside the rows it has made of it last. */
export const READER_BYTES = 48 * 1024 * 1024;

/** The same of one that has not taken its turn at reading what needs more: see heavyTurns.ts. */
export const LIGHT_READER_BYTES = 24 * 1024 * 1024;

/**
 * The most that a page may take while it is opened: as it is stored and unpacked, with what is made
 * to find its values and with its column's dictionary. Whatever else is held makes room for it.
 */
export const MAX_PAGE_BYTES = 40 * 1024 * 1024;

/** What is held of the file as it is stored: a small row group, or windows on a larger one. */
export const STORED_BYTES = 8 * 1024 * 1024;

/** Room for the page that is being opened, at least. */
const OPENING_BYTES = 8 * 1024 * 1024;

/** The least a column keeps, however many there are: to open a page for a few rows takes too long. */
const MIN_SHARE_BYTES = 16 * 1024;

/** A column, as far as it holds something. */
export interface Holder {
  letGoOfPage(): void;
  letGoOfWindow(): void;
}

export class ReaderMemory {
  #most: number;
  readonly #grow: () => Promise<number>;
  /** With what each would keep if it could: a page. */
  readonly #holders = new Map<Holder, number>();
  #held = 0;
  /** Of it what is stored, at most. */
  #stored: number;
  #wished = 0;
  /** The largest page that was opened and could not be kept. */
  #passing = 0;

  /** `grow` waits until there may be more than `most`, and says how much. */
  constructor(most = READER_BYTES, grow = async () => most) {
    this.#most = most;
    this.#grow = grow;
    this.#stored = Math.min(STORED_BYTES, most / 4);
  }

  /** Before a page is opened that takes so many bytes. */
  async admit(bytes: number): Promise<void> {
    if (bytes > this.#most - this.#stored) this.#most = await this.#grow();
  }

  /** What is held as it is stored as long as the row group is read. */
  keep(bytes: number): void {
    this.#stored = bytes;
    this.count(bytes);
  }

  /** Says what a column would keep. */
  wish(holder: Holder, bytes: number): void {
    this.#wished += bytes - (this.#holders.get(holder) ?? 0);
    this.#holders.set(holder, bytes);
  }

  /** So many bytes more are held, or fewer. */
  count(bytes: number): void {
    this.#held += bytes;
  }

  /**
   * What a column may keep until it is read again, of which `opening` is what its page takes while
   * it is opened. All pages, if they fit; else the same part of each, so that all are opened equally
   * often.
   */
  shareOf(holder: Holder, opening: number): number {
    const wished = this.#holders.get(holder) ?? 0;
    const kept = () =>
      this.#most - Math.max(Math.min(OPENING_BYTES, this.#most / 4), this.#passing) - this.#stored;
    if (this.#wished <= kept()) return wished;
    this.#passing = Math.max(this.#passing, opening);
    return Math.max(MIN_SHARE_BYTES, (Math.max(0, kept()) * wished) / this.#wished);
  }

  /** Others than `own` let go until there is room for so many bytes: of pages first. */
  makeRoom(bytes: number, own: Holder): void {
    if (!this.#lacks(bytes)) return;
    const others = [...this.#holders.keys()].filter((holder) => holder !== own).reverse();
    for (const other of others) if (this.#lacks(bytes)) other.letGoOfPage();
    for (const other of others) if (this.#lacks(bytes)) other.letGoOfWindow();
  }

  #lacks(bytes: number): boolean {
    return this.#held + bytes > this.#most;
  }
}
