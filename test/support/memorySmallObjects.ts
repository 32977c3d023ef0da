/** Small objects in memory: what is created first counts, as behind the port. */
import type { SmallObjects } from "../../src/application/dataPorts.ts";

export interface MemorySmallObjects extends SmallObjects {
  readonly kept: Map<string, Uint8Array>;
}

export const memorySmallObjects = (): MemorySmallObjects => {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    read: async (key) => kept.get(key)?.slice() ?? null,
    async create(key, bytes) {
      if (kept.has(key)) return false;
      kept.set(key, bytes.slice());
      return true;
    },
    async put(key, bytes) {
      kept.set(key, bytes.slice());
    },
    async delete(keys) {
      for (const key of keys) kept.delete(key);
    },
    async *list(prefix, after = "") {
      yield* [...kept.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    },
  };
};
