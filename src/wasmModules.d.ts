/** Importing a WebAssembly file gives the compiled module, not an instance. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
