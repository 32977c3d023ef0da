/** Counts and hashes what is written to an object, while it is. */
import type { DigestingWriter } from "../application/digests.ts";
import type { ObjectRef } from "../domain/table.ts";

export interface CountingWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Closes the object; what it then holds. */
  close(): Promise<Pick<ObjectRef, "bytes" | "sha256">>;
  abort(): Promise<void>;
}

export const countingWriter = (writer: DigestingWriter): CountingWriter => {
  let size = 0;
  return {
    async write(bytes) {
      writer.digest.update(bytes);
      size += bytes.length;
      await writer.write(bytes);
    },
    async close() {
      await writer.close();
      return { bytes: size, sha256: writer.digest.end() };
    },
    abort: () => writer.abort(),
  };
};
