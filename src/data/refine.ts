/**
 * One pass over a batch: schema, quality rules, privacy strategies, Parquet. Rows stream through in
 * chunks; what is written appears only when the whole file has been read and fits, and nothing is
 * left behind otherwise.
 */
import type { ObjectStore, PreviewRow, Refined, RefineInput } from "../application/dataPorts.ts";
import type { Misfit } from "../domain/batch/commands.ts";
import { err, ok, type Result } from "../domain/decider.ts";
import type { ObjectRef } from "../domain/table.ts";
import { cellAt } from "./columnCells.ts";
import type { ColumnChunk } from "./columns.ts";
import { contentType } from "./contentTypes.ts";
import { NotATableError } from "./notATable.ts";
import { type ParquetWriter, parquetWriter } from "./parquet.ts";
import { type PrivacyPass, privacyPass } from "./privacy/privacyPass.ts";
import { qualityEvaluator } from "./quality/evaluator.ts";
import { type QuarantineFile, quarantineFile } from "./quarantineFile.ts";
import { openTable, readTable } from "./readTable.ts";
import { withoutRows } from "./rowSelection.ts";
import { toJson } from "./types.ts";

/**
 * See `DataPlane.refine`. The rules must have been checked against the schema. Clean rows are
 * written whether or not the batch passes: what becomes of them is the caller's decision, on
 * `passed`. Rejects when an object cannot be read or written, and when `unique` meets more values
 * than it can remember.
 */
export const refine = async (
  store: ObjectStore,
  input: RefineInput,
): Promise<Result<Refined, Misfit>> => {
  const privacy = privacyPass(input.privacy, input.schema, input.keys, input.subject_column);
  const outputs = openOutputs(store, input, privacy);
  try {
    const outcome = await run(store, input, privacy, outputs);
    if (!outcome.ok) await outputs.discard();
    return outcome;
  } catch (error) {
    await outputs.discard();
    if (error instanceof NotATableError)
      return err({ issues: [{ column: null, row: null, message: error.reason }], issue_count: 1 });
    throw error;
  }
};

const run = async (
  store: ObjectStore,
  input: RefineInput,
  privacy: PrivacyPass,
  outputs: Outputs,
): Promise<Result<Refined, Misfit>> => {
  const evaluator = qualityEvaluator(input.quality, input.schema, input.now, {
    key: input.keys.unique,
  });
  const reader = readTable(await openTable(store, input.source), input.schema);
  const preview: PreviewRow[] = [];
  let diverted_rows = 0;

  for await (const chunk of reader.chunks()) {
    // Cells that do not fit are nulls here: nothing may be concluded from them. The rest of the
    // file is read all the same, so that every issue is counted.
    if (reader.issues.count > 0) continue;
    const verdict = evaluator.evaluate(chunk);
    await outputs.quarantine?.write(chunk, verdict);
    const { chunk: before, row_numbers } = withoutRows(chunk, verdict.diverted);
    diverted_rows += chunk.rows - before.rows;
    const after = privacy.apply(before, row_numbers);
    addPreview(preview, input, before, after, row_numbers);
    await outputs.clean?.write(after);
  }
  if (reader.issues.count > 0)
    return err({ issues: reader.issues.listed, issue_count: reader.issues.count });

  const { report, breaches, passed } = evaluator.finish();
  return ok({
    passed,
    quality: report,
    breaches,
    privacy: privacy.report(),
    clean_schema: privacy.schema,
    ...(await outputs.close()),
    diverted_rows,
    preview,
  });
};

interface Outputs {
  readonly clean: ParquetWriter | null;
  readonly quarantine: QuarantineFile | null;
  close(): Promise<{ readonly clean?: ObjectRef; readonly quarantine?: ObjectRef }>;
  /** Leaves nothing behind, also of an object that was closed before the other one failed. */
  discard(): Promise<void>;
}

const openOutputs = (store: ObjectStore, input: RefineInput, privacy: PrivacyPass): Outputs => {
  const { clean_key, quarantine_key } = input;
  const clean =
    clean_key === undefined
      ? null
      : parquetWriter(store.writer(clean_key, contentType("parquet")), privacy.schema);
  const quarantine = quarantine_key === undefined ? null : quarantineFile(store, quarantine_key);
  const closed: string[] = [];

  const closeClean = async () => {
    if (clean === null || clean_key === undefined) return {};
    const written = await clean.close();
    closed.push(clean_key);
    return { clean: { key: clean_key, format: "parquet" as const, ...written } };
  };
  const closeQuarantine = async () => {
    const written = (await quarantine?.close()) ?? null;
    if (written === null) return {};
    closed.push(written.key);
    return { quarantine: written };
  };

  return {
    clean,
    quarantine,
    close: async () => ({ ...(await closeQuarantine()), ...(await closeClean()) }),
    async discard() {
      // Whatever fails here must not hide the reason for discarding.
      await Promise.allSettled([clean?.abort(), quarantine?.abort()]);
      if (closed.length > 0) await Promise.allSettled([store.delete(closed)]);
    },
  };
};

const HIDDEN = { hidden: true } as const;

const addPreview = (
  preview: PreviewRow[],
  input: RefineInput,
  before: ColumnChunk,
  after: ColumnChunk,
  row_numbers: Int32Array | null,
): void => {
  const wanted = Math.min((input.preview_rows ?? 0) - preview.length, before.rows);
  const hidden = new Set<string | null>([
    input.subject_column,
    ...input.privacy.filter(({ strategy }) => strategy !== "keep").map(({ column }) => column),
  ]);
  for (let row = 0; row < wanted; row += 1) {
    const shown = valuesOf(before, row).map(([name, value]) =>
      hidden.has(name) ? [name, HIDDEN] : [name, value],
    );
    preview.push({
      row: row_numbers?.[row] ?? before.first_row + row,
      before: Object.fromEntries(shown),
      after: Object.fromEntries(valuesOf(after, row)),
    });
  }
};

const valuesOf = (chunk: ColumnChunk, row: number): readonly (readonly [string, unknown])[] =>
  chunk.columns.map((column) => [column.name, toJson(cellAt(column, row), column.type)]);
