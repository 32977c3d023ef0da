/** Reports across lakes as pages show them: days and months without gaps, sums, spans of time. */
import { plural } from "./format.ts";

const DAY_MS = 86_400_000;

/** A day of the calendar (UTC), such as `2026-11-29`. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** So many days that end with the one of `now`, in order. */
export const daysUntil = (now: number, days: number): readonly string[] =>
  Array.from({ length: days }, (_, at) => dayOf(now - (days - 1 - at) * DAY_MS));

/** A month of the calendar (UTC) so many months from the one of `month` (`2026-11`). */
export const monthFrom = (month: string, away: number): string => {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + away)).toISOString().slice(0, 7);
};

export const isMonth = (text: string): boolean => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);

export interface Access {
  readonly day: string;
  readonly lake_id: string;
  readonly dataset_id: string | null;
  readonly accessor_id: string;
  readonly action: string;
  readonly count: number;
}

export interface Bar {
  readonly label: string;
  readonly value: number;
}

/** Every one of the days with its accesses, those without any too. */
export const accessesByDay = (rows: readonly Access[], days: readonly string[]): readonly Bar[] => {
  const sums = new Map(days.map((day) => [day, 0]));
  for (const { day, count } of rows) {
    const before = sums.get(day);
    if (before !== undefined) sums.set(day, before + count);
  }
  return [...sums].map(([label, value]) => ({ label, value }));
};

/** Who accessed what how often, the most at the top. */
export const accessesByWhom = (rows: readonly Access[]): readonly Omit<Access, "day">[] => {
  const sums = new Map<string, Omit<Access, "day">>();
  for (const { day: _, ...one } of rows) {
    const key = JSON.stringify([one.lake_id, one.dataset_id, one.accessor_id, one.action]);
    sums.set(key, { ...one, count: one.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
};

/** A span of time in its greatest unit, to a tenth: `3.4 days`; null: there is none. */
export const spanOf = (seconds: number | null): string | null => {
  if (seconds === null) return null;
  const steps = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const;
  for (const [unit, length] of steps) {
    if (seconds >= length) return plural(Math.round((seconds / length) * 10) / 10, unit);
  }
  return plural(Math.round(seconds), "second");
};
