/** Lines of bytes: what is hashed is the very bytes between two newlines, decoded by nobody. */

import { UnreadableError } from "./report.ts";

/** An event's text is far shorter; a file without newlines must not fill the memory. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

const NEWLINE = 10;

/** The lines of a stream, without their newlines. The last one may lack its own. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const bytes of stream) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      yield rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > MAX_LINE_BYTES)
      throw new UnreadableError(`a line is over ${MAX_LINE_BYTES} bytes long`);
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
