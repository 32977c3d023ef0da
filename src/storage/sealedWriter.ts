/** Writes an object sealed, in the form that `sealing.ts` says; a chunk is held in memory. */
import type { ObjectWriter } from "../application/dataPorts.ts";
import type { Sealing } from "./sealing.ts";

/** Seals a chunk when more follows; what is left at the end is the last one. */
export const sealedWriter = (
  writer: ObjectWriter,
  begin: () => Promise<Sealing>,
  chunkBytes: number,
): ObjectWriter => {
  const chunk = new Uint8Array(chunkBytes);
  let filled = 0;
  let index = 0;
  let begun: Sealing | null = null;
  let ended = false;

  const put = async (plain: Uint8Array, last: boolean) => {
    if (begun === null) {
      begun = await begin();
      await writer.write(begun.header);
    }
    await writer.write(await begun.seal(index, last, plain));
    index += 1;
  };
  const mustBeOpen = () => {
    if (ended) throw new Error("the writer of a sealed object is closed");
  };

  return {
    async write(bytes) {
      mustBeOpen();
      let rest = bytes;
      while (filled + rest.length > chunkBytes) {
        if (filled === 0) {
          await put(rest.subarray(0, chunkBytes), false);
          rest = rest.subarray(chunkBytes);
          continue;
        }
        const room = rest.subarray(0, chunkBytes - filled);
        chunk.set(room, filled);
        rest = rest.subarray(room.length);
        filled = 0;
        await put(chunk, false);
      }
      chunk.set(rest, filled);
      filled += rest.length;
    },

    async close() {
      mustBeOpen();
      await put(chunk.subarray(0, filled), true);
      ended = true;
      await writer.close();
    },

    async abort() {
      ended = true;
      await writer.abort();
    },
  };
};
