/**
 * The subject index of a raw object: an object of its own with a filter of all its subjects'
 * pseudonyms, so that what holds no row of a subject need not be opened to know it.
 *
 * A head of 32 bytes ("LSI1", the number of blocks as a little-endian word, zeros), then the blocks
 * (subjectFilter.ts). Where a block lies follows from the object's size: a look-up reads 32 bytes.
 */
import type { ObjectStore } from "../../application/dataPorts.ts";
import type { IndexPart, SubjectSet } from "../../application/subjectPorts.ts";
import { invariant } from "../../domain/decider.ts";
import { isOfColumn, type SubjectIndexRef, type WrittenIndex } from "../../domain/subjects.ts";
import type { ColumnType } from "../../domain/table.ts";
import { HashBuffer } from "./hashBuffer.ts";
import {
  BLOCK_BYTES,
  blockOf,
  blocksFor,
  holds,
  MAX_BLOCKS,
  SubjectFilter,
} from "./subjectFilter.ts";
import { wordsOfRef } from "./subjectHashes.ts";

const MAGIC = "LSI1";
const HEAD_BYTES = 32;
const WRITE_BYTES = 1024 * 1024;
/** One up to this size, some 3,800 subjects, is kept beside the log as well. */
const MAX_KEPT_BYTES = 8 * 1024;
export const INDEX_CONTENT_TYPE = "application/octet-stream";

/** The column that subjects are read from. */
export interface SubjectColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** Gathers a whole index in memory: exactly at first, in the largest filter once they are many. */
export class IndexBuilder {
  readonly #hashes: HashBuffer;
  #filter: SubjectFilter | null = null;

  /** `most`: entries that are gathered at a time; a parameter for the tests. */
  constructor(most?: number) {
    this.#hashes = new HashBuffer(most);
  }

  add(first: number, second: number): void {
    if (this.#hashes.add(first, second)) return;
    this.#filter ??= new SubjectFilter(MAX_BLOCKS);
    this.#filter.addAll(this.#hashes.take());
    this.#hashes.add(first, second);
  }

  /** Two words an entry. */
  addAll(words: Uint32Array): void {
    for (let at = 0; at < words.length; at += 2) this.add(words[at] ?? 0, words[at + 1] ?? 0);
  }

  /** The filter, no larger than what is in it takes. */
  finish(): { readonly filter: SubjectFilter; readonly subjects: number } {
    const words = this.#hashes.take();
    if (this.#filter !== null) {
      this.#filter.addAll(words);
      this.#filter.fold();
      return { filter: this.#filter, subjects: this.#filter.entries };
    }
    const subjects = words.length / 2;
    const filter = new SubjectFilter(blocksFor(subjects));
    filter.addAll(words);
    return { filter, subjects };
  }
}

/** Writes what has been gathered; leaves nothing when it fails. */
export const writeIndex = async (
  store: ObjectStore,
  key: string,
  column: SubjectColumn,
  builder: IndexBuilder,
): Promise<WrittenIndex> => {
  const { filter, subjects } = builder.finish();
  const writer = store.writer(key, INDEX_CONTENT_TYPE);
  const start = head(filter.blocks);
  const blocks = filter.bytes();
  try {
    await writer.write(start);
    for (let from = 0; from < blocks.length; from += WRITE_BYTES)
      await writer.write(blocks.subarray(from, from + WRITE_BYTES));
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  const bytes = HEAD_BYTES + blocks.length;
  const ref = { key, bytes, column: column.name, type: column.type, subjects };
  if (bytes > MAX_KEPT_BYTES) return ref;
  const object = new Uint8Array(bytes);
  object.set(start);
  object.set(blocks, HEAD_BYTES);
  return { ...ref, object: Buffer.from(object).toString("base64") };
};

const head = (blocks: number): Uint8Array => {
  const bytes = new Uint8Array(HEAD_BYTES);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, blocks, true);
  return bytes;
};

/** See `SubjectPlane.mayHold`. */
export const mayHold = async (
  store: Pick<ObjectStore, "read">,
  index: SubjectIndexRef | null,
  column: { readonly name: string; readonly type: ColumnType | null },
  sets: readonly SubjectSet[],
): Promise<readonly boolean[] | null> => {
  if (index === null || !isOfColumn(index, column)) return null;
  const { type } = index;
  const found: boolean[] = [];
  for (const { refs } of sets) {
    let may = false;
    for (const ref of refs.flatMap((of) => of[type] ?? [])) {
      may = await mayHoldRef(store, index, ref);
      if (may) break;
    }
    found.push(may);
  }
  return found;
};

const mayHoldRef = async (
  store: Pick<ObjectStore, "read">,
  index: SubjectIndexRef,
  ref: string,
): Promise<boolean> => {
  const part = partFor(index, ref);
  return part.holds(await store.read(index.key, part.offset, part.length));
};

/** See `SubjectTexts.partFor`: one block. */
export const partFor = ({ key, bytes }: SubjectIndexRef, ref: string): IndexPart => {
  const blocks = (bytes - HEAD_BYTES) / BLOCK_BYTES;
  invariant(Number.isInteger(blocks) && blocks > 0, `${key} is as large as an index can be`);
  const [first = 0, second = 0] = wordsOfRef(ref);
  return {
    offset: HEAD_BYTES + blockOf(first, blocks) * BLOCK_BYTES,
    length: BLOCK_BYTES,
    holds: (block) => holds(new Uint32Array(block.slice().buffer), second),
  };
};
