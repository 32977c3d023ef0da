/**
 * The law's deadlines, written a second time and otherwise: days are walked one by one on a wall
 * calendar, holidays come from the countries' own laws and a computus, and the end of a day is
 * found by watching the wall until its date changes.
 */

/** A date without a clock or a zone. */
export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const isLeap = (year: number): boolean => year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0);

const daysIn = ({ year, month }: Pick<Day, "year" | "month">): number =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].at(month - 1) ?? 0;

export const tomorrow = ({ year, month, day }: Day): Day => {
  if (day < daysIn({ year, month })) return { year, month, day: day + 1 };
  return month < 12 ? { year, month: month + 1, day: 1 } : { year: year + 1, month: 1, day: 1 };
};

export const text = ({ year, month, day }: Day): string =>
  `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;

export const everyDay = (from: number, until: number): readonly Day[] => {
  const days: Day[] = [];
  for (let day: Day = { year: from, month: 1, day: 1 }; day.year <= until; day = tomorrow(day)) {
    days.push(day);
  }
  return days;
};

/** Sakamoto's method: 0 is Sunday. */
const weekday = ({ year, month, day }: Day): number => {
  const y = month < 3 ? year - 1 : year;
  const shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4].at(month - 1) ?? 0;
  return (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + shift + day) % 7;
};

/** Gauss's computus for the years 1900 to 2099: days from 22 March to Easter Sunday. */
const easterFromMarch22 = (year: number): number => {
  const d = (19 * (year % 19) + 24) % 30;
  const e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + 5) % 7;
  if (d === 29 && e === 6) return 28;
  return d === 28 && e === 6 && year % 19 > 10 ? 27 : d + e;
};

const fromEaster = (year: number, days: number): string => {
  let at: Day = { year, month: 1, day: 1 };
  const yearDay = 31 + (isLeap(year) ? 29 : 28) + 21 + easterFromMarch22(year) + days;
  for (let n = 0; n < yearDay; n += 1) at = tomorrow(at);
  return text(at).slice(5);
};

const GOOD_FRIDAY = -2;
const EASTER_MONDAY = 1;
const ASCENSION = 39;
const WHIT_MONDAY = 50;
const CORPUS_CHRISTI = 60;

interface Law {
  readonly time_zone: string;
  /** MM-DD. */
  readonly fixed: readonly string[];
  readonly movable: readonly number[];
  /** MM-DD, and the first year of it. */
  readonly since?: readonly (readonly [string, number])[];
}

/** Those that can fall on a weekday; what always is a Saturday or Sunday changes nothing. */
export const LAWS: Readonly<Record<string, Law>> = {
  DE: {
    time_zone: "Europe/Berlin",
    fixed: ["01-01", "05-01", "10-03", "12-25", "12-26"],
    movable: [GOOD_FRIDAY, EASTER_MONDAY, ASCENSION, WHIT_MONDAY],
  },
  FR: {
    time_zone: "Europe/Paris",
    fixed: ["01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"],
    movable: [EASTER_MONDAY, ASCENSION, WHIT_MONDAY],
  },
  ES: {
    time_zone: "Europe/Madrid",
    fixed: ["01-01", "01-06", "05-01", "08-15", "10-12", "11-01", "12-06", "12-08", "12-25"],
    movable: [GOOD_FRIDAY],
  },
  IT: {
    time_zone: "Europe/Rome",
    fixed: [
      ...["01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25"],
      "12-26",
    ],
    movable: [EASTER_MONDAY],
    since: [["10-04", 2026]],
  },
  AT: {
    time_zone: "Europe/Vienna",
    fixed: ["01-01", "01-06", "05-01", "08-15", "10-26", "11-01", "12-08", "12-25", "12-26"],
    movable: [EASTER_MONDAY, ASCENSION, WHIT_MONDAY, CORPUS_CHRISTI],
  },
  PL: {
    time_zone: "Europe/Warsaw",
    fixed: ["01-01", "01-06", "05-01", "05-03", "08-15", "11-01", "11-11", "12-25", "12-26"],
    movable: [EASTER_MONDAY, CORPUS_CHRISTI],
    since: [["12-24", 2025]],
  },
  PT: {
    time_zone: "Europe/Lisbon",
    fixed: [
      ...["01-01", "04-25", "05-01", "06-10", "08-15", "10-05", "11-01", "12-01", "12-08"],
      "12-25",
    ],
    movable: [GOOD_FRIDAY, CORPUS_CHRISTI],
  },
  SE: {
    time_zone: "Europe/Stockholm",
    fixed: ["01-01", "01-06", "05-01", "06-06", "12-25", "12-26"],
    movable: [GOOD_FRIDAY, EASTER_MONDAY, ASCENSION],
  },
  FI: {
    time_zone: "Europe/Helsinki",
    fixed: ["01-01", "01-06", "05-01", "12-06", "12-25", "12-26"],
    movable: [GOOD_FRIDAY, EASTER_MONDAY, ASCENSION],
  },
};

const isOff = (day: Day, { fixed, movable, since = [] }: Law): boolean => {
  if (weekday(day) % 6 === 0) return true;
  const date = text(day).slice(5);
  return (
    fixed.includes(date) ||
    movable.some((days) => fromEaster(day.year, days) === date) ||
    since.some(([added, year]) => added === date && day.year >= year)
  );
};

const WALLS = new Map<string, Intl.DateTimeFormat>();

/** What the wall shows: YYYY-MM-DD. Swedes write dates that way. */
export const wallDate = (time_zone: string, at: number): string => {
  let wall = WALLS.get(time_zone);
  if (wall === undefined) {
    wall = new Intl.DateTimeFormat("sv-SE", { timeZone: time_zone, dateStyle: "short" });
    WALLS.set(time_zone, wall);
  }
  return wall.format(at);
};

const QUARTER_MS = 15 * 60_000;

/** When the wall first shows a day, looking every quarter of an hour from `hours` before UTC's. */
export const firstMoment = (day: string, time_zone: string, hours: number): number => {
  let at = Date.parse(`${day}T00:00:00Z`) - hours * 4 * QUARTER_MS;
  if (wallDate(time_zone, at) >= day) throw new Error(`${time_zone} is further than ${hours} h`);
  while (wallDate(time_zone, at) < day) at += QUARTER_MS;
  return at;
};

const ENDS = new Map<string, string>();

/** European zones are at most three hours before UTC. */
const endOf = (day: Day, time_zone: string): string => {
  const key = `${time_zone} ${text(day)}`;
  const end =
    ENDS.get(key) ?? new Date(firstMoment(text(tomorrow(day)), time_zone, 4) - 1).toISOString();
  ENDS.set(key, end);
  return end;
};

/** Walks from the day of receipt until the date comes round for the nth time or its month ends. */
const lastDay = (from: Day, months: number, law: Law): Day => {
  const target = from.year * 12 + from.month + months;
  let at = from;
  while (at.year * 12 + at.month < target) at = tomorrow(at);
  while (at.day !== from.day && at.day < daysIn(at)) at = tomorrow(at);
  while (isOff(at, law)) at = tomorrow(at);
  return at;
};

/** What the law says of a request received at a moment (ms), in a country of `LAWS`. */
export const lawful = (country: string, received: number) => {
  const law = LAWS[country];
  if (law === undefined) throw new Error(`no law of ${country}`);
  const [year = 0, month = 0, day = 0] = wallDate(law.time_zone, received).split("-").map(Number);
  const from = { year, month, day };
  const statutory_deadline = endOf(lastDay(from, 1, law), law.time_zone);
  const thirty = new Date(received + 30 * 24 * 60 * 60 * 1000).toISOString();
  return {
    deadline: thirty < statutory_deadline ? thirty : statutory_deadline,
    statutory_deadline,
    extended_deadline: endOf(lastDay(from, 3, law), law.time_zone),
  };
};
