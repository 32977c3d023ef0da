/**
 * Whether the local D1 database has every migration already: asked before wrangler is, which
 * takes seconds to say the same. Anything unclear counts as no.
 */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ROOT } from "./wrangler.ts";

const MIGRATIONS = path.join(ROOT, "src/reporting/migrations");

/** `state` is the directory that wrangler persists to. */
export const migrationsApplied = (state: string): boolean => {
  const root = path.resolve(state, "v3/d1");
  if (!existsSync(root)) return false;
  const wanted = readdirSync(MIGRATIONS).filter((file) => file.endsWith(".sql"));
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sqlite") && !path.basename(file).startsWith("metadata"))
    .some((file) => {
      const applied = appliedIn(path.join(root, file));
      return wanted.every((name) => applied.has(name));
    });
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
