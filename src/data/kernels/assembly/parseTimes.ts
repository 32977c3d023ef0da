/**
 * Dates and datetimes from the field of a CSV record: the proleptic Gregorian calendar of the years
 * 1 to 9999, exact to the microsecond.
 */
import { CUT, MISFIT, VALUE } from "./fields";
import { trim, trimmedEnd, trimmedStart } from "./trim";

const DATE_LENGTH: usize = 10;
const MICROS_PER_SECOND: i64 = 1_000_000;
const FIRST_DAY: i64 = -719_162;
const LAST_DAY: i64 = 2_932_896;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

const NO_DATE: i32 = i32.MIN_VALUE;
const NO_TIME: i64 = i64.MIN_VALUE;

/** 4 bytes, days since 1970-01-01. */
export function parseDate(from: usize, to: usize, out: usize): u8 {
  trim(from, to);
  const isLong = trimmedEnd - trimmedStart === DATE_LENGTH;
  const days = isLong ? dateAt(trimmedStart) : NO_DATE;
  store<i32>(out, days);
  return days === NO_DATE ? MISFIT : VALUE;
}

/** Whether the text that was read last has digits beyond microseconds that are no zeros. */
let digitsCut: bool = false;

/** 8 bytes, microseconds since 1970-01-01T00:00:00Z. */
export function parseDatetime(from: usize, to: usize, out: usize): u8 {
  trim(from, to);
  digitsCut = false;
  const micros = datetimeAt(trimmedStart, trimmedEnd);
  store<i64>(out, micros);
  if (micros === NO_TIME) return MISFIT;
  return digitsCut ? CUT : VALUE;
}

/** Two digits as a number, 100 or more when they are none. */
function twoDigits(at: usize): i32 {
  const tens: u32 = <u32>load<u8>(at) - 0x30;
  const ones: u32 = <u32>load<u8>(at, 1) - 0x30;
  return tens > 9 || ones > 9 ? 100 : <i32>(tens * 10 + ones);
}

/** `YYYY-MM-DD`, ten bytes that are there. */
function dateAt(at: usize): i32 {
  if (load<u8>(at, 4) !== 0x2d || load<u8>(at, 7) !== 0x2d) return NO_DATE;
  const century = twoDigits(at);
  const yearOfCentury = twoDigits(at + 2);
  const month = twoDigits(at + 5);
  const day = twoDigits(at + 8);
  if (century > 99 || yearOfCentury > 99) return NO_DATE;
  const year = century * 100 + yearOfCentury;
  if (year < 1 || month < 1 || month > 12 || day < 1) return NO_DATE;
  return day > daysInMonth(year, month) ? NO_DATE : daysFromCivil(year, month, day);
}

function daysInMonth(year: i32, month: i32): i32 {
  if (month === 2) {
    const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    return isLeap ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years that start in March put the
// leap day last, and an era of 400 years has a fixed number of days.
function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = marchYear / 400;
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** RFC 3339, also without seconds and without an offset, which then means UTC. */
function datetimeAt(start: usize, end: usize): i64 {
  // As far as the minutes.
  if (end - start < DATE_LENGTH + 6) return NO_TIME;
  const days = dateAt(start);
  if (days === NO_DATE) return NO_TIME;
  let at = start + DATE_LENGTH;
  const separator: u32 = load<u8>(at);
  if (separator !== 0x20 && (separator | 0x20) !== 0x74) return NO_TIME;
  const hour = twoDigits(at + 1);
  const minute = twoDigits(at + 4);
  if (hour > 23 || minute > 59 || load<u8>(at, 3) !== 0x3a) return NO_TIME;
  at += 6;
  let second = 0;
  let fraction: i64 = 0;
  if (end - at >= 3 && load<u8>(at) === 0x3a) {
    second = twoDigits(at + 1);
    if (second > 59) return NO_TIME;
    at += 3;
    if (at < end && load<u8>(at) === 0x2e) {
      at++;
      const first = at;
      let scale: i64 = 100_000;
      for (; at < end; at++) {
        const digit: u32 = <u32>load<u8>(at) - 0x30;
        if (digit > 9) break;
        if (scale === 0 && digit !== 0) digitsCut = true;
        fraction += digit * scale;
        scale /= 10;
      }
      if (at === first) return NO_TIME;
    }
  }
  const offset = offsetAt(at, end);
  if (offset === NO_DATE) return NO_TIME;
  const seconds = <i64>days * 86_400 + <i64>((hour * 60 + minute - offset) * 60 + second);
  const micros = seconds * MICROS_PER_SECOND + fraction;
  if (micros < FIRST_DAY * MICROS_PER_DAY || micros >= (LAST_DAY + 1) * MICROS_PER_DAY) {
    return NO_TIME;
  }
  return micros;
}

/** Minutes east of Greenwich, of all that is left of the text. */
function offsetAt(at: usize, end: usize): i32 {
  if (at === end) return 0;
  const sign: u32 = load<u8>(at);
  if (end - at === 1) return (sign | 0x20) === 0x7a ? 0 : NO_DATE;
  if (end - at !== 6 || (sign !== 0x2b && sign !== 0x2d)) return NO_DATE;
  const hours = twoDigits(at + 1);
  const minutes = twoDigits(at + 4);
  if (hours > 23 || minutes > 59 || load<u8>(at, 3) !== 0x3a) return NO_DATE;
  const offset = hours * 60 + minutes;
  return sign === 0x2d ? -offset : offset;
}
