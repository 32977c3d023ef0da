/** Compiles the WebAssembly modules from their sources, always to the same bytes. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { ROOT } from "./wrangler.ts";

export interface WasmModule {
  /** The compiled module that is committed. */
  readonly file: string;
  /** What it is compiled from. */
  readonly source: string;
}

const moduleIn = (folder: string, name: string): WasmModule => ({
  file: path.join(ROOT, folder, `${name}.wasm`),
  source: path.join(ROOT, folder, "assembly/index.ts"),
});

export const WASM_MODULES: readonly WasmModule[] = [
  moduleIn("src/data/kernels", "kernels"),
  moduleIn("src/eventlog/sha256", "sha256"),
];

/** A process of its own: the compiler's types would redefine JavaScript's for the whole project. */
const COMPILER = path.join(ROOT, "node_modules/assemblyscript/bin/asc.js");

const OPTIONS = ["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd"];

/** The bytes of the module; rejects with the compiler's words when the sources do not compile. */
export const compileModule = async ({ source }: WasmModule): Promise<Buffer> => {
  const directory = await mkdtemp(path.join(tmpdir(), "lethe-kernels-"));
  try {
    const file = path.join(directory, "module.wasm");
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
