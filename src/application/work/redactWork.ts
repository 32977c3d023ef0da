/**
 * A batch without the rows of a person. New objects are written beside the old ones; the record
 * switches to all of them at once, and what it does not name is deleted.
 */
import type { RedactBatch } from "../../domain/batch/commands.ts";
import type { ReplacedObject } from "../../domain/batch/redacted.ts";
import type { ErasureStep } from "../../domain/deletion/erasure.ts";
import { isLost } from "../../domain/deletion/missed.ts";
import type { UniqueHashes } from "../../domain/rules/uniqueScope.ts";
import type { ObjectRef } from "../../domain/table.ts";
import type { DataPlane } from "../dataPorts.ts";
import type { BatchToVerify, ErasePlan, RedactPlan, Rewrite, VerifyPlan } from "../erasePlans.ts";
import { inLanes } from "../lanes.ts";
import type { Redacted, SubjectPlane, SubjectTable } from "../subjectPorts.ts";
import { type Derived, deriveAnew, hashedTables, keptWithout, unreadable } from "./derivedAnew.ts";
import { type Outcome, type Recorder, refineInput } from "./workshop.ts";

interface Means {
  readonly record: Recorder;
  readonly data: DataPlane;
  readonly subjects: SubjectPlane;
}

/** Rewrites one batch and records what it came to. */
export const redactBatch = async (
  plan: ErasePlan,
  step: RedactPlan,
  { record, data, subjects }: Means,
): Outcome => {
  const { deletion_id, at_version } = plan;
  const { batch_id, dataset } = step;
  const recorded = (result: RedactBatch["result"]): Outcome =>
    record({ type: "RedactBatch", batch_id, deletion_id, at_version, result });
  const note = (noted: ErasureStep): Outcome =>
    record({ type: "NoteErasureStep", deletion_id, at_version, steps: [noted] });
  const clear = { kind: "opened", batch_id, dataset, outcome: "clear", rows_removed: 0 } as const;
  const raw = await redactRaw(step, subjects);
  if (raw.kind === "clear" || (raw.kind === "unreadable" && !raw.contains)) return note(clear);
  const objects = step.objects.map(dropped);
  if (raw.kind === "unreadable") {
    return recorded({ kind: "destroyed", reason: "unreadable", looked_for: null, objects });
  }
  const { looked_for, lost_before } = step;
  if (raw.kind === "not_had" && !lost_before && !isLost(looked_for)) {
    return note({ kind: "missed", batch_id, dataset, at: looked_for.last_at });
  }
  const derived = await (raw.kind === "redacted"
    ? deriveAnew(step, raw.object, data)
    : keptWithout(step, data, subjects));
  const { run, publication, violated } = derived;
  if (raw.kind === "not_had" && run === null && publication === null) {
    return recorded({ kind: "destroyed", reason: raw.reason, looked_for, objects });
  }
  const replaced = new Map<string, ReplacedObject>();
  const replace = (from: ObjectRef, to: ObjectRef | null, rows_removed: number) =>
    replaced.set(from.key, { from, to, rows_removed });
  if (raw.kind === "redacted") replace(step.raw.source, raw.object, raw.rows_removed);
  else replace(step.raw.source, null, 0);
  for (const lines of step.rejected) {
    const left = await redactLines(lines, step.raw, subjects);
    replace(lines.source, left.object, left.rows_removed);
  }
  const hashes = raw.kind === "redacted" ? await hashAnew(step, raw.object, data) : null;
  for (const old of step.objects) {
    if (replaced.has(old.key)) continue;
    const to = successorOf(old, step, derived);
    replace(old, to, to === null ? old.rows : Math.max(0, old.rows - to.rows));
  }
  const listed = step.objects.flatMap(({ key }) => replaced.get(key) ?? []);
  if (raw.kind === "redacted") {
    const { rows_removed, segments, subject_index } = raw;
    const made = { rows_removed, segments, subject_index, hashes, run, publication, violated };
    return recorded({ kind: "redacted", objects: listed, lost: null, ...made });
  }
  // Of a lost file nobody knows how many rows were theirs: what was derived of it tells.
  const rows_removed = Math.max(
    0,
    ...listed.map((object) => (object.to ? object.rows_removed : 0)),
  );
  if (lost_before && rows_removed === 0) return note(clear);
  const unknown = { segments: null, subject_index: null, hashes };
  const lost = lost_before ? null : looked_for;
  const made = { rows_removed, ...unknown, run, publication, violated };
  return recorded({ kind: "redacted", objects: listed, lost, ...made });
};

const dropped = (from: ObjectRef): ReplacedObject => ({ from, to: null, rows_removed: from.rows });

const redactRaw = async (
  { raw, lost_before }: RedactPlan,
  subjects: SubjectPlane,
): Promise<Redacted | { readonly kind: "not_had"; readonly reason: "missing" | "unreadable" }> => {
  if (lost_before) return { kind: "not_had", reason: "missing" };
  try {
    return await subjects.redactRaw(raw);
  } catch (error) {
    return { kind: "not_had", reason: unreadable(error) };
  }
};

/** What cannot be read is deleted: the batch does without it. */
const redactLines = async (
  { source, target }: Rewrite,
  { schema, ...table }: SubjectTable,
  subjects: SubjectPlane,
): Promise<{ readonly object: ObjectRef | null; readonly rows_removed: number }> => {
  const gone = { object: null, rows_removed: source.rows };
  if (schema === null) return gone;
  try {
    const left = await subjects.redactLines({ ...table, source, schema, target });
    return left.kind === "clear" ? { object: source, rows_removed: 0 } : left;
  } catch (error) {
    unreadable(error);
    return gone;
  }
};

const hashAnew = async (
  { rehash }: RedactPlan,
  source: ObjectRef,
  data: DataPlane,
): Promise<UniqueHashes | null> => {
  if (rehash === null) return null;
  const { hashes_key } = rehash;
  const refined = await data.refine(refineInput({ ...rehash.refine, source }, { hashes_key }));
  return refined.ok ? (refined.value.hashes ?? null) : null;
};

/** What takes an old object's place: nothing where it only awaited a decision. */
const successorOf = (
  { key, format }: ObjectRef,
  { derive }: RedactPlan,
  { run, publication }: Derived,
): ObjectRef | null => {
  if (derive?.clean?.source.key === key) return run?.object ?? null;
  if (!derive?.publish?.sources.some((source) => source.key === key)) return null;
  return publication?.objects.find((object) => object.format === format) ?? null;
};

/** Batches that are read beside each other. */
const READ_AT_ONCE = 4;

/** What was found in each batch of the plan, in its order; rejects once no other is read any more. */
export const verifyBatches = async (
  { batches }: VerifyPlan,
  subjects: SubjectPlane,
): Promise<readonly ErasureStep[]> => {
  const failures: unknown[] = [];
  const found = await inLanes(batches, READ_AT_ONCE, async (batch) => {
    try {
      return [await verifyBatch(batch, subjects)];
    } catch (error) {
      failures.push(error);
      return [];
    }
  });
  if (failures.length > 0) throw failures[0];
  return found.flat();
};

/** Reads everything the batch is made of now, and counts what is left of the subject. */
export const verifyBatch = async (
  { batch_id, raw, raw_lost, rejected, tables, hashed }: BatchToVerify,
  subjects: SubjectPlane,
): Promise<ErasureStep> => {
  let [objects, rows_read, rows_found] = [0, 0, 0];
  const count = (read: { readonly rows_read: number }, found: number) => {
    objects += 1;
    rows_read += read.rows_read;
    rows_found += found;
  };
  for (const table of [...(raw_lost ? [] : [raw]), ...tables, ...hashedTables(hashed, subjects)]) {
    const counted = await subjects.countRows(table);
    count(counted, counted.rows);
  }
  for (const { source, target } of rejected) {
    const { schema, ...table } = raw;
    if (schema === null) continue;
    const left = await subjects.redactLines({ ...table, source, schema, target });
    count(left, left.kind === "clear" ? 0 : left.rows_removed);
  }
  return { kind: "verified", batch_id, objects, rows_read, rows_found };
};
