/** Cloudflare R2 as a keeper of small objects: written in one put, there or not there. */
import type { SmallObjects } from "../application/dataPorts.ts";

export const r2SmallObjects = (bucket: () => R2Bucket): SmallObjects => ({
  async read(key) {
    const object = await bucket().get(key);
    return object === null ? null : object.bytes();
  },

  // R2 decides: of several that come at once exactly one is written.
  create: async (key, bytes) =>
    (await bucket().put(key, bytes, { onlyIf: { etagDoesNotMatch: "*" } })) !== null,

  async put(key, bytes) {
    await bucket().put(key, bytes);
  },

  delete: (keys) => bucket().delete([...keys]),

  async *list(prefix, after) {
    let cursor: string | undefined;
    do {
      const behind = after === undefined ? {} : { startAfter: after };
      const from = cursor === undefined ? behind : { cursor };
      const page = await bucket().list({ prefix, ...from });
      for (const { key } of page.objects) yield key;
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  },
});
