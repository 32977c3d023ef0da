/** `npm run kernels`: compiles the WebAssembly modules into the files that are committed. */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { compileModule, WASM_MODULES } from "./support/kernels.ts";

for (const module of WASM_MODULES) {
  const bytes = await compileModule(module);
  await writeFile(module.file, bytes);
  process.stdout.write(`${module.file}: ${bytes.length} bytes\n`);
}
