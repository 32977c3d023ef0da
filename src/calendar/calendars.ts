/**
 * Calendars of countries: public holidays and the capital's clock, from the `date-holidays`
 * library, which follows the laws of some 200 countries, corrected where it makes a deadline late.
 * National holidays only: a day that one region alone has off extends no period here, so a deadline
 * may be a day early, never late.
 */
import Holidays from "date-holidays";
import type { Calendars } from "../application/ports.ts";
import type { Calendar, Day } from "../domain/deadlines.ts";
import { correct } from "./corrections.ts";
import { offsetAt } from "./timeZones.ts";

/** Where days are counted when neither a country nor a zone was named. */
export const DEFAULT_TIME_ZONE = "UTC";

/** Years of countries whose holidays are kept. */
const MAX_YEARS = 256;

const DAY_MS = 86_400_000;

type Year = ReadonlyMap<Day, string>;

const COUNTRIES = new Map<string, Holidays>();
const YEARS = new Map<string, Year>();

/**
 * The library's knowledge of a country, or null when it has none. Lakes were once made in countries
 * by another code than their own, such as UK: their days are those of the country it stands for.
 */
const countryOf = (country: string): Holidays | null => {
  const known = COUNTRIES.get(country);
  if (known) return known;
  if (!/^[A-Z]{2}$/.test(country)) return null;
  const assigned = new Intl.Locale(`und-${country}`).region ?? country;
  if (!Object.hasOwn(new Holidays().getCountries(), assigned)) return null;
  const holidays = new Holidays(assigned, { languages: ["en"], types: ["public"] });
  correct(assigned, holidays);
  COUNTRIES.set(country, holidays);
  return holidays;
};

/** The days of a year that a public holiday takes up whole; it may take up several. */
const yearOf = (country: string, holidays: Holidays, year: number): Year => {
  const key = `${country} ${year}`;
  const known = YEARS.get(key);
  if (known) return known;
  const days = new Map<Day, string>();
  for (const { date, start, end, name } of holidays.getHolidays(year)) {
    // A holiday from noon on, such as Christmas Eve in Iceland, leaves a working day.
    if (!date.includes(" 00:00:00")) continue;
    const first = Date.parse(`${date.slice(0, "YYYY-MM-DD".length)}T00:00:00Z`);
    // Rounded, because a day on which clocks are changed has not 24 hours.
    const length = Math.round((end.getTime() - start.getTime()) / DAY_MS);
    for (let n = 0; n < length; n += 1) {
      days.set(new Date(first + n * DAY_MS).toISOString().slice(0, 10), name);
    }
  }
  if (YEARS.size >= MAX_YEARS) YEARS.clear();
  YEARS.set(key, days);
  return days;
};

/**
 * The calendars there are. A country decides its holidays and, unless a zone is named, the clock:
 * its capital's. Without a country no holiday is counted and, without a zone, days are UTC's.
 */
export const calendars: Calendars = {
  of({ country, time_zone }): Calendar {
    const holidays = country === null ? null : countryOf(country);
    const zone = time_zone ?? holidays?.getTimezones()[0] ?? DEFAULT_TIME_ZONE;
    return {
      country,
      time_zone: zone,
      holidays_known: holidays !== null,
      offsetAt: (at) => offsetAt(zone, at),
      holidayOn(day) {
        if (country === null || holidays === null) return null;
        return yearOf(country, holidays, Number(day.slice(0, 4))).get(day) ?? null;
      },
    };
  },
};
