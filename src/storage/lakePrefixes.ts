/** Whose objects are in a bucket: every lake's lie under its own prefix. */

const PREFIX = "lakes/";

export interface LakePrefixes {
  readonly lake_ids: readonly string[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/** A page of at most `limit` lakes, by id; one may be empty although there is a next. */
export const lakePrefixes = async (
  bucket: R2Bucket,
  limit: number,
  cursor: string | null,
): Promise<LakePrefixes> => {
  const listed = await bucket.list({
    prefix: PREFIX,
    delimiter: "/",
    limit,
    ...(cursor === null ? {} : { cursor }),
  });
  return {
    lake_ids: listed.delimitedPrefixes.map((prefix) => prefix.slice(PREFIX.length, -1)),
    next_cursor: listed.truncated ? listed.cursor : null,
  };
};
