/**
 * The clock of a place, from the time zone data of the runtime itself (Intl): what is right today
 * about summer time is the platform's to know, not a table's.
 */

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Zones whose formatter is kept: more than a lake's and a few that are asked about. */
const MAX_FORMATS = 64;

const formatOf = (time_zone: string): Intl.DateTimeFormat => {
  const known = FORMATS.get(time_zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: time_zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  if (FORMATS.size >= MAX_FORMATS) FORMATS.clear();
  FORMATS.set(time_zone, format);
  return format;
};

/** Local time less UTC at a moment, in milliseconds. Throws a RangeError for a zone nobody has. */
export const offsetAt = (time_zone: string, at: Date): number => {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(time_zone).formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return wall - Math.floor(at.getTime() / 1000) * 1000;
};
