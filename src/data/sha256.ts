/** SHA-256 while bytes pass by: the Web Crypto API only digests what is in memory as a whole. */
import { createHash } from "node:crypto";
import type { ObjectWriter } from "../application/dataPorts.ts";

export interface CountingWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Of everything written, lower-case hex; ends the writing. */
  sha256(): string;
  /** Closes the object; what it then holds. */
  close(): Promise<{ readonly bytes: number; readonly sha256: string }>;
  abort(): Promise<void>;
}

/** Counts and hashes everything that is written to `writer`. */
export const countingWriter = (writer: ObjectWriter): CountingWriter => {
  const hash = createHash("sha256");
  let size = 0;
  let digest: string | undefined;
  const sha256 = () => {
    digest ??= hash.digest("hex");
    return digest;
  };
  return {
    async write(bytes) {
      hash.update(bytes);
      size += bytes.length;
      await writer.write(bytes);
    },
    sha256,
    async close() {
      await writer.close();
      return { bytes: size, sha256: sha256() };
    },
    abort: () => writer.abort(),
  };
};
