/**
 * A batch in segments: each is refined by itself, in any order and on any machine, into parts and a
 * partial result; assembled, they are what one pass over the file would have made. Values that are
 * the same in two segments come to light only then, so the segments that have them are refined once
 * more, knowing them.
 */

import { contentType } from "../application/contentTypes.ts";
import type {
  PartRef,
  Refined,
  RefineInput,
  Segment,
  SegmentResult,
} from "../application/dataPorts.ts";
import type { DigestingStore } from "../application/digests.ts";
import type { SegmentParts } from "../application/segmentPorts.ts";
import type { Misfit } from "../domain/batch/commands.ts";
import { err, invariant, ok, type Result } from "../domain/decider.ts";
import { scopedColumns } from "../domain/rules/uniqueScope.ts";
import { MAX_LISTED_ISSUES, type ObjectRef, type SchemaIssue } from "../domain/table.ts";
import type { ColumnChunk } from "./columns.ts";
import { digitCounter } from "./decimalDigits.ts";
import { NotATableError } from "./notATable.ts";
import { openOutputs } from "./outputs.ts";
import { signSampler } from "./pii/signSampler.ts";
import { mergePrivacyReports, privacyPass } from "./privacy/privacyPass.ts";
import { earlierParts, hashKeeper, OCTETS } from "./quality/datasetScope.ts";
import { findDuplicates, type KnownDuplicates } from "./quality/duplicates.ts";
import { qualityEvaluator } from "./quality/evaluator.ts";
import { mergeQualityPartials, type QualityPartial, verdictOf } from "./quality/partial.ts";
import { seenRecorder } from "./quality/seenParts.ts";
import { readSegment, type SegmentReader } from "./readSegment.ts";
import { type Pass, passOver, writtenDecimals } from "./refine.ts";
import { stitchLines, stitchParquet } from "./stitch.ts";
import { partRecorder } from "./subjects/subjectParts.ts";

/** What a result carries from `refineSegment` to `assemble`, as JSON. */
interface Partial {
  readonly quality: QualityPartial;
  /** What was refined, to do it again. */
  readonly segment: Segment;
  readonly parts: SegmentParts;
  readonly missing: readonly string[];
}

/** See `SegmentedDataPlane.refineSegment`. Rejects when an object cannot be read or written. */
export const refineSegment = (
  store: DigestingStore,
  input: RefineInput,
  segment: Segment,
  parts: SegmentParts,
): Promise<SegmentResult> => segmentPass(store, input, segment, parts, null);

const segmentPass = async (
  store: DigestingStore,
  input: RefineInput,
  segment: Segment,
  parts: SegmentParts,
  duplicates: KnownDuplicates | null,
): Promise<SegmentResult> => {
  const { clean_part: clean_key, quarantine_part: quarantine_key, seen_part: seen_key } = parts;
  const remembers = duplicates === null && input.quality.some(({ kind }) => kind === "unique");
  invariant(!remembers || seen_key !== undefined, "unique has a part to remember values in");
  const recorder =
    remembers && seen_key !== undefined ? seenRecorder(store.writer(seen_key, OCTETS)) : null;
  const subjects =
    input.subjects !== undefined && parts.subjects_part !== undefined
      ? partRecorder(store, parts.subjects_part, input.subjects)
      : null;
  const privacy = privacyPass(input.privacy, input.schema, input.keys, input.subject_column);
  const evaluator = qualityEvaluator(input.quality, input.schema, input.now, {
    key: input.keys.unique,
    ...(recorder === null ? {} : { recorder }),
    ...(duplicates === null ? {} : { duplicates }),
  });
  const outputs = openOutputs(
    store,
    { clean_key, quarantine_key },
    privacy.schema,
    writtenDecimals(input),
  );
  const keeper = hashKeeper(store, input.quality, input.keys.unique, parts.hash_part);
  const discard = () =>
    Promise.allSettled([
      ...[outputs.discard(), recorder?.abort(), keeper?.abort(), subjects?.abort()],
    ]);
  try {
    const reader = await readSegment(store, input.source, input.schema, segment);
    const judged: Pass["judged"] = async (chunk, verdict) => {
      await recorder?.relieve();
      await keeper?.keep(chunk, verdict);
    };
    // The pass of an append writes nothing: it is the one that looks for personal data.
    const isAppend = clean_key === undefined && quarantine_key === undefined;
    const sampler = isAppend ? signSampler() : null;
    const counter = isAppend ? digitCounter(input.schema) : null;
    const checked = async (chunk: ColumnChunk) => {
      sampler?.look(chunk);
      counter?.look(chunk);
      subjects?.look(chunk);
      await subjects?.relieve();
    };
    const pass = { evaluator, privacy, outputs, checked, judged };
    const { rows, diverted_rows } = await passOver(reader, pass);
    const found = issuesOf(reader);
    const decimal_digits = counter?.digits();
    const partial = { quality: evaluator.partial(), segment, parts, missing: reader.missing() };
    const result = {
      index: segment.index,
      rows,
      ...found,
      diverted_rows,
      ...(sampler === null ? {} : { signs: sampler.signs() }),
      ...(decimal_digits === undefined ? {} : { decimal_digits }),
      ...(isAppend && reader.issues.cut_datetimes > 0
        ? { cut_datetimes: reader.issues.cut_datetimes }
        : {}),
      ...(subjects === null ? {} : { subjects_part: null, erased_rows: subjects.erased() }),
      quality: { ...partial },
      privacy: { ...privacy.report() },
      clean_part: null,
      quarantine_part: null,
      seen_part: null,
    };
    if (reader.issues.count > 0) {
      await discard();
      return result;
    }
    const seen = await recorder?.close();
    const subjects_part = await subjects?.close();
    const hashes = await keeper?.close();
    const { clean, quarantine } = await outputs.close();
    return {
      ...result,
      ...(subjects_part === undefined ? {} : { subjects_part }),
      clean_part: partOf(clean),
      quarantine_part: partOf(quarantine),
      seen_part:
        seen === undefined || seen_key === undefined ? null : { key: seen_key, rows, ...seen },
      ...(hashes ? { hash_part: { key: hashes.key, bytes: hashes.bytes, rows } } : {}),
    };
  } catch (error) {
    await discard();
    if (error instanceof NotATableError) return damaged(segment, parts, error, evaluator.partial());
    throw error;
  }
};

const partOf = (object: ObjectRef | undefined): PartRef | null =>
  object === undefined ? null : { key: object.key, bytes: object.bytes, rows: object.rows };

const issuesOf = ({ issues, rows_only }: SegmentReader) =>
  rows_only
    ? { issues: issues.of_rows, issue_count: issues.row_count }
    : { issues: issues.listed, issue_count: issues.count };

/** Bytes that turn out to be no table are an issue of the file, as they are for `refine`. */
const damaged = (
  segment: Segment,
  parts: SegmentParts,
  error: NotATableError,
  quality: QualityPartial,
): SegmentResult => ({
  index: segment.index,
  rows: segment.rows,
  issues: [{ column: null, row: null, message: error.reason }],
  issue_count: 1,
  diverted_rows: 0,
  quality: { quality, segment, parts, missing: [] },
  privacy: { rows: 0, columns: [] },
  clean_part: null,
  quarantine_part: null,
  seen_part: null,
});

/** See `SegmentedDataPlane.assemble`. Rejects when a part is gone or cannot be read. */
export const assemble = async (
  store: DigestingStore,
  input: RefineInput,
  results: readonly SegmentResult[],
): Promise<Result<Refined, Misfit>> => {
  invariant(results.length > 0, "a file has a segment");
  const ordered = [...results].sort((left, right) => left.index - right.index);
  const misfit = misfitOf(ordered, input);
  if (misfit !== null) return err(misfit);

  const final = await knowingDuplicates(store, input, ordered);
  const quality = mergeQualityPartials(
    input.quality,
    final.map((result) => partialOf(result).quality),
  );
  const { report, breaches, passed } = verdictOf(input.quality, quality, input.now);
  const privacy = privacyPass(input.privacy, input.schema, input.keys, input.subject_column);
  const reports = final.map((result) => result.privacy as unknown as Refined["privacy"]);
  return ok({
    passed,
    quality: report,
    breaches,
    privacy: mergePrivacyReports(reports),
    clean_schema: privacy.schema,
    ...(await stitched(store, input, final, privacy.schema)),
    diverted_rows: final.reduce((sum, { diverted_rows }) => sum + diverted_rows, 0),
    preview: [],
  });
};

/** The boundary: what `refineSegment` put there, maybe read back from the log. */
const partialOf = (result: SegmentResult): Partial => result.quality as unknown as Partial;

const misfitOf = (results: readonly SegmentResult[], input: RefineInput): Misfit | null => {
  const missing =
    input.source.format === "jsonl" && input.source.rows > 0
      ? Object.keys(input.schema).filter((name) =>
          results.every((result) => partialOf(result).missing.includes(name)),
        )
      : [];
  const ofFile: SchemaIssue[] = missing.map((column) => ({
    column,
    row: null,
    message: "missing from the file",
  }));
  let issue_count = missing.length;
  const ofRows: SchemaIssue[] = [];
  for (const result of results) {
    issue_count += result.issue_count;
    for (const issue of result.issues) {
      if (issue.row !== null) ofRows.push(issue);
      else if (ofFile.some((known) => sameIssue(known, issue))) issue_count -= 1;
      else ofFile.push(issue);
    }
  }
  if (issue_count === 0) return null;
  return { issues: [...ofFile, ...ofRows].slice(0, MAX_LISTED_ISSUES), issue_count };
};

const sameIssue = (left: SchemaIssue, right: SchemaIssue) =>
  left.column === right.column && left.message === right.message;

/** The same results, those with rows that repeat another segment's made anew. */
const knowingDuplicates = async (
  store: DigestingStore,
  input: RefineInput,
  results: readonly SegmentResult[],
): Promise<readonly SegmentResult[]> => {
  const seen = results.flatMap(({ seen_part }) => seen_part ?? []);
  if (seen.length === 0) return results;
  const scoped = scopedColumns(input.quality).length > 0;
  invariant(!scoped || input.unique !== undefined, "what a rule compares with is in the plan");
  const duplicates = await findDuplicates(store, seen, earlierParts(input));
  const final: SegmentResult[] = [];
  for (const result of results) {
    const { segment, parts } = partialOf(result);
    const repeats = duplicates.anyIn(segment.first_row, segment.rows);
    final.push(repeats ? await segmentPass(store, input, segment, parts, duplicates) : result);
  }
  return final;
};

const stitched = async (
  store: DigestingStore,
  input: RefineInput,
  results: readonly SegmentResult[],
  schema: RefineInput["schema"],
): Promise<Pick<Refined, "clean" | "quarantine" | "hashes">> => {
  const { clean_key, quarantine_key, quality, unique } = input;
  const closed: string[] = [];
  try {
    const rejected = results.flatMap(({ quarantine_part }) => quarantine_part ?? []);
    const quarantine =
      quarantine_key === undefined || rejected.length === 0
        ? undefined
        : await stitchLines(store, rejected, store.writer(quarantine_key, contentType("jsonl")));
    if (quarantine_key !== undefined && quarantine !== undefined) closed.push(quarantine_key);
    const hashes = await stitchedHashes(store, quality, unique?.hashes_key, results);
    if (hashes !== undefined) closed.push(hashes.key);
    const parts = results.flatMap(({ clean_part }) => clean_part ?? []);
    const clean =
      clean_key === undefined
        ? undefined
        : await stitchParquet(
            store,
            parts,
            { schema, decimals: writtenDecimals(input) },
            store.writer(clean_key, contentType("parquet")),
          );
    return {
      ...(hashes === undefined ? {} : { hashes }),
      ...(quarantine && quarantine_key !== undefined
        ? { quarantine: { key: quarantine_key, format: "jsonl", ...quarantine } }
        : {}),
      ...(clean && clean_key !== undefined
        ? { clean: { key: clean_key, format: "parquet", ...clean } }
        : {}),
    };
  } catch (error) {
    // What is complete already must not outlive the failure.
    if (closed.length > 0) await Promise.allSettled([store.delete(closed)]);
    throw error;
  }
};

/** Runs one after the other are runs: the object of the whole is that of its parts in a row. */
const stitchedHashes = async (
  store: DigestingStore,
  quality: RefineInput["quality"],
  key: string | undefined,
  results: readonly SegmentResult[],
): Promise<Refined["hashes"]> => {
  const parts = results.flatMap(({ hash_part }) => hash_part ?? []);
  if (key === undefined || parts.length === 0) return undefined;
  const { bytes } = await stitchLines(store, parts, store.writer(key, OCTETS));
  return { key, bytes, columns: scopedColumns(quality) };
};
