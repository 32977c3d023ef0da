/**
 * How a report writes numbers, times and durations: English, UTC, the same on every machine. What
 * is not known is a dash with a word for those who hear it.
 */
import { type Html, html } from "./html.ts";

const NUMBER = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const PERCENT = new Intl.NumberFormat("en-GB", {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const count = (value: number): string => NUMBER.format(value);

/** `part` of `whole`, to a tenth of a percent; null when there is no whole. */
export const share = (part: number, whole: number): string | null =>
  whole === 0 ? null : PERCENT.format(part / whole);

/** One thing or several of them: `1 request`, `2 requests`. */
export const many = (value: number, one: string, more = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : more}`;

export const unknown: Html = html`<span class="unknown" aria-label="none">–</span>`;

/** The value, or a dash. */
export const known = (value: string | number | null): string | Html => {
  if (value === null || value === "") return unknown;
  return typeof value === "number" ? count(value) : value;
};

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** In the two largest units: `12 d 4 h`, `3 h 20 min`, `40 s`. */
export const duration = (seconds: number | null): string | null => {
  if (seconds === null) return null;
  const whole = Math.round(seconds);
  if (whole < MINUTE_S) return `${whole} s`;
  if (whole < HOUR_S) return pair(whole, MINUTE_S, "min", 1, "s");
  const minutes = Math.round(whole / MINUTE_S) * MINUTE_S;
  if (minutes < DAY_S) return pair(minutes, HOUR_S, "h", MINUTE_S, "min");
  return pair(whole, DAY_S, "d", HOUR_S, "h");
};

const pair = (
  seconds: number,
  larger: number,
  largerName: string,
  smaller: number,
  smallerName: string,
): string => {
  const rounded = Math.round(seconds / smaller) * smaller;
  const rest = Math.floor((rounded % larger) / smaller);
  const first = `${count(Math.floor(rounded / larger))} ${largerName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallerName}`;
};

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** `November 2026` of 2026-11 or of anything that begins with it. */
export const monthName = (month: string): string =>
  `${MONTHS[Number(month.slice(5, 7)) - 1] ?? ""} ${month.slice(0, 4)}`;

/** `Nov 26`, for an axis. */
export const monthLabel = (month: string): string =>
  `${monthName(month).slice(0, 3)} ${month.slice(2, 4)}`;

/** `29 November 2026` of a day or a time (RFC 3339, UTC). */
export const date = (time: string): string => `${Number(time.slice(8, 10))} ${monthName(time)}`;

/** `29 November 2026, 00:41 UTC`. */
export const moment = (time: string): string => `${date(time)}, ${time.slice(11, 16)} UTC`;

/** `2026-11-29 00:41`, for a column of times that the heading calls UTC. */
export const stamp = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)}`;
