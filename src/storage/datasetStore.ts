/**
 * The objects of an encrypted dataset as the data plane sees them: all sealed under the dataset's
 * key but the upload that a batch is taken from, which lands as its sender sends it.
 */
import type { ObjectStore } from "../application/dataPorts.ts";
import { isLandingKey } from "../application/objectKeys.ts";
import { sealedObjectStore } from "./sealedObjectStore.ts";

/** `key`: the dataset's own, 32 bytes. Nothing is ever written in clear. */
export const datasetStore = (store: ObjectStore, key: Uint8Array): ObjectStore => {
  const sealed = sealedObjectStore(store, key);
  const of = (name: string): ObjectStore => (isLandingKey(name) ? store : sealed);
  return {
    ...sealed,
    head: (name) => of(name).head(name),
    open: (name, range) => of(name).open(name, range),
    read: (name, offset, length) => of(name).read(name, offset, length),
  };
};
