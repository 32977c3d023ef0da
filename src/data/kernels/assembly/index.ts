/**
 * What the module `kernels.wasm` exports: loops over bytes that are too hot for JavaScript. Written
 * in AssemblyScript, compiled by `npm run kernels`. They allocate nothing and remember nothing from
 * one call to the next: whoever calls says where in linear memory things stand.
 */
export { isUtf8, markInvalidUtf8, scanCsv } from "./csvScan";
export { plainDecimals } from "./encodeDecimals";
export { heapBase } from "./memory";
export {
  compactValues,
  encodeLevels,
  numberTexts,
  packBits,
  packIndices,
  plainTexts,
  plainTextsOf,
} from "./parquetEncode";
export { parseDecimals, parseStrings } from "./parseTexts";
export { parseValues } from "./parseValues";
export { digestsToHex, hmacPrepare, hmacTexts } from "./sha256";
export { snappyCompress } from "./snappy";
