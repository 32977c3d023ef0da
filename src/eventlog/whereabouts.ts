/** What the object of a lake's name knows of a lake that is in a jurisdiction: which. */
import { JURISDICTIONS, type Jurisdiction } from "../domain/residency.ts";

const KEY = "jurisdiction";

/** Null when the lake is here, or nowhere. */
export const elsewhere = (storage: DurableObjectStorage): Jurisdiction | null => {
  const kept = storage.kv.get(KEY);
  return JURISDICTIONS.find((each) => each === kept) ?? null;
};

/** Written once: the first jurisdiction is the one. */
export const keepElsewhere = (storage: DurableObjectStorage, at: Jurisdiction): Jurisdiction => {
  const kept = elsewhere(storage);
  if (kept === null) storage.kv.put(KEY, at);
  return kept ?? at;
};
