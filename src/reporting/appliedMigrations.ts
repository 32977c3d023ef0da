/** Whether a D1 database has every migration that this code was built with. */

/** The files of `migrations/`, in order: what runs has no directory to look into. */
export const MIGRATION_FILES = [
  "0001_reports.sql",
  "0002_members.sql",
  "0003_derivation.sql",
  "0004_reports_by_lake.sql",
  "0005_processing_record.sql",
  "0006_metrics.sql",
  "0007_extensions_by_month.sql",
] as const;

/** Names of those that are missing; newer ones, of a version being rolled out, are no fault. */
export const missingMigrations = async (
  db: D1Database,
  wanted: readonly string[] = MIGRATION_FILES,
): Promise<readonly string[]> => {
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  return wanted.filter((name) => !applied.has(name));
};
