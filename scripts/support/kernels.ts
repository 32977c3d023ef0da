/** Compiles the kernels in src/data/kernels/assembly, always to the same bytes. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { ROOT } from "./wrangler.ts";

const FOLDER = path.join(ROOT, "src/data/kernels");

/** The compiled module that is committed. */
export const KERNELS_WASM = path.join(FOLDER, "kernels.wasm");

/** A process of its own: the compiler's types would redefine JavaScript's for the whole project. */
const COMPILER = path.join(ROOT, "node_modules/assemblyscript/bin/asc.js");

const OPTIONS = ["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd"];

/** The bytes of the module; rejects with the compiler's words when the sources do not compile. */
export const compileKernels = async (): Promise<Buffer> => {
  const directory = await mkdtemp(path.join(tmpdir(), "lethe-kernels-"));
  try {
    const file = path.join(directory, "kernels.wasm");
    const source = path.join(FOLDER, "assembly/index.ts");
    await promisify(execFile)(
      process.execPath,
      [COMPILER, source, "--outFile", file, "--initialMemory", "1", ...OPTIONS],
      { cwd: ROOT },
    );
    return await readFile(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
