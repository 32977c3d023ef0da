/** What the tests inside workerd are given besides the Worker's own bindings (`src/env.ts`). */
declare namespace Cloudflare {
  interface Env {
    readonly FIRST_REPORTS: D1Database;
    readonly SECOND_REPORTS: D1Database;
    /** Of reports too, for lakes that report to more than one. */
    readonly OTHER_REPORTS: D1Database;
    readonly TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}
