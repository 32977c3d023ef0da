/** Reports go across lakes, so those of other files must be gone even without isolation. */

/** Empties every table that reports are made of. */
export const emptyReports = async (db: D1Database): Promise<void> => {
  const { results } = await db
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'd1_%' AND name NOT LIKE '_cf_%'",
    )
    .all<{ name: string }>();
  await db.batch(results.map(({ name }) => db.prepare(`DELETE FROM ${name}`)));
};
