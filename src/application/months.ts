/** Calendar days and months in UTC, as reports have them: `YYYY-MM-DD` and `YYYY-MM`. */

/** Of a time, RFC 3339 in UTC, or of a day. */
export const dayOf = (time: string): string => time.slice(0, "YYYY-MM-DD".length);
export const monthOf = (time: string): string => time.slice(0, "YYYY-MM".length);

/** Months since the year 0. */
export const monthNumber = (month: string): number => {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return year * 12 + number - 1;
};

export const monthText = (number: number): string =>
  `${String(Math.floor(number / 12)).padStart(4, "0")}-${String((number % 12) + 1).padStart(2, "0")}`;

/** So many months, in order, that end with `month`. */
export const monthsUntil = (month: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => monthText(monthNumber(month) - count + 1 + at));

/** First moments of a month and of the one behind it. */
export const boundsOf = (month: string): { readonly from: string; readonly until: string } => {
  const from = new Date(`${month}-01T00:00:00.000Z`);
  const until = new Date(from);
  until.setUTCMonth(until.getUTCMonth() + 1);
  return { from: from.toISOString(), until: until.toISOString() };
};

/** The month before the one of `at`. */
export const monthBefore = (at: Date): string =>
  monthText(monthNumber(monthOf(at.toISOString())) - 1);

/** Whether the month has ended. */
export const isOver = (month: string, at: Date): boolean => month < monthOf(at.toISOString());

/** So long after a month's end its last events have come in, also of a lake that was held up. */
export const MONTH_SETTLES_MS = 3 * 60 * 60 * 1000;

/** So long after its end a month's report waits for lakes of which the reports lack something. */
export const MONTH_WAITS_MS = 3 * 24 * 60 * 60 * 1000;

/** When the report of a month (YYYY-MM) waits no longer. */
export const waitsUntil = (month: string): Date =>
  new Date(Date.parse(boundsOf(month).until) + MONTH_WAITS_MS);

/** The last month that has ended and settled. */
export const settledMonth = (at: Date): string =>
  monthBefore(new Date(at.getTime() - MONTH_SETTLES_MS));
