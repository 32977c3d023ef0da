/** `npm run build`: bundles the Worker as a deployment would, without deploying, and says its size. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { runWrangler } from "./support/wrangler.ts";

/** Compressed size limits of a Worker on the platform's plans, in bytes. */
const FREE_PLAN = 3 * 1024 * 1024;
const PAID_PLAN = 10 * 1024 * 1024;

const directory = await mkdtemp(path.join(tmpdir(), "lethe-build-"));
try {
  const { code, output } = await runWrangler(["deploy", "--dry-run", "--outdir", directory]);
  if (code !== 0) {
    process.stderr.write(output);
    process.exit(code);
  }
  let raw = 0;
  let packed = 0;
  for (const file of await readdir(directory)) {
    // Source maps and the notes wrangler leaves are not uploaded as code.
    if (file.endsWith(".map") || file === "README.md") continue;
    const bytes = await readFile(path.join(directory, file));
    raw += bytes.length;
    packed += gzipSync(bytes).length;
  }
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;
  const share = (limit: number) => `${((packed / limit) * 100).toFixed(0)} %`;
  process.stdout.write(
    `bundle: ${kib(raw)}, gzip ${kib(packed)} ` +
      `(${share(FREE_PLAN)} of the free plan's limit, ${share(PAID_PLAN)} of the paid one's)\n`,
  );
} finally {
  await rm(directory, { recursive: true, force: true });
}
