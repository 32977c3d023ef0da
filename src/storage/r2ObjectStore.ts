/**
 * Cloudflare R2 as an ObjectStore. It promises what R2 promises (an object appears whole or not at
 * all, and is there for everyone once written) and hides how large objects get there: parts.
 *
 * Parts of an object that was never completed stay in the bucket, in no listing of it, and deleting
 * the key does not touch them; the binding cannot list them. So a note is put beside the object before
 * its first part, with the id of the upload, and goes when the upload has ended: by the note, what a
 * process left that died is found and ended. A note whose upload has ended is harmless wherever it
 * stays: an object that is complete is not lost over it.
 */
import { giveWay } from "../application/courtesy.ts";
import {
  MissingObjectError,
  type ObjectStore,
  type ObjectWriter,
  type StoredObject,
} from "../application/dataPorts.ts";
import { inLanes } from "../application/lanes.ts";
import { say } from "../application/logging.ts";

/** R2 wants parts of at least 5 MiB, all of one size but the last; as many as 10,000. */
export const PART_BYTES = 5 * 1024 * 1024;

/** The most keys that R2 deletes in one call. */
const MAX_DELETED_KEYS = 1000;

export const r2ObjectStore = (bucket: R2Bucket): ObjectStore => ({
  async head(key) {
    const object = await bucket.head(key);
    return object === null ? null : stored(object);
  },

  async open(key, range) {
    if (range === undefined) return (await bucket.get(key))?.body ?? null;
    // R2 refuses a range that begins at the object's end or is empty: what is there is none.
    const object = await bucket.head(key);
    if (object === null) return null;
    const { offset } = range;
    const length = Math.min(range.length, object.size - offset);
    if (length <= 0) return new Blob([]).stream();
    return (await bucket.get(key, { range: { offset, length } }))?.body ?? null;
  },

  async read(key, offset, length) {
    // R2 refuses an empty range, but the object must be there all the same.
    const body = length === 0 ? null : await bucket.get(key, { range: { offset, length } });
    const object = body ?? (await bucket.head(key));
    if (object === null) throw new MissingObjectError(`object ${key} is missing`);
    if (offset + length > object.size) {
      throw new MissingObjectError(
        `object ${key} has ${object.size} bytes, asked for ${offset}+${length}`,
      );
    }
    return body === null ? new Uint8Array(0) : await body.bytes();
  },

  writer: (key, contentType) => partWriter(bucket, key, contentType),

  async delete(keys) {
    for (let start = 0; start < keys.length; start += MAX_DELETED_KEYS) {
      await bucket.delete(keys.slice(start, start + MAX_DELETED_KEYS));
    }
  },

  async clear(keys) {
    const noted = await inLanes(keys, NOTES_AT_ONCE, (key) => endUnfinished(bucket, key));
    await this.delete([...keys, ...noted.flat()]);
  },

  async *list(prefix, after) {
    const about = { prefix, ...(after === undefined ? {} : { startAfter: after }) };
    let cursor: string | undefined;
    do {
      const page = await bucket.list({ ...about, ...(cursor === undefined ? {} : { cursor }) });
      for (const object of page.objects) yield stored(object);
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  },
});

const stored = ({ key, size, etag, uploaded }: R2Object): StoredObject => ({
  key,
  size_bytes: size,
  etag,
  uploaded_at: uploaded,
});

/** Where the note of an object that is not complete yet lies. */
export const unfinishedNote = (key: string): string => `${key}.unfinished`;

/** Notes that are looked for at the same time. */
const NOTES_AT_ONCE = 6;

/** By this R2 says that an upload has ended, or was never begun. */
const NO_SUCH_UPLOAD = "(10024)";

/** Ends the upload of an object in parts, where one was begun; resolves to its note, to be deleted. */
const endUnfinished = async (bucket: R2Bucket, key: string): Promise<readonly string[]> => {
  const note = unfinishedNote(key);
  const noted = await bucket.get(note);
  if (noted === null) return [];
  await ended(bucket.resumeMultipartUpload(key, await noted.text()));
  return [note];
};

/** Aborts an upload, unless it has ended: one whose `complete` was done though it failed has. */
const ended = async (upload: R2MultipartUpload): Promise<void> => {
  try {
    await upload.abort();
  } catch (error) {
    if (!String(error).includes(NO_SUCH_UPLOAD)) throw error;
  }
};

/** What fails here is told in the log alone: it changes nothing for whoever writes the object. */
const inPassing = async (message: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    say("warn", message, { error });
  }
};

/** Holds one part in memory; an object that fits into it is written by a single put. */
const partWriter = (bucket: R2Bucket, key: string, contentType: string): ObjectWriter => {
  const httpMetadata = { contentType };
  const parts: R2UploadedPart[] = [];
  let part: Uint8Array = new Uint8Array(0);
  let filled = 0;
  let upload: R2MultipartUpload | undefined;
  let state: "open" | "closed" | "aborted" = "open";

  const begin = async (): Promise<R2MultipartUpload> => {
    const begun = await bucket.createMultipartUpload(key, { httpMetadata });
    try {
      await bucket.put(unfinishedNote(key), begun.uploadId);
    } catch (error) {
      // Without its note nobody would find it; and the note may be there although its put failed.
      await inPassing("an upload without a note is not ended", async () => {
        await ended(begun);
        await bucket.delete(unfinishedNote(key));
      });
      throw error;
    }
    return begun;
  };

  const dropNote = () =>
    inPassing("the note of an upload that has ended is not deleted", () =>
      bucket.delete(unfinishedNote(key)),
    );

  const uploadPart = async () => {
    upload ??= await begin();
    const { readable, writable } = new FixedLengthStream(filled);
    const uploaded = upload.uploadPart(parts.length + 1, readable);
    const [done] = await Promise.all([uploaded, feed(writable, part.subarray(0, filled))]);
    parts.push(done);
    filled = 0;
  };

  const mustBeOpen = () => {
    if (state !== "open") throw new Error(`the writer of ${key} is ${state}`);
  };

  return {
    async write(bytes) {
      mustBeOpen();
      let rest = bytes;
      while (rest.length > 0) {
        // Only when more follows: the last part must not be empty.
        if (filled === PART_BYTES) await uploadPart();
        const room = rest.subarray(0, PART_BYTES - filled);
        part = withRoom(part, filled + room.length, filled);
        part.set(room, filled);
        filled += room.length;
        rest = rest.subarray(room.length);
      }
    },

    async close() {
      mustBeOpen();
      if (upload === undefined) {
        await bucket.put(key, part.subarray(0, filled), { httpMetadata });
      } else {
        await uploadPart();
        await upload.complete(parts);
      }
      state = "closed";
      part = new Uint8Array(0);
      if (upload !== undefined) await dropNote();
    },

    async abort() {
      if (state !== "open") return;
      state = "aborted";
      part = new Uint8Array(0);
      if (upload === undefined) return;
      await ended(upload);
      await dropNote();
    },
  };
};

/** As much of a part as goes out before others have their turn. */
const FEED_BYTES = 256 * 1024;

/** A part at a stroke would keep the thread for as long as a hundred small answers take. */
const feed = async (writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> => {
  const writer = writable.getWriter();
  for (let at = 0; at < bytes.length; at += FEED_BYTES) {
    await writer.write(bytes.subarray(at, at + FEED_BYTES));
    await giveWay();
  }
  await writer.close();
};

/** Grows a part by doubling, so that a small object does not cost the memory of a large one. */
const withRoom = (part: Uint8Array, needed: number, filled: number): Uint8Array => {
  if (needed <= part.length) return part;
  const larger = new Uint8Array(Math.min(PART_BYTES, Math.max(needed, 2 * part.length)));
  larger.set(part.subarray(0, filled));
  return larger;
};
