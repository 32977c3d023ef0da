/**
 * When a data subject's request must have been answered. GDPR Art. 12(3): without undue delay and
 * within one month of receipt, extendable by two further months. Regulation (EEC, Euratom)
 * 1182/71 Art. 3: a period of months ends with the last hour of the same date of the last month,
 * or of that month's last day when it has no such date; one that ends on a Saturday, Sunday or
 * public holiday ends with the last hour of the next working day. Days are those of the
 * controller's calendar, so a change of the clocks moves nothing.
 */
import { invariant } from "./decider.ts";

const DAY_MS = 86_400_000;

/** Lethe's own, stricter limit: so many times 24 hours. */
export const INTERNAL_DEADLINE_DAYS = 30;

/** Months a controller has, and the further ones an extension adds (Art. 12(3)). */
export const STATUTORY_MONTHS = 1;
export const EXTENSION_MONTHS = 2;

/** No request is older than the regulation that gives the right to it (applicable from then on). */
export const GDPR_APPLIES: Day = "2018-05-25";

/** Holidays of later years are nobody's to know. */
export const LAST_CALENDAR_DAY: Day = "2099-12-31";

/** More days off in a row than any country has: beyond it the calendar itself is broken. */
const MAX_DAYS_OFF = 31;

/** A date of some calendar on the wall: YYYY-MM-DD. */
export type Day = string;

/** What the law's days depend on: the clock of a place, and its public holidays. */
export interface Calendar {
  /** ISO 3166-1 alpha-2, or null when no country was named. */
  readonly country: string | null;
  /** IANA name. */
  readonly time_zone: string;
  /** False when nobody knows this country's public holidays, or there is none: none are counted. */
  readonly holidays_known: boolean;
  /** Local time less UTC at that moment, in milliseconds. */
  offsetAt(at: Date): number;
  /** The name of the public holiday that takes up the day, or null. */
  holidayOn(day: Day): string | null;
}

/** A day on which a period does not end, and why. */
export interface DayOff {
  readonly day: Day;
  readonly why: string;
}

export interface Period {
  /** The day of receipt, from which it runs. */
  readonly from: Day;
  readonly months: number;
  /** The same date of the last month, or that month's last day. */
  readonly nominal: Day;
  /** Whether the last month has no such date. */
  readonly clipped: boolean;
  /** The days it would have ended on, had they been working days. */
  readonly days_off: readonly DayOff[];
  readonly last: Day;
  /** The last millisecond of the last day. */
  readonly end: Date;
}

export interface Deadlines {
  /** The earlier of receipt + 30 days and the statutory end (RFC 3339, UTC). */
  readonly deadline: string;
  /** The end of the statutory period (RFC 3339, UTC). */
  readonly statutory_deadline: string;
}

const dayOf = (local: Date): Day => local.toISOString().slice(0, "YYYY-MM-DD".length);
const midnight = (day: Day): Date => new Date(`${day}T00:00:00.000Z`);
const dayAfter = (day: Day): Day => dayOf(new Date(midnight(day).getTime() + DAY_MS));

/** The date on the wall at a moment. */
export const localDay = (at: Date, calendar: Calendar): Day =>
  dayOf(new Date(at.getTime() + calendar.offsetAt(at)));

/**
 * The first moment of a day. Where clocks are changed at midnight there may be no 0:00 or two of
 * them: of the moments that could be it, the first on which the wall shows the day.
 */
export const startOfDay = (day: Day, calendar: Calendar): Date => {
  const wall = midnight(day).getTime();
  const starts = [-DAY_MS, DAY_MS]
    .map((away) => new Date(wall - calendar.offsetAt(new Date(wall + away))))
    .filter((moment) => localDay(moment, calendar) >= day)
    .sort((a, b) => a.getTime() - b.getTime());
  invariant(starts[0] !== undefined, `${day} begins in ${calendar.time_zone}`);
  return starts[0];
};

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

export const weekdayOf = (day: Day): string => WEEKDAYS[midnight(day).getUTCDay()] ?? "";

const dayOff = (day: Day, calendar: Calendar): DayOff | null => {
  const weekday = weekdayOf(day);
  if (weekday === "Saturday" || weekday === "Sunday") return { day, why: `a ${weekday}` };
  const holiday = calendar.holidayOn(day);
  return holiday === null ? null : { day, why: `a public holiday (${holiday})` };
};

/** The period of `months` from the day on which `receivedAt` falls. */
export const periodFrom = (receivedAt: Date, months: number, calendar: Calendar): Period => {
  const from = localDay(receivedAt, calendar);
  const start = midnight(from);
  const year = start.getUTCFullYear();
  const month = start.getUTCMonth() + months;
  const lastDate = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const date = Math.min(start.getUTCDate(), lastDate);
  const nominal = dayOf(new Date(Date.UTC(year, month, date)));
  const days_off: DayOff[] = [];
  let last = nominal;
  for (let off = dayOff(last, calendar); off !== null; off = dayOff(last, calendar)) {
    invariant(days_off.length < MAX_DAYS_OFF, `${calendar.country} has a working day a month`);
    days_off.push(off);
    last = dayAfter(last);
  }
  const end = new Date(startOfDay(dayAfter(last), calendar).getTime() - 1);
  return { from, months, nominal, clipped: date < start.getUTCDate(), days_off, last, end };
};

/** The last millisecond in which the answer to a request is in time. */
export const statutoryDeadline = (
  receivedAt: Date,
  calendar: Calendar,
  months: number = STATUTORY_MONTHS,
): Date => periodFrom(receivedAt, months, calendar).end;

/** The end of a period that was extended: counted from receipt, not from the first month's end. */
export const extendedDeadline = (receivedAt: Date, calendar: Calendar): Date =>
  statutoryDeadline(receivedAt, calendar, STATUTORY_MONTHS + EXTENSION_MONTHS);

/** `receivedAt` is the moment the request reached the controller. */
export const deadlinesOf = (receivedAt: Date, calendar: Calendar): Deadlines => {
  const statutory = statutoryDeadline(receivedAt, calendar);
  const internal = new Date(receivedAt.getTime() + INTERNAL_DEADLINE_DAYS * DAY_MS);
  return {
    deadline: (internal < statutory ? internal : statutory).toISOString(),
    statutory_deadline: statutory.toISOString(),
  };
};
