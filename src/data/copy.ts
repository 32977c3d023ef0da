/** Copies an object unchanged and proves it: the bytes must be those its reference speaks of. */
import { MissingObjectError, type ObjectStore } from "../application/dataPorts.ts";
import type { ObjectRef } from "../domain/table.ts";
import { contentType } from "./contentTypes.ts";
import { piecesOf } from "./pieces.ts";
import { countingWriter } from "./sha256.ts";

/**
 * See `DataPlane.copy`. Rejects, leaving nothing at `target`, when the source is missing or its
 * SHA-256 is another one.
 */
export const copy = async (
  store: ObjectStore,
  source: ObjectRef,
  target: string,
): Promise<ObjectRef> => {
  const stream = await store.open(source.key);
  if (stream === null) throw new MissingObjectError(`object ${source.key} is missing`);
  const writer = countingWriter(store.writer(target, contentType(source.format)));
  try {
    for await (const bytes of piecesOf(stream)) await writer.write(bytes);
    if (writer.sha256() !== source.sha256) {
      throw new MissingObjectError(
        `object ${source.key} is not what was written there: its SHA-256 differs`,
      );
    }
    await writer.close();
    return { ...source, key: target };
  } catch (error) {
    await writer.abort();
    throw error;
  }
};
