/**
 * Which local databases of reports lack migrations: asked before wrangler is, which takes seconds to
 * say the same. Anything unclear counts as lacking them. And how they get them.
 */
import { createHash, createHmac } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS_DIR, type ReportDatabase } from "./reportDatabases.ts";
import { type Ran, ROOT, runWrangler } from "./wrangler.ts";

/** The simulator keeps a database in an object of this class, under the id that its name has. */
const OBJECTS = "miniflare-D1DatabaseObject";

const sha256 = (key: Buffer, text: string | Buffer): Buffer =>
  createHmac("sha256", key).update(text).digest().subarray(0, 16);

/** The simulator's file of a database, in `state`, the directory that wrangler persists to. */
const fileOf = (state: string, { database_id }: ReportDatabase): string => {
  const key = createHash("sha256").update(OBJECTS).digest();
  const name = sha256(key, database_id);
  const id = Buffer.concat([name, sha256(key, name)]).toString("hex");
  return path.resolve(state, "v3/d1", OBJECTS, `${id}.sqlite`);
};

export const lackingMigrations = (
  state: string,
  databases: readonly ReportDatabase[],
): readonly ReportDatabase[] => {
  const wanted = readdirSync(path.join(ROOT, MIGRATIONS_DIR)).filter((file) =>
    file.endsWith(".sql"),
  );
  return databases.filter((database) => {
    const file = fileOf(state, database);
    const applied = existsSync(file) ? appliedIn(file) : new Set();
    return !wanted.every((name) => applied.has(name));
  });
};

/** Brings a local database to the present schema; left out, `state` is wrangler's own. */
export const migrate = ({ binding }: ReportDatabase, state?: string): Promise<Ran> => {
  const persistTo = state === undefined ? [] : ["--persist-to", state];
  return runWrangler(["d1", "migrations", "apply", binding, "--local", ...persistTo]);
};

const appliedIn = (file: string): ReadonlySet<unknown> => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const table = "SELECT 1 FROM sqlite_master WHERE name = 'd1_migrations'";
    if (database.prepare(table).get() === undefined) return new Set();
    const rows = database.prepare("SELECT name FROM d1_migrations").all();
    return new Set(rows.map((row) => row.name));
  } finally {
    database.close();
  }
};
