/** The little of Papa Parse that is used, which brings no types of its own. */
declare module "papaparse" {
  import type { Duplex } from "node:stream";

  const Papa: {
    readonly NODE_STREAM_INPUT: unique symbol;
    parse(input: symbol, options: { readonly header: boolean }): Duplex;
  };
  export default Papa;
}
