/**
 * Names of files that are to be batches. What a file is called on somebody's machine goes nowhere:
 * names of objects hold no personal data, so an upload is named after its batch.
 */

const FORMATS = ["csv", "jsonl", "ndjson", "parquet"] as const;

/** What ends the name of a file that Lethe can read, such as `csv.gz`; null for any other. */
export const endingOf = (filename: string): string | null => {
  const [, format = "", packed = ""] = /\.([a-z]+)(\.gz)?$/i.exec(filename.toLowerCase()) ?? [];
  const known = FORMATS.some((one) => one === format);
  return known && !(format === "parquet" && packed !== "") ? `${format}${packed}` : null;
};

/** A batch's id as a file suggests it: the name without its ending, of characters that ids have. */
export const batchIdFor = (filename: string): string =>
  filename
    .replace(/(\.[A-Za-z]+)(\.gz)?$/, "")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 128);
