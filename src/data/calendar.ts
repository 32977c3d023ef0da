/**
 * The proleptic Gregorian calendar in whole numbers, for dates and datetimes of the years 1 to
 * 9999: exact to the microsecond, where `Date` stops at milliseconds and bends days like
 * 30 February into March.
 */

const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;
const DAYS_PER_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATETIME =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?([Zz]|[+-]\d{2}:\d{2})?$/;
const FRACTION_DIGITS = 6;

/** Days since 1970-01-01, or undefined when the text is not `YYYY-MM-DD` or no real day. */
export const parseDate = (text: string): number | undefined => {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1) return undefined;
  if (day > daysInMonth(year, month)) return undefined;
  return daysFromCivil(year, month, day);
};

/**
 * Microseconds since 1970-01-01T00:00:00Z, or undefined. RFC 3339, and also without seconds and
 * without an offset, which then means UTC. Digits beyond microseconds are cut; a leap second is
 * refused, because no type downstream can hold it.
 */
export const parseDatetime = (text: string): bigint | undefined => {
  const match = DATETIME.exec(text);
  if (match === null) return undefined;
  const days = parseDate(match[1] ?? "");
  const hour = Number(match[2]);
  const minute = Number(match[3]);
  const second = Number(match[4] ?? "0");
  const offset = parseOffset(match[6]);
  if (days === undefined || offset === undefined) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = (match[5] ?? "").slice(0, FRACTION_DIGITS).padEnd(FRACTION_DIGITS, "0");
  const seconds = days * 86_400 + (hour * 60 + minute - offset) * 60 + second;
  const micros = BigInt(seconds) * MICROS_PER_SECOND + BigInt(fraction);
  return isDatetime(micros) ? micros : undefined;
};

/** Whether the text of a datetime says something beyond microseconds, which `parseDatetime` cuts. */
export const saysMore = (text: string): boolean => /\.\d{6}\d*[1-9]/.test(text);

/** `YYYY-MM-DD`. */
export const formatDate = (days: number): string => {
  const [year, month, day] = civilFromDays(days);
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
};

/** RFC 3339 in UTC, with no fraction, milliseconds or microseconds, whichever is exact. */
export const formatDatetime = (micros: bigint): string => {
  const days = floorDiv(micros, MICROS_PER_DAY);
  const ofDay = micros - days * MICROS_PER_DAY;
  const second = Number(ofDay / MICROS_PER_SECOND);
  const fraction = Number(ofDay % MICROS_PER_SECOND);
  const time = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
    .map((part) => digits(part, 2))
    .join(":");
  return `${formatDate(Number(days))}T${time}${formatFraction(fraction)}Z`;
};

const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;

/** Whether a day lies in the years 1 to 9999, which is all that text can say. */
export const isDate = (days: number): boolean =>
  Number.isInteger(days) && days >= FIRST_DAY && days <= LAST_DAY;

/** Whether a moment lies in the years 1 to 9999. */
export const isDatetime = (micros: bigint): boolean =>
  micros >= BigInt(FIRST_DAY) * MICROS_PER_DAY && micros < BigInt(LAST_DAY + 1) * MICROS_PER_DAY;

/** Rounds towards minus infinity, unlike bigint's own division; `divisor` must be positive. */
export const floorDiv = (value: bigint, divisor: bigint): bigint => {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
};

const formatFraction = (micros: number): string => {
  if (micros === 0) return "";
  return micros % 1000 === 0 ? `.${digits(micros / 1000, 3)}` : `.${digits(micros, 6)}`;
};

const digits = (value: number, width: number) => String(value).padStart(width, "0");

/** Minutes east of Greenwich. */
const parseOffset = (text: string | undefined): number | undefined => {
  if (text === undefined || text === "Z" || text === "z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
};

const daysInMonth = (year: number, month: number): number => {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (DAYS_PER_MONTH[month - 1] ?? 0);
};

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years that start in March put the
// leap day last, and an era of 400 years has a fixed number of days.
const DAYS_PER_ERA = 146_097;
const DAYS_FROM_YEAR_0_TO_1970 = 719_468;

const daysFromCivil = (year: number, month: number, day: number): number => {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - DAYS_FROM_YEAR_0_TO_1970;
};

const civilFromDays = (days: number): readonly [year: number, month: number, day: number] => {
  const shifted = days + DAYS_FROM_YEAR_0_TO_1970;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
};
