import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
export default defineConfig({ root: "/work/main", plugins: [cloudflareTest({ wrangler: { configPath: "/tmp/scratch/wrangler.toml" } })], test: { include: ["test/**/*.runtime.test.ts","test/scratch/*.ts"] } });
