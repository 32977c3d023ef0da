/**
 * A Vite plugin: on Node, importing a `.wasm` file gives a WebAssembly.Module, as it does in the
 * Worker's own runtime.
 */
import type { Plugin } from "vite";

export const wasmModules = (): Plugin => ({
  name: "wasm-modules",
  enforce: "pre",
  load(id) {
    if (!id.endsWith(".wasm")) return null;
    return [
      'import { readFileSync } from "node:fs";',
      `export default new WebAssembly.Module(readFileSync(${JSON.stringify(id)}));`,
    ].join("\n");
  },
});
