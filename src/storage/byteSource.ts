/** A stream of bytes as something to take so many bytes from, whatever pieces they come in. */

export interface ByteSource {
  /** The next `length` bytes, fewer where the stream ends; valid until the next call. */
  take(length: number): Promise<Uint8Array>;
  /** Whether nothing follows. */
  ended(): Promise<boolean>;
  /** Lets go of the stream; may come at any time, also when it has ended. */
  cancel(): Promise<void>;
}

export const byteSource = (stream: ReadableStream<Uint8Array>): ByteSource => {
  const reader = stream.getReader();
  let rest: Uint8Array = new Uint8Array(0);
  let done = false;

  const ended = async (): Promise<boolean> => {
    while (rest.length === 0 && !done) {
      const piece = await reader.read();
      done = piece.done;
      if (!piece.done) rest = piece.value;
    }
    return rest.length === 0;
  };
  const next = (length: number): Uint8Array => {
    const taken = rest.subarray(0, length);
    rest = rest.subarray(taken.length);
    return taken;
  };

  return {
    ended,
    async take(length) {
      await ended();
      // Most pieces are larger than what is taken: those are not copied.
      if (rest.length >= length) return next(length);
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length && !(await ended())) {
        const piece = next(length - filled);
        bytes.set(piece, filled);
        filled += piece.length;
      }
      return bytes.subarray(0, filled);
    },
    async cancel() {
      if (done) return;
      done = true;
      // A stream that has failed has let go already; its failure was told where it was read.
      await reader.cancel().catch(() => undefined);
    },
  };
};
