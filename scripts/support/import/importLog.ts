/**
 * Brings an export into an empty lake: reads the file twice (once to know its root, once to send
 * it), goes on where an interrupted import stopped, and believes the lake only when it says that it is
 * open with the root of the file. It asks nothing but what an administrator may ask: who is a member
 * of the lake is what its log says.
 */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { HashTree } from "../verify/hashTree.ts";
import { linesOf } from "../verify/lines.ts";
import { leafHash } from "../verify/merkle.ts";
import { type Checkpoint, parseCheckpoint, parseNote } from "../verify/note.ts";
import { ImportError, type LakeImport, lakeImport } from "./lakeImport.ts";

/** What one request carries, unless a single line is longer. */
const CHUNK_LINES = 1000;
const CHUNK_BYTES = 1024 * 1024;

export interface ImportOrder {
  /** The lake's URL. */
  readonly lake: string;
  readonly file: string;
  /** A file with a checkpoint of the log where it came from: what the export must hash to. */
  readonly checkpoint?: string | undefined;
  readonly token?: string | undefined;
  readonly tell: (text: string) => void;
  readonly progress?: (done: number, of: number) => void;
}

/** Resolves when the lake is open with the file's root; throws ImportError or UnreadableError. */
export const importLog = async (order: ImportOrder): Promise<void> => {
  const { lake, file, token, tell } = order;
  const tree = await treeOf(file);
  if (tree.size === 0) throw new ImportError(`${file} has no line`);
  tell(`${file}: ${tree.size} events, root ${rootOf(tree)}`);
  if (order.checkpoint !== undefined) await compare(order.checkpoint, tree, tell);
  else tell("no --checkpoint: that the file is unchanged is not checked, only that it is whole");

  const target = lakeImport(lake, token);
  const { status, tree_size, root } = await target.state();
  // A deadline that passed meanwhile rings at once, and is the first event of the lake's own.
  const grown = status === "open" && tree_size > tree.size;
  if (!grown && (tree_size > tree.size || rootOf(tree, tree_size) !== root)) {
    throw new ImportError(`the lake has another log: ${tree_size} events, root ${root}`);
  }
  if (status === "open" && tree_size < tree.size) {
    throw new ImportError(`the lake is in use: its log ends with event ${tree_size}`);
  }
  if (status === "importing") tell(`an import stopped behind event ${tree_size}: going on`);
  if (status !== "open") await send(target, order, tree_size, tree.size);
  // Asked of an open lake as well, which knows what it was opened with.
  const opened = await target.complete(rootOf(tree));
  if (opened.tree_size === tree.size && opened.root !== rootOf(tree)) {
    throw new ImportError(`the lake has another root than the file: ${opened.root}`);
  }
  const since = opened.tree_size > tree.size ? ", and has gone on since" : "";
  tell(`the lake is open with the file's root${since}`);
};

const rootOf = (tree: HashTree, size = tree.size): string => tree.root(size).toString("base64");

const treeOf = async (file: string): Promise<HashTree> => {
  const tree = new HashTree();
  for await (const line of linesOf(createReadStream(file))) tree.push(leafHash(line));
  return tree;
};

const checkpointIn = (note: Uint8Array, from: string): Checkpoint => {
  const parsed = parseNote(note);
  const head = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!head.ok) throw new ImportError(`${from} is no checkpoint: ${head.reason}`);
  return head.value;
};

/** A file that has grown beyond the checkpoint is held against its beginning. */
const compare = async (
  file: string,
  tree: HashTree,
  tell: (text: string) => void,
): Promise<void> => {
  const { size, root } = checkpointIn(await readFile(file), file);
  if (size > tree.size) {
    throw new ImportError(`the checkpoint is of ${size} events, the export has ${tree.size}`);
  }
  if (!tree.root(size).equals(root)) {
    throw new ImportError(`the first ${size} events are not those the checkpoint was signed for`);
  }
  tell(`the first ${size} events are those the checkpoint was signed for`);
};

const send = async (
  target: LakeImport,
  { file, progress }: ImportOrder,
  from: number,
  size: number,
): Promise<void> => {
  let chunk: Buffer[] = [];
  let bytes = 0;
  let seq = 0;
  const flush = async () => {
    if (chunk.length > 0) await target.lines(chunk);
    chunk = [];
    bytes = 0;
    progress?.(seq, size);
  };
  for await (const line of linesOf(createReadStream(file))) {
    if (seq >= from) {
      if (chunk.length === CHUNK_LINES || bytes + line.length >= CHUNK_BYTES) await flush();
      chunk.push(line);
      bytes += line.length + 1;
    }
    seq += 1;
  }
  await flush();
};
