/**
 * A batch without the rows of a person. New objects are written beside the old ones; the record
 * switches to all of them at once, and what it does not name is deleted.
 */
import { violates } from "../../domain/batch/anonymity.ts";
import type { RedactBatch } from "../../domain/batch/commands.ts";
import type { DerivedRun, Publication, ReplacedObject } from "../../domain/batch/events.ts";
import type { ErasureStep } from "../../domain/deletion/erasure.ts";
import { isLost } from "../../domain/deletion/missed.ts";
import type { KAnonymityFinding } from "../../domain/rules/kAnonymity.ts";
import type { UniqueHashes } from "../../domain/rules/uniqueScope.ts";
import type { ObjectRef } from "../../domain/table.ts";
import { BrokenSealError, type DataPlane, MissingObjectError } from "../dataPorts.ts";
import type { ErasePlan, RedactPlan, Rewrite, VerifyPlan } from "../erasePlans.ts";
import type { DerivedTable, Redacted, SubjectPlane, SubjectTable } from "../subjectPorts.ts";
import { type Outcome, publicationOf, type Recorder, refineInput, runOf } from "./workshop.ts";

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
  const raw = await redactRaw(step, subjects);
  if (raw.kind === "clear" || (raw.kind === "unreadable" && !raw.contains)) {
    const clear = { kind: "opened", batch_id, dataset, outcome: "clear", rows_removed: 0 } as const;
    return record({ type: "NoteErasureStep", deletion_id, at_version, step: clear });
  }
  const objects = step.objects.map(dropped);
  if (raw.kind === "unreadable") {
    return recorded({ kind: "destroyed", reason: "unreadable", looked_for: null, objects });
  }
  if (raw.kind === "not_had") {
    const { looked_for } = step;
    if (isLost(looked_for)) {
      return recorded({ kind: "destroyed", reason: raw.reason, looked_for, objects });
    }
    const missed = { kind: "missed", batch_id, dataset, at: looked_for.last_at } as const;
    return record({ type: "NoteErasureStep", deletion_id, at_version, step: missed });
  }
  const replaced = new Map<string, ReplacedObject>();
  const replace = (from: ObjectRef, to: ObjectRef | null, rows_removed: number) =>
    replaced.set(from.key, { from, to, rows_removed });
  replace(step.raw.source, raw.object, raw.rows_removed);
  for (const lines of step.rejected) {
    const left = await redactLines(lines, step.raw, subjects);
    replace(lines.source, left.object, left.rows_removed);
  }
  const derived = await deriveAnew(step, raw.object, data);
  const { run, publication, violated } = derived;
  const hashes = await hashAnew(step, raw.object, data);
  for (const old of step.objects) {
    if (replaced.has(old.key)) continue;
    const to = successorOf(old, step, derived);
    replace(old, to, to === null ? old.rows : Math.max(0, old.rows - to.rows));
  }
  return recorded({
    kind: "redacted",
    rows_removed: raw.rows_removed,
    objects: step.objects.flatMap(({ key }) => replaced.get(key) ?? []),
    segments: raw.segments,
    subject_index: raw.subject_index,
    hashes,
    run,
    publication,
    violated,
  });
};

const dropped = (from: ObjectRef): ReplacedObject => ({ from, to: null, rows_removed: from.rows });

/** The store says that it is not there, or it does not open under its key. */
const unreadable = (error: unknown): "missing" | "unreadable" => {
  if (error instanceof MissingObjectError) return "missing";
  if (error instanceof BrokenSealError) return "unreadable";
  throw error;
};

const redactRaw = async (
  { raw }: RedactPlan,
  subjects: SubjectPlane,
): Promise<Redacted | { readonly kind: "not_had"; readonly reason: "missing" | "unreadable" }> => {
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

interface Derived {
  readonly run: DerivedRun | null;
  readonly publication: Omit<Publication, "published_at"> | null;
  /** How it would single somebody out, when it would: then it is not published any more. */
  readonly violated: KAnonymityFinding | null;
}

const NOTHING_DERIVED: Derived = { run: null, publication: null, violated: null };

/** By the rules it was made under; nothing where they do not fit the file any more. */
const deriveAnew = async (
  { derive }: RedactPlan,
  source: ObjectRef,
  data: DataPlane,
): Promise<Derived> => {
  if (derive === null) return NOTHING_DERIVED;
  const { clean, publish, requested_privacy } = derive;
  const refine = { ...derive.refine, source };
  const written = clean?.target ?? publish?.gate?.pass_key ?? publish?.published_key;
  const refined = await data.refine(refineInput(refine, written ? { clean_key: written } : {}));
  if (!refined.ok || refined.value.clean === undefined) return NOTHING_DERIVED;
  const { clean: object, clean_schema: schema } = refined.value;
  const run = clean === null ? null : runOf(refine, requested_privacy, refined.value);
  if (publish === null) return { ...NOTHING_DERIVED, run };
  const { published_key, csv_key } = publish;
  const publication = await publicationOf(data, { object, schema }, publish, published_key);
  if (violates(publication)) return { run, publication: null, violated: publication.k_anonymity };
  return { run, publication: await exported(publication, csv_key, data), violated: null };
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

const exported = async (
  publication: Omit<Publication, "published_at">,
  csv_key: string | null,
  data: DataPlane,
): Promise<Omit<Publication, "published_at">> => {
  const [parquet] = publication.objects;
  if (csv_key === null || parquet === undefined) return publication;
  const csv = await data.exportCsv(parquet, publication.schema, csv_key);
  return { ...publication, objects: [...publication.objects, csv] };
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

/** Reads everything the batch is made of now, and counts what is left of the subject. */
export const verifyBatch = async (
  { batch_id, raw, rejected, tables, hashed }: VerifyPlan,
  subjects: SubjectPlane,
): Promise<ErasureStep> => {
  let [objects, rows_read, rows_found] = [0, 0, 0];
  const count = (read: { readonly rows_read: number }, found: number) => {
    objects += 1;
    rows_read += read.rows_read;
    rows_found += found;
  };
  for (const table of [raw, ...tables, ...hashedTables(hashed, subjects)]) {
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

/** None where one id has several hashes: what was derived anew has only its raw object to prove it. */
const hashedTables = (
  hashed: VerifyPlan["hashed"],
  subjects: SubjectPlane,
): readonly DerivedTable[] => {
  if (hashed === null) return [];
  const texts = subjects.hashedTexts(hashed.subject_ids, hashed.type, hashed.hash_key);
  if (texts === null) return [];
  return hashed.tables.map((table) => ({ ...table, values: { kind: "texts", texts } }));
};
