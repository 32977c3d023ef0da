/** Raw objects without their subjects' rows. */
import type { ObjectStore } from "../../application/dataPorts.ts";
import type { DigestingStore } from "../../application/digests.ts";
import type { Redacted, RedactTarget, SubjectTable } from "../../application/subjectPorts.ts";
import { isRowsOnly } from "../../domain/reading.ts";
import type { SubjectIndexRef } from "../../domain/subjects.ts";
import type { ColumnChunk } from "../columns.ts";
import { WINDOW_BYTES } from "../csv.ts";
import { IssueLog } from "../issueLog.ts";
import { parquetSegments } from "../land.ts";
import { NotATableError } from "../notATable.ts";
import { withoutRows } from "../rowSelection.ts";
import { scanLoosely, standsInFile } from "./anyCell.ts";
import { holdsAnywhere, matchAnyColumn, ownSchema } from "./looseParquet.ts";
import { UnreadableError } from "./looseRows.ts";
import { redactParquet } from "./redactParquet.ts";
import { redactText, type TextRedaction } from "./redactText.ts";
import { matchRefs } from "./rowMatch.ts";
import { scanColumn } from "./rowScan.ts";
import { IndexBuilder, writeIndex } from "./subjectIndex.ts";
import { subjectColumn, subjectTracker } from "./subjectTracker.ts";

type Input = SubjectTable & RedactTarget;

/** See `SubjectPlane.redactRaw`. */
export const redactRaw = async (store: DigestingStore, input: Input): Promise<Redacted> => {
  const fitting = input.schema === null ? null : await redactFitting(store, input);
  // What was said to fit and does not is read as what fits nothing: no row is to be overlooked.
  return fitting ?? (await redactLoose(store, input));
};

/** Null, and nothing written, when the object does not fit its schema. */
const redactFitting = async (store: DigestingStore, input: Input): Promise<Redacted | null> => {
  const { source, target, schema, subject_column, subjects, key, segment_bytes } = input;
  if (schema === null) return null;
  const column = subjectColumn(schema, subject_column);
  const match = matchRefs(column.name, column.type, subjects, key);
  const index = indexOfKept(store, input);
  let segments: TextRedaction["segments"] = null;
  try {
    let outcome: Pick<TextRedaction, "rows_read" | "rows_removed" | "object"> | null;
    if (source.format === "parquet") {
      const columns = [column.name];
      const kept = (chunk: ColumnChunk) => index?.look(chunk);
      outcome = await redactParquet(store, { source, target, schema, columns, match, kept });
      if (outcome?.object && segment_bytes !== undefined)
        segments = await parquetSegments(store, { target, segment_bytes, schema }, outcome.object);
    } else {
      const issues = new IssueLog();
      const chunk_bytes = Math.min(WINDOW_BYTES, segment_bytes ?? WINDOW_BYTES);
      const rows = scanColumn(store, source, schema, column.name, issues, chunk_bytes);
      const kept = (chunk: ColumnChunk, dropped: Uint8Array | null) =>
        index?.look(withoutRows(chunk, dropped).chunk);
      const sound = () => issues.count === 0;
      const about = { source, target, segment_bytes, match, kept, sound };
      const redacted = await redactText(store, rows, about);
      segments = redacted?.segments ?? null;
      outcome = redacted;
    }
    if (outcome === null) return null;
    const { rows_read, rows_removed, object } = outcome;
    if (object === null) return { kind: "clear", rows_read };
    const subject_index = (await index?.write()) ?? null;
    return { kind: "redacted", object, rows_read, rows_removed, subject_index, segments };
  } catch (error) {
    await store.delete([target]);
    if (error instanceof NotATableError) return null;
    throw error;
  }
};

/** The index of the rows that stay, if one is wanted. */
const indexOfKept = (store: ObjectStore, { schema, subject_column, key, index_target }: Input) => {
  if (index_target === undefined || schema === null) return null;
  const column = subjectColumn(schema, subject_column);
  const builder = new IndexBuilder();
  const tracked = { column: column.name, key, watched: [] };
  const tracker = subjectTracker(tracked, (first, second) => builder.add(first, second));
  return {
    look: tracker.look,
    write: (): Promise<SubjectIndexRef> => writeIndex(store, index_target, column, builder),
  };
};

const redactLoose = async (store: DigestingStore, input: Input): Promise<Redacted> => {
  const { source, target, subjects, key } = input;
  if (source.format === "parquet") return redactLooseParquet(store, input);
  try {
    const { rows, match } = scanLoosely(store, source, subjects, key);
    const redacted = await redactText(store, rows, { source, target, match, sound: () => true });
    if (redacted === null || redacted.object === null) {
      return { kind: "clear", rows_read: source.rows };
    }
    // Of CSV the first row that is left is the header now, whatever it was.
    const header = isRowsOnly(source) ? 0 : 1;
    const { rows_removed } = redacted;
    const left = Math.max(0, redacted.rows_read - rows_removed - header);
    const object = { ...redacted.object, rows: left };
    return {
      kind: "redacted",
      object,
      rows_read: redacted.rows_read,
      rows_removed,
      subject_index: null,
      segments: null,
    };
  } catch (error) {
    if (!(error instanceof UnreadableError || error instanceof NotATableError)) throw error;
    return unreadable(await standsInFile(store, source, subjects));
  }
};

const unreadable = (contains: boolean): Redacted => ({ kind: "unreadable", contains });

const redactLooseParquet = async (store: DigestingStore, input: Input): Promise<Redacted> => {
  const { source, target, subjects, key } = input;
  const schema = await orNull(() => ownSchema(store, source));
  if (schema === null) return unreadable(await holdsAnywhere(store, source, subjects, key));
  const match = matchAnyColumn(subjects, key);
  const columns = Object.keys(schema);
  const outcome = await redactParquet(store, { source, target, schema, columns, match });
  if (outcome === null) return unreadable(true);
  const { object, ...counts } = outcome;
  if (object === null) return { kind: "clear", rows_read: counts.rows_read };
  return { kind: "redacted", object, ...counts, subject_index: null, segments: null };
};

/** Damage is no failure of the store. */
export const orNull = async <Value>(work: () => Promise<Value | null>): Promise<Value | null> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotATableError) return null;
    throw error;
  }
};
