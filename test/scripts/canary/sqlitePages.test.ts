/** A text that a database's pages cut apart is found, also where it was deleted. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { isSqlite, seams } from "../../../scripts/support/canary/sqlitePages.ts";

const PAGE_BYTES = 512;
const TEXT = "canary-0123456789-across-a-seam";
const folder = mkdtempSync(path.join(tmpdir(), "lethe-pages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;

/** The file and its log after a long text was stored, and deleted again if that is asked. */
const stored = (offset: number, { deleted = false, wal = false } = {}) => {
  made += 1;
  const file = path.join(folder, `${made}.sqlite`);
  const database = new DatabaseSync(file);
  database.exec(
    `PRAGMA page_size = ${PAGE_BYTES}; PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF`,
  );
  if (wal) database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
  database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  const long = "x".repeat(offset) + TEXT + "y".repeat(2_000 - offset);
  database.prepare("INSERT INTO t (v) VALUES (?)").run(long);
  if (deleted) database.exec("DELETE FROM t WHERE id = 1");
  const bytes = {
    file: readFileSync(file),
    wal: wal ? readFileSync(`${file}-wal`) : Buffer.alloc(0),
  };
  database.close();
  return bytes;
};

const isFound = ({ file, wal }: { readonly file: Buffer; readonly wal: Buffer }): boolean =>
  [file, wal, seams(file, wal, TEXT.length)].some((bytes) => bytes.includes(TEXT));

/** Over two pages: the seam between them is somewhere in the text for some of these. */
const OFFSETS = Array.from({ length: 2 * (PAGE_BYTES / 4) }, (_, at) => at * 4);

describe("the pages of a database", () => {
  it("are told from other bytes", () => {
    expect(isSqlite(stored(0).file)).toBe(true);
    expect(isSqlite(Buffer.from("SQLite is a word"))).toBe(false);
  });

  it("cut a text apart, which is found all the same", () => {
    const cut = OFFSETS.filter((at) => !stored(at).file.includes(TEXT));
    expect(cut.length).toBeGreaterThan(8);
    expect(cut.filter((at) => !isFound(stored(at)))).toEqual([]);
  });

  it("keep what was deleted, which is found in its free pages", () => {
    // At the end of the chain's first page, which lost its beginning when it was freed.
    const at = OFFSETS.findLast((offset) => !stored(offset).file.includes(TEXT)) ?? 0;
    const freed = stored(at, { deleted: true });
    expect(freed.file.includes(TEXT)).toBe(false);
    expect(isFound(freed)).toBe(true);
  });

  it("are in the write-ahead log too, cut or not", () => {
    const missed = OFFSETS.filter((at) => !isFound(stored(at, { wal: true })));
    expect(missed).toEqual([]);
  });
});
