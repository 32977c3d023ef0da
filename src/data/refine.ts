/**
 * One pass over a batch: schema, quality rules, privacy strategies, Parquet. Rows stream through in
 * chunks; what is written appears only when the whole file has been read and fits, and nothing is
 * left behind otherwise.
 */
import type { PreviewRow, Refined, RefineInput } from "../application/dataPorts.ts";
import type { DigestingStore } from "../application/digests.ts";
import type { Misfit } from "../domain/batch/commands.ts";
import { err, ok, type Result } from "../domain/decider.ts";
import { decimalTypes } from "../domain/rules/decimalTypes.ts";
import type { DecimalTypes } from "../domain/table.ts";
import { cellAt } from "./columnCells.ts";
import type { ColumnChunk } from "./columns.ts";
import { NotATableError } from "./notATable.ts";
import { type Outputs, openOutputs } from "./outputs.ts";
import { type PrivacyPass, privacyPass } from "./privacy/privacyPass.ts";
import { duplicatesInDataset, hashKeeper } from "./quality/datasetScope.ts";
import { type ChunkVerdict, type QualityEvaluator, qualityEvaluator } from "./quality/evaluator.ts";
import { openTable, readTable, type TableReader } from "./readTable.ts";
import { withoutRows } from "./rowSelection.ts";
import { toJson } from "./types.ts";

/**
 * See `DataPlane.refine`. The rules must have been checked against the schema. Clean rows are
 * written whether or not the batch passes: what becomes of them is the caller's decision, on
 * `passed`. Rejects when an object cannot be read or written, and when `unique` meets more values
 * than it can remember.
 */
export const refine = async (
  store: DigestingStore,
  input: RefineInput,
): Promise<Result<Refined, Misfit>> => {
  const privacy = privacyPass(input.privacy, input.schema, input.keys, input.subject_column);
  const outputs = openOutputs(store, input, privacy.schema, writtenDecimals(input));
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

/** How the decimal columns of the clean rows are written. */
export const writtenDecimals = ({ schema, privacy, source }: RefineInput): DecimalTypes =>
  decimalTypes(schema, privacy, source.decimal_digits);

const run = async (
  store: DigestingStore,
  input: RefineInput,
  privacy: PrivacyPass,
  outputs: Outputs,
): Promise<Result<Refined, Misfit>> => {
  const { quality, keys, unique } = input;
  const duplicates = await duplicatesInDataset(store, input);
  const evaluator = qualityEvaluator(quality, input.schema, input.now, {
    key: keys.unique,
    ...(duplicates === null ? {} : { duplicates }),
  });
  const reader = readTable(await openTable(store, input.source), input.schema);
  const preview: PreviewRow[] = [];
  const keeper = hashKeeper(store, quality, keys.unique, unique?.hashes_key);
  try {
    const { diverted_rows } = await passOver(reader, {
      evaluator,
      privacy,
      outputs,
      ...(input.at_most_rows === undefined ? {} : { at_most_rows: input.at_most_rows }),
      judged: async (chunk, verdict) => keeper?.keep(chunk, verdict),
      transformed: (before, after, row_numbers) =>
        addPreview(preview, input, before, after, row_numbers),
    });
    if (reader.issues.count > 0) {
      await keeper?.abort();
      return err({ issues: reader.issues.listed, issue_count: reader.issues.count });
    }
    const { report, breaches, passed } = evaluator.finish();
    const hashes = await keeper?.close();
    return ok({
      passed,
      quality: report,
      breaches,
      privacy: privacy.report(),
      clean_schema: privacy.schema,
      ...(await outputs.close()),
      diverted_rows,
      preview,
      ...(hashes === undefined ? {} : { hashes }),
    });
  } catch (error) {
    await keeper?.abort();
    throw error;
  }
};

/** What happens to the rows of a table. */
export interface Pass {
  readonly evaluator: QualityEvaluator;
  readonly privacy: PrivacyPass;
  readonly outputs: Outputs;
  /** Left out: all are read. */
  readonly at_most_rows?: number;
  /** Called for every chunk as it was read; cells that do not fit are nulls. */
  readonly checked?: (chunk: ColumnChunk) => void | Promise<void>;
  /** Called for the rows of a chunk that go on. */
  readonly transformed?: (
    before: ColumnChunk,
    after: ColumnChunk,
    row_numbers: Int32Array | null,
  ) => void;
  /** Called when a chunk has been judged. */
  readonly judged?: (chunk: ColumnChunk, verdict: ChunkVerdict) => Promise<void>;
}

/** Takes all chunks of a reader through rules, strategies and outputs. */
export const passOver = async (
  reader: Pick<TableReader, "chunks" | "issues">,
  { evaluator, privacy, outputs, at_most_rows, checked, transformed, judged }: Pass,
): Promise<{ readonly rows: number; readonly diverted_rows: number }> => {
  let rows = 0;
  let diverted_rows = 0;
  for await (const whole of reader.chunks()) {
    const left = (at_most_rows ?? Number.POSITIVE_INFINITY) - rows;
    if (left <= 0) break;
    const chunk = firstRows(whole, left);
    rows += chunk.rows;
    await checked?.(chunk);
    // Cells that do not fit are nulls here: nothing may be concluded from them. The rest of the
    // file is read all the same, so that every issue is counted.
    if (reader.issues.count > 0) continue;
    const verdict = evaluator.evaluate(chunk);
    await judged?.(chunk, verdict);
    await outputs.quarantine?.write(chunk, verdict);
    const { chunk: before, row_numbers } = withoutRows(chunk, verdict.diverted);
    diverted_rows += chunk.rows - before.rows;
    const after = privacy.apply(before);
    transformed?.(before, after, row_numbers);
    await outputs.clean?.write(after);
  }
  return { rows, diverted_rows };
};

const firstRows = (chunk: ColumnChunk, count: number): ColumnChunk =>
  chunk.rows <= count ? chunk : withoutRows(chunk, new Uint8Array(chunk.rows).fill(1, count)).chunk;

const HIDDEN = { hidden: true } as const;

const addPreview = (
  preview: PreviewRow[],
  input: RefineInput,
  before: ColumnChunk,
  after: ColumnChunk,
  row_numbers: Int32Array | null,
): void => {
  const wanted = Math.min((input.preview_rows ?? 0) - preview.length, before.rows);
  const personal = new Set<string | null>([input.subject_column, ...(input.hidden_columns ?? [])]);
  const closed = new Set<string>(input.hidden_after ?? []);
  const treated = new Set<string | null>(
    input.privacy.filter(({ strategy }) => strategy !== "keep").map(({ column }) => column),
  );
  for (let row = 0; row < wanted; row += 1) {
    preview.push({
      row: row_numbers?.[row] ?? before.first_row + row,
      before: shown(before, row, (name) => personal.has(name) || treated.has(name)),
      // What no strategy touches comes out as it went in: it is no less personal for that.
      after: shown(
        after,
        row,
        (name) => closed.has(name) || (personal.has(name) && !treated.has(name)),
      ),
    });
  }
};

const shown = (
  chunk: ColumnChunk,
  row: number,
  isHidden: (name: string) => boolean,
): PreviewRow["before"] =>
  Object.fromEntries(
    chunk.columns.map((column) => [
      column.name,
      isHidden(column.name) ? HIDDEN : toJson(cellAt(column, row), column.type),
    ]),
  );
