/** Runs before each file of the runtime project: its D1 databases start with the real schema. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

for (const database of [env.REPORTS, env.FIRST_REPORTS, env.SECOND_REPORTS, env.OTHER_REPORTS]) {
  await applyD1Migrations(database, env.TEST_MIGRATIONS);
}
