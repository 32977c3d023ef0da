/**
 * What a batch is rewritten from and to when a person's rows are taken out of it. The file as it was
 * appended is redacted; rejected rows lose the same lines; everything else is derived anew from the
 * redacted file by the rules it was made under, so that it holds whatever strategy the subject's
 * column went through.
 */
import { type Batch, progressOf, tablesOf } from "../domain/batch/batch.ts";
import type { PrivacyRun, Publication, QualityCheck } from "../domain/batch/events.ts";
import { protecting, strategyOf } from "../domain/batch/protection.ts";
import { invariant, ok, type Result } from "../domain/decider.ts";
import { lookedOnceMore } from "../domain/deletion/missed.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Format, ObjectRef, Schema } from "../domain/table.ts";
import type { BatchToVerify, RedactPlan, Rewrite } from "./erasePlans.ts";
import {
  cleanKey,
  hashesKey,
  publishedKey,
  quarantineKey,
  rawKey,
  subjectIndexKey,
} from "./objectKeys.ts";
import { type Erasing, stepOf, subjectSet } from "./planErase.ts";
import { checkedRules, passing, refineOf } from "./planRefine.ts";
import type { Planned, Subject } from "./planWork.ts";
import { gateOf, peopleIn } from "./publicationGate.ts";
import type { SubjectTable } from "./subjectPorts.ts";

const tableOf = ({ batch, dataset }: Subject, erasing: Erasing): SubjectTable => {
  invariant(dataset.subject_column !== null, "a batch that was looked at names its subjects");
  return {
    source: batch.raw,
    schema: batch.schema,
    subject_column: dataset.subject_column,
    subjects: subjectSet(erasing),
    key: erasing.planner.keyring().pseudonymKey(),
  };
};

export const planRedaction = (subject: Subject, erasing: Erasing): Result<Planned, Rejection> => {
  const { batch, lake } = subject;
  const { attempt_id, limits, now } = erasing.planner;
  const { lake_id } = lake;
  const { batch_id, dataset, raw, schema, segments } = batch;
  const place = [lake_id, batch_id, batch.revision + 1, attempt_id] as const;
  const target = rawKey(...place, raw.format);
  const index_target = subjectIndexKey(...place);
  const derive = schema === null ? null : derivationOf(subject, schema, erasing);
  const rehash = schema === null ? null : rehashOf(subject, schema, erasing, place);
  const rejected = schema === null ? [] : rejectedIn(batch, place);
  const before = erasing.erasure.missed.find((known) => known.batch_id === batch_id);
  const step: RedactPlan = {
    kind: "redact",
    dataset,
    batch_id,
    raw: {
      ...tableOf(subject, erasing),
      target,
      // Of what fits no schema there is none.
      ...(schema === null ? {} : { index_target }),
      ...(segments === null ? {} : { segment_bytes: limits.segment_bytes }),
    },
    rejected,
    derive,
    rehash,
    looked_for: lookedOnceMore(before ?? null, now),
    lost_before: batch.raw_lost,
    salvage: derive && salvageOf(batch, tableOf(subject, erasing), erasing),
    objects: tablesOf(batch),
  };
  const writes = [
    target,
    index_target,
    ...rejected.map((lines) => lines.target),
    derive?.clean?.target,
    derive?.publish?.published_key,
    derive?.publish?.csv_key,
    derive?.publish?.gate?.pass_key,
    rehash?.hashes_key,
    ...(derive ? passing(derive.refine) : []),
    ...(rehash ? passing(rehash.refine) : []),
  ].filter((key) => key != null);
  const { revision, progress } = batch;
  const expects: Planned["expects"] = [{ batch_id, revision, status: progress.status }];
  return ok(stepOf(erasing, step, { writes, expects }));
};

type Place = Readonly<Parameters<typeof cleanKey>>;

const checksOf = (batch: Batch): readonly QualityCheck[] => {
  const { contract, request } = progressOf(batch).quality;
  return [contract, request].filter((check) => check !== null);
};

const rejectedIn = (batch: Batch, [lake, id, revision, attempt]: Place): readonly Rewrite[] =>
  checksOf(batch).flatMap(({ quarantine, source }) =>
    quarantine === null
      ? []
      : [
          {
            source: quarantine,
            target: quarantineKey(lake, id, revision, `${attempt}-${source}`),
          },
        ],
  );

/** As its contract's check has made them. */
const rehashOf = (
  subject: Subject,
  schema: Schema,
  { planner }: Erasing,
  place: Place,
): RedactPlan["rehash"] => {
  const check = progressOf(subject.batch).quality.contract;
  if (!check?.unique?.hashes) return null;
  const { rules: quality, checked_at: now } = check;
  const which = { until: check.unique.as_of };
  const refine = refineOf(subject, planner, { schema, quality, privacy: {}, now, which });
  return { refine, hashes_key: hashesKey(...place) };
};

/** By the rules it was made under, as of the moment it was checked. */
const derivationOf = (
  subject: Subject,
  schema: Schema,
  { planner }: Erasing,
): RedactPlan["derive"] => {
  const { batch, lake } = subject;
  const progress = progressOf(batch);
  const published = progress.status === "published" ? progress.publication : null;
  const run = "privacy" in progress ? progress.privacy : null;
  if (published === null && run === null) return null;
  const place = [lake.lake_id, batch.batch_id, batch.revision + 1, planner.attempt_id] as const;
  const clean_key = run === null ? null : cleanKey(...place);
  const { rules: quality, now, which } = checkedRules(subject, planner.now);
  const published_at = (format: Format) => {
    const [lake_id, batch_id, revision, attempt] = place;
    return publishedKey(lake_id, batch.dataset, batch_id, revision, attempt, format);
  };
  const rules = { schema, quality, privacy: run?.rules ?? {}, now, which };
  return {
    refine: refineOf(asMade(subject, run), planner, rules),
    clean: run === null || clean_key === null ? null : { source: run.object, target: clean_key },
    requested_privacy: run?.requested ?? {},
    publish: published && {
      sources: published.objects,
      published_key: published_at("parquet"),
      csv_key: published.objects.some(({ format }) => format === "csv")
        ? published_at("csv")
        : null,
      gate: gateOf(published, peopleCounted(published, subject, run), clean_key, ...place),
      newest_of: Object.keys(published.newest),
      as_of: published.published_at,
    },
  };
};

/** By whom groups are counted again: as they were counted when it was published. */
const peopleCounted = (
  { k_anonymity, schema }: Publication,
  { dataset }: Subject,
  run: Pick<PrivacyRun, "rules"> | null,
): string | null =>
  k_anonymity?.counted === "people" ? peopleIn(dataset, schema, run?.rules ?? {}) : null;

/**
 * What a run has shifted and blurred before the dataset named its persons went by no person, and is
 * made so again: a replay is what derives it by them.
 */
const asMade = (
  subject: Subject,
  run: Pick<PrivacyRun, "anonymized_at"> | null,
): Pick<Subject, "batch" | "dataset" | "lake"> => {
  const { dataset } = subject;
  const since = dataset.subject_column_since;
  if (run === null || since === null || run.anonymized_at >= since) return subject;
  return { ...subject, dataset: { ...dataset, subject_column: null } };
};

/** What was derived of the batch, should its file be lost. */
const salvageOf = (batch: Batch, table: SubjectTable, erasing: Erasing): RedactPlan["salvage"] => {
  const progress = progressOf(batch);
  const known = "privacy" in progress ? progress.privacy : null;
  const run = known && {
    rules: known.rules,
    requested: known.requested,
    report: known.report,
    schema: known.schema,
  };
  return { ...derivedTables(batch, table, erasing), run };
};

export const toVerify = (subject: Subject, erasing: Erasing): BatchToVerify => {
  const { batch, lake } = subject;
  const { batch_id } = batch;
  const place = [lake.lake_id, batch_id, batch.revision + 1, erasing.planner.attempt_id] as const;
  const rejected = batch.schema === null ? [] : rejectedIn(batch, place);
  const raw = tableOf(subject, erasing);
  const { raw_lost } = batch;
  return { batch_id, raw, rejected, raw_lost, ...derivedTables(batch, raw, erasing) };
};

/**
 * Derived objects in which a person can be told from others: the subject's column is what it was, or
 * a hash of it. Every other strategy gives the same value to several people, or loses it.
 */
const derivedTables = (
  batch: Batch,
  { subject_column: column, subjects, key }: SubjectTable,
  { planner }: Erasing,
): Pick<BatchToVerify, "tables" | "hashed"> => {
  const progress = progressOf(batch);
  const run = "privacy" in progress ? progress.privacy : null;
  const published = progress.status === "published" ? progress.publication : null;
  const objects: readonly (readonly [ObjectRef, Schema])[] = [
    ...(run ? [[run.object, run.schema] as const] : []),
    ...(published?.objects ?? []).map((object) => [object, published?.schema ?? {}] as const),
  ];
  const tables = objects
    .filter(([, schema]) => Object.hasOwn(schema, column))
    .map(([source, schema]) => ({ source, schema, column }));
  const rules = protecting(run?.rules ?? {});
  if (!Object.hasOwn(rules, column)) {
    const values = { kind: "refs", subjects, key } as const;
    return { tables: tables.map((table) => ({ ...table, values })), hashed: null };
  }
  const type = batch.schema?.[column];
  const { subject_ids } = subjects;
  if (strategyOf(rules[column]) !== "hash" || type === undefined || subject_ids.length === 0) {
    return { tables: [], hashed: null };
  }
  const hash_key = planner.keyring().privacyKeys(batch.dataset).hash;
  return { tables: [], hashed: { tables, subject_ids, type, hash_key } };
};
