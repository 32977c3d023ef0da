/**
 * Brings an export into an empty lake: reads the file twice (once to know its root, once to send
 * it), goes on where an interrupted import stopped, and believes the lake only when it says that it is
 * open with the root of the file. It asks nothing but what an administrator may ask: who is a member
 * of the lake is what its log says.
 */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { HashTree } from "../verify/hashTree.ts";
import { objection, readKey, takeApart } from "../verify/identity.ts";
import { parseLeaf } from "../verify/leafRules.ts";
import { linesOf } from "../verify/lines.ts";
import { leafHash } from "../verify/merkle.ts";
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
  /** The verifier key of that log: without it nobody has looked at the checkpoint's signature. */
  readonly key?: string | undefined;
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
  if (order.checkpoint !== undefined) await compare(order.checkpoint, order, tree);
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

/** The lake whose log it is, by its first event. */
const lakeIn = async (file: string): Promise<string> => {
  for await (const line of linesOf(createReadStream(file))) {
    const first = parseLeaf(line);
    if (typeof first !== "string" && typeof first.data.lake_id === "string") {
      return first.data.lake_id;
    }
    break;
  }
  throw new ImportError(`${file} does not begin with the event that names its lake`);
};

/** A file that has grown beyond the checkpoint is held against its beginning. */
const compare = async (
  note: string,
  { file, key, tell }: ImportOrder,
  tree: HashTree,
): Promise<void> => {
  const verifier = key === undefined ? null : readKey(key, "--key");
  const taken = takeApart(await readFile(note), note);
  const { origin, size, root } = taken.checkpoint;
  const log = `lethe/${await lakeIn(file)}`;
  if (origin !== log) throw new ImportError(`the checkpoint is of ${origin}, the file of ${log}`);
  const wrong = verifier === null ? null : objection(taken.note, taken.checkpoint, verifier);
  if (wrong !== null) throw new ImportError(`the checkpoint is not to be trusted: ${wrong}`);
  if (size > tree.size) {
    throw new ImportError(`the checkpoint is of ${size} events, the export has ${tree.size}`);
  }
  if (!tree.root(size).equals(root)) {
    throw new ImportError(`the first ${size} events are not those of the checkpoint`);
  }
  tell(
    verifier === null
      ? `the first ${size} events have the root that the checkpoint names; that it is signed was ` +
          "not checked: give the lake's key with --key"
      : `the first ${size} events are those that ${verifier.name} signed`,
  );
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
