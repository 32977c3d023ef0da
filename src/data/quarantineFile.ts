/**
 * The rows a batch was found wanting for: JSON Lines, one line for every row that fails a rule of
 * severity `error`, with the rules it fails and the row as it was read. It holds personal data in
 * clear, so it lives and dies with the batch.
 *
 *     {"row_number": 3, "diverted": true,
 *      "failures": [{"column": "amount", "rule": ">0"}], "record": {"id": 3, "amount": -1}}
 */
import type { DigestingStore } from "../application/digests.ts";
import type { QualityRule } from "../domain/rules/quality.ts";
import type { ObjectRef } from "../domain/table.ts";
import { cellAt } from "./columnCells.ts";
import type { ColumnChunk } from "./columns.ts";
import { contentType } from "./contentTypes.ts";
import { type CountingWriter, countingWriter } from "./countingWriter.ts";
import type { ChunkVerdict } from "./quality/evaluator.ts";
import { toJson } from "./types.ts";

export interface QuarantineFile {
  /** Writes the rows that the verdict says fail. */
  write(chunk: ColumnChunk, verdict: ChunkVerdict): Promise<void>;
  /** The object, or null when no row failed: then none was made. */
  close(): Promise<ObjectRef | null>;
  abort(): Promise<void>;
}

/** Whether a row that fails these rules is kept out of the clean table. */
export const isDiverted = (failed: readonly QualityRule[]): boolean =>
  failed.some(({ on_fail }) => on_fail === "quarantine_rows");

const encoder = new TextEncoder();

/** Rows turned into text before they are written, because a row may be long. */
const LINES_AT_ONCE = 64;

export const quarantineFile = (store: DigestingStore, key: string): QuarantineFile => {
  let writer: CountingWriter | null = null;
  let rows = 0;
  return {
    async write(chunk, { failed, rulesFailedBy }) {
      if (failed === null) return;
      writer ??= countingWriter(store.writer(key, contentType("jsonl")));
      let lines = "";
      for (let row = failed.indexOf(1); row >= 0; row = failed.indexOf(1, row + 1)) {
        lines += `${JSON.stringify(lineOf(chunk, row, rulesFailedBy(row)))}\n`;
        rows += 1;
        if (rows % LINES_AT_ONCE > 0) continue;
        await writer.write(encoder.encode(lines));
        lines = "";
      }
      if (lines !== "") await writer.write(encoder.encode(lines));
    },
    async close() {
      if (writer === null) return null;
      const { bytes, sha256 } = await writer.close();
      return { key, format: "jsonl", bytes, sha256, rows };
    },
    async abort() {
      await writer?.abort();
    },
  };
};

const lineOf = (chunk: ColumnChunk, row: number, failed: readonly QualityRule[]) => ({
  row_number: chunk.first_row + row,
  diverted: isDiverted(failed),
  failures: failed.map(({ column, text }) => ({ column, rule: text })),
  record: Object.fromEntries(
    chunk.columns.map((column) => [column.name, toJson(cellAt(column, row), column.type)]),
  ),
});
