/** What the directory holds after some events, by folding each of their streams from its start. */
import { foldOf } from "../../src/application/aggregates.ts";
import { directoryEntry } from "../../src/application/directoryEntry.ts";
import type { PastEntry, StoredEvent } from "../../src/application/ports.ts";
import type { StreamName } from "../../src/domain/ids.ts";

export const listedAfter = (events: readonly StoredEvent[]): readonly PastEntry[] => {
  const states = new Map<StreamName, unknown>();
  for (const event of events) {
    const { initialState, evolve } = foldOf(event.stream);
    states.set(event.stream, evolve(states.get(event.stream) ?? initialState, event));
  }
  return [...states].flatMap(([stream, state]) => {
    const entry = directoryEntry(stream, state);
    if (entry === null) return [];
    const { kind, id, status, due_at, flagged } = entry;
    return [{ kind, id, status, due_at, flagged }];
  });
};
