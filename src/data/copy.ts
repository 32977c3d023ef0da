/** Copies an object unchanged and proves it: the bytes must be those its reference speaks of. */
import { MissingObjectError } from "../application/dataPorts.ts";
import { type DigestingStore, isKeyed, plainDigest } from "../application/digests.ts";
import type { ObjectRef } from "../domain/table.ts";
import { contentType } from "./contentTypes.ts";
import { countingWriter } from "./countingWriter.ts";
import { piecesOf } from "./pieces.ts";

/**
 * See `DataPlane.copy`. Rejects, leaving nothing at `target`, when the source is missing or its
 * digest is another one. The copy has a digest of its own, because its name is another.
 */
export const copy = async (
  store: DigestingStore,
  source: ObjectRef,
  target: string,
): Promise<ObjectRef> => {
  const stream = await store.open(source.key);
  if (stream === null) throw new MissingObjectError(`object ${source.key} is missing`);
  const read = isKeyed(source.sha256) ? store.digest(source.key) : plainDigest();
  const writer = countingWriter(store.writer(target, contentType(source.format)));
  try {
    for await (const bytes of piecesOf(stream)) {
      read.update(bytes);
      await writer.write(bytes);
    }
    if (read.end() !== source.sha256) {
      throw new MissingObjectError(
        `object ${source.key} is not what was written there: its digest differs`,
      );
    }
    return { ...source, key: target, ...(await writer.close()) };
  } catch (error) {
    await writer.abort();
    throw error;
  }
};
