/** What bytes of each format are labelled as, in the store and where they are served. */
import type { Format } from "../domain/table.ts";

const CONTENT_TYPES = {
  csv: "text/csv; charset=utf-8",
  jsonl: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
} satisfies Record<Format, string>;

export const contentType = (format: Format): string => CONTENT_TYPES[format];
