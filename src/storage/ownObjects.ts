/**
 * What is done for a lake reaches the lake's own objects and no others: store and presigner are given
 * to it bound to its prefix, and a key outside of it is an error, wherever it comes from. What asks for
 * one has gone wrong before, so nothing of it is tried.
 */
import type { ObjectStore, SmallObjects } from "../application/dataPorts.ts";
import { isOwnKey, lakePrefix } from "../application/objectKeys.ts";
import type { Presigner } from "../application/ports.ts";

/** The key is left out: a name in it may be a person's. */
export class ForeignKeyError extends Error {
  constructor() {
    super("an object was asked for that is none of this lake's");
    this.name = "ForeignKeyError";
  }
}

const ownKey = (lake_id: string, key: string): string => {
  if (!isOwnKey(lake_id, key)) throw new ForeignKeyError();
  return key;
};

const ownKeys = (lake_id: string, keys: readonly string[]): readonly string[] =>
  keys.map((key) => ownKey(lake_id, key));

/** What is listed begins with the lake's prefix as a whole. */
const ownPrefix = (lake_id: string, prefix: string): string => {
  if (!prefix.startsWith(lakePrefix(lake_id))) throw new ForeignKeyError();
  return prefix;
};

export const ownObjects = (store: ObjectStore, lake_id: string): ObjectStore => ({
  head: async (key) => store.head(ownKey(lake_id, key)),
  open: async (key, range) => store.open(ownKey(lake_id, key), range),
  read: async (key, offset, length) => store.read(ownKey(lake_id, key), offset, length),
  writer: (key, contentType) => store.writer(ownKey(lake_id, key), contentType),
  delete: async (keys) => store.delete(ownKeys(lake_id, keys)),
  clear: async (keys) => store.clear(ownKeys(lake_id, keys)),
  list: (prefix, after) => store.list(ownPrefix(lake_id, prefix), after),
});

/**
 * `lake_id`: null as long as the lake is not made; its first command may need half a person's key
 * before it is, by a key that is made of the id which that command is for.
 */
export const ownSmallObjects = (
  objects: SmallObjects,
  lake_id: () => string | null,
): SmallObjects => {
  const own = (key: string) => {
    const known = lake_id();
    return known === null ? key : ownKey(known, key);
  };
  return {
    read: async (key) => objects.read(own(key)),
    create: async (key, bytes) => objects.create(own(key), bytes),
    put: async (key, bytes) => objects.put(own(key), bytes),
    delete: async (keys) => objects.delete(keys.map(own)),
    list(prefix, after) {
      const known = lake_id();
      return objects.list(known === null ? prefix : ownPrefix(known, prefix), after);
    },
  };
};

export const ownUrls = (presigner: Presigner, lake_id: string): Presigner => ({
  sign: async (request) => {
    ownKey(lake_id, request.key);
    return presigner.sign(request);
  },
});
