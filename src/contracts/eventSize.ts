/**
 * How large one event may be. The platform refuses a row over 2 MB, and only there: a database on a
 * developer's machine takes more. So Lethe refuses first, everywhere and before anything is done that
 * cannot be undone.
 */

/** Of its data as JSON in UTF-8; the rest of its row takes less than what is left of 2 MB. */
export const MAX_EVENT_BYTES = 1_900_000;

/** A code unit takes at most three bytes. */
const BYTES_PER_UNIT = 3;

/** Whether a text is too large for an event's data, or for another column of a row. */
export const isOversized = (json: string): boolean =>
  json.length * BYTES_PER_UNIT > MAX_EVENT_BYTES && Buffer.byteLength(json) > MAX_EVENT_BYTES;
