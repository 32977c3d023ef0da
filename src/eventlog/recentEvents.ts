/**
 * The end of the log in memory: what was just appended is what the outbox and listeners ask for
 * next, and reading it back from the disk costs as much as writing it did.
 */
import type { EventFilter, StoredEvent } from "../application/ports.ts";

const MAX_RECENT_EVENTS = 4_000;
/** Of their data, as JSON. */
const MAX_RECENT_CHARACTERS = 2 * 1024 * 1024;

export interface RecentEvents {
  /** Directly behind the one before, or the memory begins anew with it. */
  appended(event: StoredEvent, characters: number): void;
  /** What the filter finds, or null when it asks for more than is remembered. */
  read(filter: EventFilter): readonly StoredEvent[] | null;
  /** After a rollback: what was remembered may not be there. */
  forget(): void;
}

export const recentEvents = (): RecentEvents => {
  let events: StoredEvent[] = [];
  /** Characters of each. */
  let sizes: number[] = [];
  let characters = 0;

  const forget = (): void => {
    events = [];
    sizes = [];
    characters = 0;
  };

  /** Half at a time, so that the rest is moved seldom. */
  const dropOlderHalf = (): void => {
    const half = Math.ceil(events.length / 2);
    events = events.slice(half);
    sizes = sizes.slice(half);
    characters = sizes.reduce((sum, size) => sum + size, 0);
  };

  return {
    appended(event, size) {
      if (event.seq !== (events.at(-1)?.seq ?? 0) + 1) forget();
      if (events.length >= MAX_RECENT_EVENTS || characters > MAX_RECENT_CHARACTERS) dropOlderHalf();
      events.push(event);
      sizes.push(size);
      characters += size;
    },

    read({ after, limit, ...conditions }) {
      const [first] = events;
      const anything = Object.values(conditions).every((value) => value === undefined);
      if (!anything || first === undefined || after < first.seq - 1) return null;
      const start = after - first.seq + 1;
      return events.slice(start, start + limit);
    },

    forget,
  };
};
