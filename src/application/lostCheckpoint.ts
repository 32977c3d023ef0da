/**
 * Whether the lake's database was restored to an earlier moment, by the checkpoints that are kept
 * outside of it: the lake has signed that its log had a root at a size, and the log has not. Who
 * holds such a checkpoint finds the log changed, and is told by the log itself why.
 */
import type { Restored } from "../domain/lake/lake.ts";
import type { SmallObjects } from "./dataPorts.ts";
import type { LogTree } from "./logProofs.ts";
import type { LogSigner } from "./logSigner.ts";
import { checkpointKey, checkpointPrefix } from "./objectKeys.ts";

/** Origin, size and root, an empty line, and the signature behind a 4-byte key hash. */
const NOTE = /^([^\n]*\n(\d{1,15})\n([^\n]+)\n)\n— [^\n]* ([^\n ]+)\n$/;
const KEY_HASH_BYTES = 4;

type Lost = Pick<Restored, "lost_size" | "lost_root">;

/**
 * The newest checkpoint that is kept, when the log is not what it says; null when it is. `after`: a
 * size up to which the database knows that it agrees with all of them.
 */
export const lostCheckpoint = async (
  objects: Pick<SmallObjects, "list" | "read">,
  lake_id: string,
  signer: () => Promise<LogSigner>,
  tree: Pick<LogTree, "size" | "root">,
  after: number,
): Promise<Lost | null> => {
  let newest: string | null = null;
  const known = checkpointKey(lake_id, after);
  for await (const key of objects.list(checkpointPrefix(lake_id), known)) newest = key;
  const bytes = newest === null ? null : await objects.read(newest);
  const found = bytes === null ? null : NOTE.exec(new TextDecoder().decode(bytes));
  if (found === null) return null;
  const [, text = "", size, lost_root = "", line = ""] = found;
  const signature = Buffer.from(line, "base64").subarray(KEY_HASH_BYTES);
  // What the lake has not signed says nothing about it.
  if (!(await (await signer()).verify(Buffer.from(text), signature))) return null;
  const lost_size = Number(size);
  const agrees =
    lost_size <= tree.size() && Buffer.from(tree.root(lost_size)).toString("base64") === lost_root;
  return agrees ? null : { lost_size, lost_root };
};
