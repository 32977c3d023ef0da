/**
 * The clock of a place, from the time zone data of the runtime itself (Intl): what is right today
 * about summer time is the platform's to know, not a table's.
 */

/**
 * Local time less UTC at a moment (milliseconds since 1970-01-01T00:00:00Z), in milliseconds. Making
 * it is dear: it is to be kept. Throws a RangeError for a zone nobody has.
 */
export const localOffset = (time_zone: string): ((millis: number) => number) => {
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
  return (millis) => {
    const at = Math.floor(millis / 1000) * 1000;
    const parts: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(at)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - at;
  };
};
