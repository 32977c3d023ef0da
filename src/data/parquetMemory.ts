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

/** Shares are kept within it by whole runs of rows; what is left is for those that go beyond. */
const SHARED_PART = 0.8;

/** A column, as far as it holds something. */
export interface Holder {
  letGoOfPage(): void;
  letGoOfWindow(): void;
}

export interface Wish {
  /** A page with its dictionary. */
  readonly bytes: number;
  /** The same while it is opened. */
  readonly opening: number;
}

export class ReaderMemory {
  #most: number;
  readonly #grow: () => Promise<number>;
  readonly #holders = new Map<Holder, Wish>();
  #held = 0;
  /** Of it what is stored, at most. */
  #stored: number;
  /** Of all holders. */
  #wished = 0;
  #opening: number | null = null;

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

  /** A column says what it would keep, and what it takes to have it. */
  wish(holder: Holder, wish: Wish): void {
    this.#wished += wish.bytes - (this.#holders.get(holder)?.bytes ?? 0);
    this.#opening = null;
    this.#holders.set(holder, wish);
  }

  /** So many bytes more are held, or fewer. */
  count(bytes: number): void {
    this.#held += bytes;
  }

  /**
   * What a column may keep until it is read again. All pages, if they fit; else the same part of
   * each, so that all are opened equally often, beside the room that the largest takes for that.
   */
  shareOf(holder: Holder): number {
    const wished = this.#holders.get(holder)?.bytes ?? 0;
    const least = Math.min(OPENING_BYTES, this.#most / 4);
    if (this.#wished <= this.#most - this.#stored - least) return wished;
    this.#opening ??= Math.max(...Array.from(this.#holders.values(), ({ opening }) => opening));
    const room = Math.max(0, this.#most - this.#stored - Math.max(least, this.#opening));
    return Math.max(MIN_SHARE_BYTES, (SHARED_PART * room * wished) / this.#wished);
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
