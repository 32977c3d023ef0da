/**
 * The end of the log in memory: what was just appended is what the outbox and listeners ask for
 * next, and reading it back from the disk costs as much as writing it did.
 */
import type { EventFilter, StoredEvent } from "../application/ports.ts";

const MAX_RECENT_EVENTS = 2_000;
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
  let characters = 0;

  const forget = (): void => {
    events = [];
    characters = 0;
  };

  return {
    appended(event, length) {
      const full = events.length >= MAX_RECENT_EVENTS || characters > MAX_RECENT_CHARACTERS;
      if (full || event.seq !== (events.at(-1)?.seq ?? 0) + 1) forget();
      events.push(event);
      characters += length;
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
