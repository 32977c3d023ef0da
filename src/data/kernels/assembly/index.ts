/**
 * What the module `kernels.wasm` exports: loops over bytes that are too hot for JavaScript. Written
 * in AssemblyScript, compiled by `npm run kernels`. They allocate nothing and remember nothing from
 * one call to the next: whoever calls says where in linear memory things stand.
 */
export { heapBase } from "./memory";
export { digestsToHex, hmacPrepare, hmacTexts } from "./sha256";
