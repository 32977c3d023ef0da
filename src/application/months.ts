/** Calendar months in UTC, as reports have them: `YYYY-MM`. */

const monthOf = (at: Date): string => at.toISOString().slice(0, "YYYY-MM".length);

/** The month before the one of `at`. */
export const monthBefore = (at: Date): string =>
  monthOf(new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - 1, 1)));

/** Whether the month has ended. */
export const isOver = (month: string, at: Date): boolean => month < monthOf(at);

/** So long after a month's end its last events have come in, also of a lake that was held up. */
export const MONTH_SETTLES_MS = 3 * 60 * 60 * 1000;

/** So long after its end a month's report waits for lakes of which the reports lack something. */
export const MONTH_WAITS_MS = 3 * 24 * 60 * 60 * 1000;

/** When the report of a month (YYYY-MM) waits no longer. */
export const waitsUntil = (month: string): Date => {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 1) + MONTH_WAITS_MS);
};

/** The last month that has ended and settled. */
export const settledMonth = (at: Date): string =>
  monthBefore(new Date(at.getTime() - MONTH_SETTLES_MS));
