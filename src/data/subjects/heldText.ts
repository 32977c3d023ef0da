/** Whether bytes hold a clear id as text: for what cannot be told apart into rows and cells. */
import { Buffer } from "node:buffer";
import type { Pieces } from "../pieces.ts";

export interface BytesFinder {
  /** There is no clear id to look for: nothing can be said. */
  readonly nothing: boolean;
  in(bytes: Uint8Array): boolean;
  /** Reads to the end, or to the first find. */
  inPieces(pieces: Pieces): Promise<boolean>;
}

/** Looks for the ids as UTF-8, as they are and as JSON escapes them. */
export const bytesFinder = (subject_ids: readonly string[]): BytesFinder => {
  const spelt = subject_ids
    .filter((id) => id !== "")
    .flatMap((id) => [id, JSON.stringify(id).slice(1, -1), id.replaceAll('"', '""')]);
  const needles = [...new Set(spelt)].map((text) => Buffer.from(text));
  const longest = Math.max(0, ...needles.map(({ length }) => length));
  const found = (bytes: Uint8Array) => {
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return needles.some((needle) => haystack.includes(needle));
  };
  return {
    nothing: needles.length === 0,
    in: found,
    async inPieces(pieces) {
      let tail = Buffer.alloc(0);
      for await (const piece of pieces) {
        // What stands across two pieces is found in the end of the one and the whole of the next.
        const joined = Buffer.concat([tail, piece]);
        if (found(joined)) return true;
        tail = Buffer.from(joined.subarray(Math.max(0, joined.length - longest + 1)));
      }
      return false;
    },
  };
};
