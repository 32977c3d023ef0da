import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { MIGRATION_FILES } from "../../src/reporting/appliedMigrations.ts";

test("the list of migrations names every file there is, in order", () => {
  const folder = path.resolve(import.meta.dirname, "../../src/reporting/migrations");
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  expect(MIGRATION_FILES).toEqual(files.sort());
});
