/** `npm run kernels`: compiles the data plane's WebAssembly kernels into the file that is committed. */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { compileKernels, KERNELS_WASM } from "./support/kernels.ts";

const bytes = await compileKernels();
await writeFile(KERNELS_WASM, bytes);
process.stdout.write(`${KERNELS_WASM}: ${bytes.length} bytes\n`);
