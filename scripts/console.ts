/** `npm run console`: builds the web console into the files that are committed. */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { buildConsole } from "./support/console.ts";

for (const { file, bytes } of await buildConsole()) {
  await writeFile(file, bytes);
  process.stdout.write(`${file}: ${bytes.length} bytes\n`);
}
