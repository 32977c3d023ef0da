/**
 * Where in the data of events keys of objects stand, as of their present versions: a log that comes
 * from elsewhere may name those of its own lake and no others. Places are named one by one, for a
 * member of another kind may be called `key` too: a column of a schema, say.
 */

/** Of what a privacy run came to. */
const RUN = ["object.key"];
const CHECK = ["quarantine.key", "unique.hashes.key"];
const REPLACED = ["objects.*.from.key", "objects.*.to.key"];
/** Of what closes an erasure: keys by themselves. */
const ERASED = ["objects.*.from", "objects.*.to"];

/** Of a segment. */
const PARTS = ["clean_part", "quarantine_part", "seen_part", "subjects_part", "hash_part"];

/** An item of a list is `*`. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  DataAppended: ["object.key", "subject_index.key"],
  QualityCheckPassed: CHECK,
  QualityCheckFailed: CHECK,
  DataAnonymized: RUN,
  PrivacyRunProposed: RUN,
  DataPublished: ["objects.*.key"],
  DataExported: ["object.key"],
  BatchWorkProgressed: [
    "result.object.key",
    ...PARTS.map((part) => `result.result.${part}.key`),
    // Where a pass was to write, for whoever makes it once more.
    ...PARTS.map((part) => `result.result.quality.parts.${part}`),
  ],
  BatchDerived: [
    ...CHECK.map((place) => `result.check.${place}`),
    ...RUN.map((place) => `result.run.${place}`),
    "result.publication.objects.*.key",
  ],
  BatchRedacted: [
    ...REPLACED,
    "subject_index.key",
    "hashes.key",
    ...RUN.map((place) => `run.${place}`),
    "publication.objects.*.key",
  ],
  BatchDestroyed: REPLACED,
  GDPRDeletionCompleted: ERASED,
  GDPRDeletionRemainderErased: ERASED,
  GDPRDeletionReapplied: ERASED,
  SubjectAccessCollected: ["part.key"],
  SubjectAccessCompleted: ["file.key"],
};

/** What stands in these places, but for what is null or left out. */
export const keysIn = (type: string, data: Readonly<Record<string, unknown>>): readonly unknown[] =>
  (Object.hasOwn(PLACES, type) ? (PLACES[type] ?? []) : []).flatMap((place) =>
    valuesAt(data, place.split(".")),
  );

const valuesAt = (value: unknown, [member, ...rest]: readonly string[]): readonly unknown[] => {
  if (value === null || value === undefined) return [];
  if (member === undefined) return [value];
  if (member === "*") {
    return Array.isArray(value) ? value.flatMap((item) => valuesAt(item, rest)) : [];
  }
  const inner = Object.entries(value).find(([name]) => name === member)?.[1];
  return valuesAt(inner, rest);
};
