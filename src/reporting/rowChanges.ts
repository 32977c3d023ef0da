/**
 * What one event changes in the reports. A table of all the types the domain knows, so that a new
 * one does not compile until somebody has said what it means to them.
 */
import { idOf, type LakeEvents } from "../application/aggregates.ts";
import type { StoredEvent } from "../application/ports.ts";
import { BATCH_CHANGES } from "./changes/batches.ts";
import { CATALOG_CHANGES } from "./changes/catalog.ts";
import { type About, type ChangesOf, nothing, type RowChange } from "./changes/change.ts";
import { PEOPLE_CHANGES } from "./changes/people.ts";
import { REQUEST_CHANGES } from "./changes/requests.ts";

export type { RowChange } from "./changes/change.ts";

/**
 * The changes an event of the lake makes to the rollups. A type this code does not know makes none:
 * a newer lake may deliver to an older reporter.
 */
export const changesOf = (lake_id: string, event: StoredEvent): readonly RowChange[] => {
  const { type, data, dataset, recorded_at } = event;
  if (!Object.hasOwn(CHANGES, type)) return [];
  // The log's own promise: the type says what the data is.
  const change = CHANGES[type as keyof typeof CHANGES] as (
    data: unknown,
    about: About,
  ) => RowChange | readonly RowChange[] | null;
  const made = change(data, { lake_id, id: idOf(event.stream), dataset, recorded_at });
  if (made === null) return [];
  return "table" in made ? [made] : made;
};

const CHANGES: ChangesOf<LakeEvents["type"]> = {
  ...CATALOG_CHANGES,
  ...BATCH_CHANGES,
  ...REQUEST_CHANGES,
  ...PEOPLE_CHANGES,

  ReplayRequested: nothing,
  ReplayProgressed: nothing,
  ReplayOutdated: nothing,
  ReplayCompleted: nothing,
  ReplayCancelled: nothing,

  TokenIssued: nothing,
  TokenUsed: nothing,
  TokenRevoked: nothing,
};
