/**
 * Before the end-to-end tests: the state of a server whose databases of reports are migrated. Most
 * of them begin with a copy of it, as on every start of a server but its first, which wrangler would
 * take seconds for each time.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { migrate } from "../../scripts/support/migrations.ts";
import { boundReportDatabases } from "../../scripts/support/reportDatabases.ts";

declare module "vitest" {
  interface ProvidedContext {
    migrated_state: string;
  }
}

export default async (project: TestProject) => {
  const state = await mkdtemp(path.join(tmpdir(), "lethe-migrated-"));
  for (const database of boundReportDatabases()) {
    const { code, output } = await migrate(database, state);
    if (code !== 0) throw new Error(output);
  }
  project.provide("migrated_state", state);
  return () => rm(state, { recursive: true, force: true });
};
