/** How much memory is in use, what nobody holds any more left out. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
// The boundary: with the flag set, a new context has the function.
const collect = runInNewContext("gc") as () => void;

export const liveBytes = (): number => {
  // What a buffer held is given back only by the next one.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
