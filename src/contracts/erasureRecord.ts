/**
 * An erasure as it is on record outside of the lake's own database: what the lake has to know to
 * erase the same person again after its database was restored to an earlier moment. Events are
 * kept as they were written, with their version, and are upcast when they are read.
 */
import { z } from "zod";
import type { BatchId, DeletionId, SubjectRef } from "../domain/ids.ts";
import { COLUMN_TYPES } from "../domain/table.ts";
import { upcast, writtenVersion } from "./events.ts";
import { batchId, deletionId } from "./fields.ts";

const VERSION = 1;

type Data = Readonly<Record<string, unknown>>;

export interface RecordedEvent {
  readonly type: string;
  readonly data: Data;
}

export interface ErasureRecord {
  readonly lake_id: string;
  readonly deletion_id: DeletionId;
  readonly subject_ref: SubjectRef;
  /** By column type: under which the subject's rows are found. */
  readonly subject_refs: Readonly<Record<string, SubjectRef>>;
  /** What became of the batches, in the order of the log. */
  readonly batches: readonly (RecordedEvent & { readonly batch_id: BatchId })[];
  /** What closed the request, and what was withheld then and closed later. */
  readonly closings: readonly RecordedEvent[];
}

const subjectRef = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => text as SubjectRef);

const event = z.object({
  type: z.string(),
  schema_version: z.int().min(1),
  data: z.record(z.string(), z.unknown()),
});

const stored = z.object({
  version: z.literal(VERSION),
  lake_id: z.string(),
  deletion_id: deletionId,
  subject_ref: subjectRef,
  subject_refs: z.partialRecord(z.enum(COLUMN_TYPES), subjectRef),
  batches: z.array(event.extend({ batch_id: batchId })),
  closings: z.array(event).min(1),
});

const withVersion = <Event extends RecordedEvent>(recorded: Event) => ({
  ...recorded,
  schema_version: writtenVersion(recorded.type),
});

export const writeErasureRecord = ({ batches, closings, ...record }: ErasureRecord): string =>
  JSON.stringify({
    version: VERSION,
    ...record,
    batches: batches.map(withVersion),
    closings: closings.map(withVersion),
  });

/** Throws for a text that is no record, or one of a version this code does not know. */
export const readErasureRecord = (text: string): ErasureRecord => {
  const { version: _, batches, closings, ...record } = stored.parse(JSON.parse(text));
  const asOfNow = <Event extends RecordedEvent & { schema_version: number }>({
    schema_version,
    ...recorded
  }: Event) => ({ ...recorded, data: upcast(recorded.type, schema_version, recorded.data) });
  return { ...record, batches: batches.map(asOfNow), closings: closings.map(asOfNow) };
};
