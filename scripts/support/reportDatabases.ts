/** Databases of reports as wrangler.toml binds them: all of them have the same migrations. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./wrangler.ts";

/** Where the migrations of every database of reports are. */
export const MIGRATIONS_DIR = "src/reporting/migrations";

export interface ReportDatabase {
  readonly binding: string;
  readonly database_id: string;
}

/**
 * Those whose `migrations_dir` is Lethe's. The text is read line by line, because who starts the
 * development server should not have to wait for wrangler's own reader.
 */
export const reportDatabasesIn = (toml: string): readonly ReportDatabase[] => {
  const tables: { readonly header: string; readonly values: Map<string, string> }[] = [];
  for (const line of toml.split("\n")) {
    const header = /^\s*(\[\[?[^\]]+\]\]?)\s*(#.*)?$/.exec(line)?.[1];
    if (header !== undefined) tables.push({ header, values: new Map() });
    const [, key, value] = /^\s*([\w-]+)\s*=\s*["']([^"']*)["']\s*(#.*)?$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) tables.at(-1)?.values.set(key, value);
  }
  return tables
    .filter(({ header }) => header === "[[d1_databases]]")
    .filter(({ values }) => values.get("migrations_dir") === MIGRATIONS_DIR)
    .map(({ values }) => ({
      binding: values.get("binding") ?? "",
      database_id: values.get("database_id") ?? "",
    }));
};

export const boundReportDatabases = (): readonly ReportDatabase[] =>
  reportDatabasesIn(readFileSync(path.join(ROOT, "wrangler.toml"), "utf8"));
