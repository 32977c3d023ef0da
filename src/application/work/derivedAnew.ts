/**
 * What was derived of a batch, made without the rows of a person: from the file they were taken out
 * of, by the rules it was made under, or, where that file is lost, from what had been derived of it.
 */
import { violates } from "../../domain/batch/anonymity.ts";
import type { DerivedRun, Publication } from "../../domain/batch/events.ts";
import type { KAnonymityFinding } from "../../domain/rules/kAnonymity.ts";
import type { ObjectRef, Schema } from "../../domain/table.ts";
import { BrokenSealError, type DataPlane, MissingObjectError } from "../dataPorts.ts";
import type { HashedTables, RedactPlan } from "../erasePlans.ts";
import type { DerivedTable, SubjectPlane } from "../subjectPorts.ts";
import { publicationOf, refineInput, runOf } from "./workshop.ts";

export interface Derived {
  readonly run: DerivedRun | null;
  readonly publication: Omit<Publication, "published_at"> | null;
  /** How it would single somebody out, when it would: then it is not published any more. */
  readonly violated: KAnonymityFinding | null;
}

const NOTHING_DERIVED: Derived = { run: null, publication: null, violated: null };

/** By the rules it was made under; nothing where they do not fit the file any more. */
export const deriveAnew = async (
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
  return publishedOf({ object, schema }, run, publish, data);
};

type Publish = NonNullable<RedactPlan["derive"]>["publish"];

const publishedOf = async (
  made: { readonly object: ObjectRef; readonly schema: Schema },
  run: DerivedRun | null,
  publish: Publish,
  data: DataPlane,
): Promise<Derived> => {
  if (publish === null) return { ...NOTHING_DERIVED, run };
  const { published_key, csv_key } = publish;
  const publication = await publicationOf(data, made, publish, published_key);
  if (violates(publication)) return { run, publication: null, violated: publication.k_anonymity };
  return { run, publication: await exported(publication, csv_key, data), violated: null };
};

/**
 * The file is lost: what the privacy run made of it, or else what was published of it, is taken for
 * it, where a person can be told from others in that. Else nothing.
 */
export const keptWithout = async (
  { derive, salvage }: RedactPlan,
  data: DataPlane,
  subjects: SubjectPlane,
): Promise<Derived> => {
  if (derive === null || salvage === null) return NOTHING_DERIVED;
  const { clean, publish } = derive;
  const source = clean?.source ?? publish?.sources.find(({ format }) => format === "parquet");
  const target = clean?.target ?? publish?.gate?.pass_key ?? publish?.published_key;
  const tables = [...salvage.tables, ...hashedTables(salvage.hashed, subjects)];
  const table = tables.find((one) => one.source.key === source?.key);
  if (table === undefined || target === undefined) return NOTHING_DERIVED;
  try {
    const left = await subjects.redactTable({ ...table, target });
    const object = left.kind === "clear" ? table.source : left.object;
    const run = salvage.run && { ...salvage.run, object };
    return await publishedOf({ object, schema: table.schema }, run, publish, data);
  } catch (error) {
    unreadable(error);
    return NOTHING_DERIVED;
  }
};

/** The store says that it is not there, or it does not open under its key. */
export const unreadable = (error: unknown): "missing" | "unreadable" => {
  if (error instanceof MissingObjectError) return "missing";
  if (error instanceof BrokenSealError) return "unreadable";
  throw error;
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

/**
 * None where one id may have several hashes: what was derived anew has only its raw object to prove
 * it.
 */
export const hashedTables = (
  hashed: HashedTables | null,
  subjects: SubjectPlane,
): readonly DerivedTable[] => {
  if (hashed === null) return [];
  const texts = subjects.hashedTexts(hashed.subject_ids, hashed.type, hashed.hash_key);
  if (texts === null) return [];
  return hashed.tables.map((table) => ({ ...table, values: { kind: "texts", texts } }));
};
