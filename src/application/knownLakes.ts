/**
 * Every lake that something outside of it knows of: the reports, and where those were lost the
 * object store, in which each lake has a place of its own.
 */

export interface LakePage {
  readonly lake_ids: readonly string[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

export interface LakeSource {
  /** Stands in cursors: letters, digits and underscores. */
  readonly name: string;
  page(limit: number, cursor: string | null): Promise<LakePage>;
}

export type KnownLakes = (limit: number, cursor: string | null) => Promise<LakePage>;

/** Stands between a source's name and its own cursor, and in no name. */
const MARK = "~";

/**
 * The sources one after the other, at most `limit` lakes a page (some are empty: go on while there
 * is a cursor). `toldOf` says which of the lakes that `then` has the `first` sources know as well.
 * Null for a cursor that this never gave.
 */
export const knownLakes =
  (
    first: readonly LakeSource[],
    then: readonly LakeSource[],
    toldOf: (lake_ids: readonly string[]) => Promise<ReadonlySet<string>>,
  ): ((limit: number, cursor: string | null) => Promise<LakePage | null>) =>
  async (limit, cursor) => {
    const sources = [...first, ...then];
    const [name = sources[0]?.name ?? "", ...own] = cursor?.split(MARK) ?? [];
    const at = sources.findIndex((each) => each.name === name);
    const source = sources[at];
    if (source === undefined) return null;
    const page = await source.page(limit, own.join(MARK) || null);
    const again = at < first.length ? new Set<string>() : await toldOf(page.lake_ids);
    const behind = sources[at + 1];
    const next = page.next_cursor === null ? behind?.name : `${name}${MARK}${page.next_cursor}`;
    return {
      lake_ids: page.lake_ids.filter((lake_id) => !again.has(lake_id)),
      next_cursor: next ?? null,
    };
  };
