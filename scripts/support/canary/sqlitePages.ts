/**
 * A SQLite database as bytes: its file and its write-ahead log, whole, so that free pages and old
 * frames are in it. A text longer than a page is cut into a chain of overflow pages, each beginning
 * with the number of the next; the seams are put together here, whatever became of the chain's
 * beginning, so that a text across one is found too.
 * (https://www.sqlite.org/fileformat2.html, sections 1.3, 1.5 and 4.1)
 */

const MAGIC = Buffer.from("SQLite format 3\0");
const PAGE_SIZE_AT = 16;
/** What the two bytes cannot say is written as 1. */
const LARGEST_PAGE = 65_536;
const POINTER_BYTES = 4;

const WAL_MAGIC = 0x377f0682;
const WAL_HEADER_BYTES = 32;
const WAL_PAGE_SIZE_AT = 8;
const FRAME_HEADER_BYTES = 24;

export const isSqlite = (bytes: Buffer): boolean => bytes.subarray(0, MAGIC.length).equals(MAGIC);

/** Big-endian or little-endian checksums: the last bit says which. */
const isWal = (bytes: Buffer): boolean =>
  bytes.length >= WAL_HEADER_BYTES && (bytes.readUInt32BE(0) & ~1) >>> 0 === WAL_MAGIC;

type Pages = Map<number, Buffer[]>;

const note = (pages: Pages, number: number, page: Buffer): void => {
  const versions = pages.get(number) ?? [];
  versions.push(page);
  pages.set(number, versions);
};

const pagesOf = (database: Buffer, wal: Buffer): Pages => {
  const pages: Pages = new Map();
  if (isSqlite(database)) {
    const said = database.readUInt16BE(PAGE_SIZE_AT);
    const size = said === 1 ? LARGEST_PAGE : said;
    for (let at = 0; at + size <= database.length; at += size) {
      note(pages, at / size + 1, database.subarray(at, at + size));
    }
  }
  if (isWal(wal)) {
    const size = wal.readUInt32BE(WAL_PAGE_SIZE_AT);
    const frame = FRAME_HEADER_BYTES + size;
    for (let at = WAL_HEADER_BYTES; at + frame <= wal.length; at += frame) {
      note(pages, wal.readUInt32BE(at), wal.subarray(at + FRAME_HEADER_BYTES, at + frame));
    }
  }
  return pages;
};

/**
 * The places where a text of at most `reach` bytes may be cut: what stands before each number of a
 * page, or at the end of a page that begins with one, followed by what that page has.
 */
export const seams = (database: Buffer, wal: Buffer, reach: number): Buffer => {
  const pages = pagesOf(database, wal);
  const joined: Buffer[] = [];
  const join = (before: Buffer, number: number): void => {
    for (const page of pages.get(number) ?? []) {
      joined.push(before, page.subarray(POINTER_BYTES, POINTER_BYTES + reach), Buffer.alloc(1));
    }
  };
  for (const [own, page] of [...pages].flatMap(([n, versions]) =>
    versions.map((p) => [n, p] as const),
  )) {
    const end = page.subarray(page.length - reach);
    join(end, page.readUInt32BE(0));
    // A freed page may have lost its number of the next: as a rule that is the one behind it.
    join(end, own + 1);
    for (let at = 1; at + POINTER_BYTES <= page.length; at += 1) {
      // The end of a cell: what it has no room for is on the page of this number.
      if (page[at] !== 0) continue;
      const number = page.readUInt32BE(at);
      if (number > 1 && pages.has(number)) join(page.subarray(Math.max(0, at - reach), at), number);
    }
  }
  return Buffer.concat(joined);
};
