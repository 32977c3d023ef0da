/**
 * The checks of a batch behind an erasure. They stand: what was found is found, but rejected rows
 * that were the person's are gone, and what is compared with other batches is made anew.
 */
import type { UniqueHashes } from "../rules/uniqueScope.ts";
import type { ObjectRef } from "../table.ts";
import type { Quality } from "./batch.ts";
import type { QualityCheck } from "./events.ts";
import type { Redaction, ReplacedObject } from "./redacted.ts";

/** What took the place of an object; null: nothing did. */
export const successorIn = (
  objects: readonly ReplacedObject[],
  { key }: ObjectRef,
): ObjectRef | null => objects.find(({ from }) => from.key === key)?.to ?? null;

export const rechecked = (
  { contract, request }: Quality,
  { objects, hashes }: Pick<Redaction, "objects" | "hashes">,
): Quality => ({
  contract: recheck(contract, objects, hashes),
  request: recheck(request, objects, null),
});

const recheck = (
  check: QualityCheck | null,
  objects: readonly ReplacedObject[],
  hashes: UniqueHashes | null,
): QualityCheck | null => {
  if (check === null) return null;
  const quarantine = check.quarantine && successorIn(objects, check.quarantine);
  const diverted_rows = Math.min(check.diverted_rows, quarantine?.rows ?? 0);
  const unique = check.unique ? { unique: { ...check.unique, hashes } } : {};
  return { ...check, quarantine, diverted_rows, ...unique };
};

/** By its contract or by a request, whichever was checked last; null: it never was. */
export const latestCheck = ({ contract, request }: Quality): QualityCheck | null => {
  const [latest = null] = [contract, request]
    .filter((check) => check !== null)
    .sort((a, b) => (a.checked_at < b.checked_at ? 1 : -1));
  return latest;
};
