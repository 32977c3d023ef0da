/** Turns a published table into CSV for those who cannot read Parquet, a chunk of rows at a time. */
import type { DigestingStore } from "../application/digests.ts";
import { invariant } from "../domain/decider.ts";
import type { ObjectRef, Schema } from "../domain/table.ts";
import { contentType } from "./contentTypes.ts";
import { countingWriter } from "./countingWriter.ts";
import { csvHeader, csvRows } from "./csvWriter.ts";
import { openTable, readTable } from "./readTable.ts";

/**
 * See `DataPlane.exportCsv`. Rejects, leaving nothing at `target`, when the source is missing,
 * damaged, or does not fit `schema`: it was written under that schema.
 */
export const exportCsv = async (
  store: DigestingStore,
  source: ObjectRef,
  schema: Schema,
  target: string,
): Promise<ObjectRef> => {
  const reader = readTable(await openTable(store, source), schema);
  const writer = countingWriter(store.writer(target, contentType("csv")));

  let rows = 0;
  try {
    await writer.write(new TextEncoder().encode(csvHeader(schema)));
    for await (const chunk of reader.chunks()) {
      await writer.write(csvRows(chunk));
      rows += chunk.rows;
    }
    invariant(reader.issues.count === 0, `object ${source.key} fits the schema it was written by`);
    return { key: target, format: "csv", ...(await writer.close()), rows };
  } catch (error) {
    await writer.abort();
    throw error;
  }
};
