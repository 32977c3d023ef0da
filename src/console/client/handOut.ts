/** Lines by which files that were handed out are read where analysts work; each is to be copied whole. */

export type Format = "parquet" | "csv";

const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** DuckDB: all of the files as one table, columns by name. */
export const duckdbLine = (urls: readonly string[], format: Format): string => {
  const reader = format === "csv" ? "read_csv" : "read_parquet";
  return `FROM ${reader}([${urls.map(sqlText).join(", ")}], union_by_name = true);`;
};

/** pandas: all of the files as one frame. A JSON text is a text of Python too. */
export const pandasLine = (urls: readonly string[], format: Format): string => {
  const reader = format === "csv" ? "pd.read_csv" : "pd.read_parquet";
  const list = urls.map((url) => JSON.stringify(url)).join(", ");
  return `import pandas as pd; df = pd.concat(${reader}(url) for url in [${list}])`;
};

/** A file that was handed out, of a batch or of a dataset's manifest. */
export interface Item {
  readonly batch_id: string;
  readonly download_url: string;
  readonly expires_at: string;
  readonly rows?: number;
  readonly bytes?: number;
}

/** Pages of a dataset's manifest, so far. */
export interface Manifest {
  readonly format: Format;
  readonly as_of: string;
  readonly items: readonly Item[];
  readonly unchanged: readonly { readonly batch_id: string }[];
  readonly left_out: readonly { readonly batch_id: string; readonly reason: string }[];
  readonly next_cursor: string | null;
}

/** With the next page of the same manifest; `as_of` stays that of the first. */
export const joined = (before: Manifest, next: Manifest): Manifest => ({
  format: before.format,
  as_of: before.as_of,
  items: [...before.items, ...next.items],
  unchanged: [...before.unchanged, ...next.unchanged],
  left_out: [...before.left_out, ...next.left_out],
  next_cursor: next.next_cursor,
});

/** The first moment at which one of the URLs opens nothing any more. */
export const firstExpiry = (items: readonly Item[]): string | null =>
  items.map(({ expires_at }) => expires_at).sort()[0] ?? null;
