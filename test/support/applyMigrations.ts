/** Runs before each file of the runtime project: its D1 database starts with the real schema. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

await applyD1Migrations(env.REPORTS, env.TEST_MIGRATIONS);
