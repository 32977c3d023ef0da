/**
 * An upload for an encrypted dataset lies in clear until a batch has taken it over; from then on it
 * is owed its deletion. What came under the same name since is another file and stays.
 */

import { reader } from "./commands.ts";
import type { ObjectStore } from "./dataPorts.ts";
import { landingKey } from "./objectKeys.ts";
import type { Duty, EventLog, PendingDuty, StoredEvent } from "./ports.ts";

/** Inside the transaction that records the events: the deletions that they make due. */
export const takenUploads = (log: EventLog, events: readonly StoredEvent[]): readonly Duty[] => {
  const read = reader(log);
  const lake = read.lake();
  if (lake.status === "absent") return [];
  return events.flatMap(({ type, stream, event_id, recorded_at }): readonly Duty[] => {
    if (type !== "DataAppended") return [];
    const state = read.batch(stream.slice("batch/".length));
    if (state.status !== "held") return [];
    const dataset = read.dataset(state.batch.dataset);
    if (dataset.status === "absent" || !dataset.encryption_enabled) return [];
    const keys = [landingKey(lake.lake_id, state.batch.file_url)];
    const payload = { keys, uploaded_until: recorded_at };
    return [{ kind: "delete_objects", ref: event_id, due_at: recorded_at, payload }];
  });
};

/** Of the objects a duty is to delete those that are still the ones it was put for. */
export const stillOwed = async (
  store: ObjectStore,
  { payload: { uploaded_until } }: PendingDuty,
  keys: readonly string[],
): Promise<readonly string[]> => {
  if (typeof uploaded_until !== "string") return keys;
  const until = Date.parse(uploaded_until);
  const found = await Promise.all(keys.map((key) => store.head(key)));
  return keys.filter((_, at) => (found[at]?.uploaded_at.getTime() ?? 0) <= until);
};
