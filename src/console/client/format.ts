/** Figures and times as people read them. Times are shown in UTC, with the reader's own beside it. */

const NUMBER = new Intl.NumberFormat("en");

export const count = (value: number): string => NUMBER.format(value);

/** `1 dataset`, `2 datasets`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

export const bytes = (value: number): string => {
  let [left, unit] = [value, 0];
  while (left >= 1000 && unit < UNITS.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? left : left.toPrecision(3)} ${UNITS[unit]}`;
};

/** `2026-11-29 21:05:10 UTC`; what is no time stays as it is. */
export const utc = (time: string): string => {
  const at = Date.parse(time);
  return Number.isNaN(at)
    ? time
    : `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
};

/** By the reader's own clock and calendar. */
export const local = (time: string): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" }).format(
    Date.parse(time),
  );

/** What was typed by the reader's clock, as a moment; what is no time stays as it is. */
export const moment = (typed: string): string => {
  const at = Date.parse(typed);
  return Number.isNaN(at) ? typed : new Date(at).toISOString();
};

const STEPS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** `in 3 days`, `2 hours ago`, `just now`; whole units, rounded towards now. */
export const relative = (time: string, now: number): string => {
  const away = Date.parse(time) - now;
  for (const [unit, ms] of STEPS) {
    const whole = Math.trunc(Math.abs(away) / ms);
    if (whole > 0) return away < 0 ? `${plural(whole, unit)} ago` : `in ${plural(whole, unit)}`;
  }
  return away > 0 ? "in a moment" : "just now";
};

/** So many days of 24 hours from a moment. */
export const afterDays = (now: number, days: number): string =>
  new Date(now + days * 86_400_000).toISOString();

/** How close a deadline is: red when it is over, amber in its last week. */
export const urgency = (deadline: string, now: number): "overdue" | "soon" | "later" => {
  const left = Date.parse(deadline) - now;
  if (left <= 0) return "overdue";
  return left < 7 * 86_400_000 ? "soon" : "later";
};

/** `contract_not_approved` and `PascalCase` as words. */
export const words = (name: string): string =>
  name
    .replaceAll("_", " ")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
