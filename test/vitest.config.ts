/**
 * Three projects: `unit` runs pure code on Node, `runtime` runs inside workerd against real
 * SQLite, R2 and D1, `e2e` starts the server as the README says. A test's name tells which:
 * `*.test.ts`, `*.runtime.test.ts`, and everything under `test/e2e`. They are one group: as many
 * files run at a time as the machine has cores, whatever their project, so no core waits for the
 * others where one project ends. Files that run beside each other share nothing but the machine.
 */
import { availableParallelism } from "node:os";
import path from "node:path";
import process from "node:process";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { wasmModules } from "./support/wasmModules.ts";

/** A test that hangs ends; how fast the machine is decides nothing. */
const PATIENCE = { testTimeout: 120_000, hookTimeout: 120_000 };

const root = path.resolve(import.meta.dirname, "..");

/** Projects of one group have the same number of workers. */
const TOGETHER = { maxWorkers: availableParallelism() };

/** Where CI wants the counts, besides what is printed. */
const results = process.env.LETHE_TEST_RESULTS;

export default defineConfig(async () => ({
  test: {
    reporters: results ? ["default", "json"] : ["default"],
    ...(results ? { outputFile: { json: results } } : {}),
    projects: [
      {
        root,
        plugins: [wasmModules()],
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.runtime.test.ts", "test/e2e/**"],
          // A process for many files: what a module keeps is what it would keep between requests.
          isolate: false,
          ...TOGETHER,
          ...PATIENCE,
        },
      },
      {
        root,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: path.join(root, "wrangler.toml") },
            miniflare: {
              // For reports of several databases, and of no lakes but the test's own.
              d1Databases: ["FIRST_REPORTS", "SECOND_REPORTS", "OTHER_REPORTS"],
              bindings: {
                // Small, so that long work is tested on small files.
                SYNC_LIMIT_BYTES: "8192",
                SEGMENT_BYTES: "2048",
                // Whoever evicts a lake waits for the delivery that it plans.
                DELIVERY_EVERY_MS: "100",
                // A line for each command would be most of what the tests print.
                LOG_LEVEL: "warn",
                TEST_MIGRATIONS: await readD1Migrations(
                  path.join(root, "src/reporting/migrations"),
                ),
              },
            },
          }),
        ],
        test: {
          name: "runtime",
          // One runtime, with storage of its own, for all files of a worker, one after the other:
          // every test takes a lake of its own.
          isolate: false,
          ...TOGETHER,
          // What a lake says in the background is sent with the next message of the tests: said
          // after the last one, it is never sent, and the run waits for its receipt for ever.
          disableConsoleIntercept: true,
          include: ["test/**/*.runtime.test.ts"],
          setupFiles: ["test/support/applyMigrations.ts"],
          ...PATIENCE,
        },
      },
      {
        root,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/migratedState.ts"],
          // For the processes that tests start: wrangler is 15 MB of JavaScript to be compiled.
          env: { NODE_COMPILE_CACHE: path.join(root, "node_modules/.cache/compiled") },
          ...TOGETHER,
          ...PATIENCE,
        },
      },
    ],
  },
}));
