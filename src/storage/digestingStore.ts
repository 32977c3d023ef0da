/** An ObjectStore with the digests of one lake: what is written through it can be told by them. */
import type { ObjectStore } from "../application/dataPorts.ts";
import { type DigestingStore, objectDigest, uploadTag } from "../application/digests.ts";

/** `digest_key`: the lake's own. Over a store that seals, digests are of what it is given to seal. */
export const digestingStore = (store: ObjectStore, digest_key: Uint8Array): DigestingStore => ({
  ...store,
  writer: (key, contentType) => ({
    ...store.writer(key, contentType),
    digest: objectDigest(digest_key, key),
  }),
  digest: (key) => objectDigest(digest_key, key),
  uploadTag: (key, etag) => uploadTag(digest_key, key, etag),
});
