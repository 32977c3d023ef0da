/** Calendars inside workerd: its time zone data and the library's holidays, in every member state. */
import { describe, expect, test } from "vitest";
import { calendars } from "../../src/calendar/calendars.ts";

/** The member states of the EU and the EEA, Switzerland and the United Kingdom, and their clocks. */
const CLOCKS: Readonly<Record<string, readonly [winter: number, summer: number]>> = {
  ...Object.fromEntries(["PT", "IE", "GB"].map((country) => [country, [0, 1]])),
  IS: [0, 0],
  ...Object.fromEntries(
    "AT BE HR CZ DK FR DE HU IT LU MT NL PL SK SI ES SE LI NO CH"
      .split(" ")
      .map((country) => [country, [1, 2]]),
  ),
  ...Object.fromEntries("BG CY EE FI GR LV LT RO".split(" ").map((country) => [country, [2, 3]])),
};

const of = (country: string) => calendars.of({ country, time_zone: null });

describe("the calendar", () => {
  test.each(Object.keys(CLOCKS))(
    "of %s has its clock, its New Year and its Christmas",
    (country) => {
      const calendar = of(country);
      const hours = (day: string) => calendar.offsetAt(new Date(`${day}T12:00:00Z`)) / 3_600_000;
      expect([hours("2026-01-15"), hours("2026-07-15")]).toEqual(CLOCKS[country]);
      expect(calendar.holidays_known).toBe(true);
      for (let year = 2024; year <= 2030; year += 1) {
        // In Britain a holiday that falls on a weekend is had on a working day.
        const off = (date: string) => calendar.holidayOn(`${year}-${date}`) !== null;
        expect(off("01-01") || (country === "GB" && off("01-03"))).toBe(true);
        expect(off("12-25") || country === "GB").toBe(true);
        expect(off("11-25")).toBe(false);
      }
    },
  );

  test("knows the thirty-two countries that have to keep it", () => {
    expect(Object.keys(CLOCKS)).toHaveLength(32);
  });

  test("counts a holiday of two days on both, and half a one on none", () => {
    expect(of("RO").holidayOn("2026-01-01")).not.toBeNull();
    expect(of("RO").holidayOn("2026-01-02")).not.toBeNull();
    expect(of("RO").holidayOn("2026-01-05")).toBeNull();
    expect(of("IS").holidayOn("2026-12-24")).toBeNull();
    expect(of("IS").holidayOn("2026-12-25")).not.toBeNull();
  });

  test("takes a zone over the country's own, and counts no holiday without a country", () => {
    const canaries = calendars.of({ country: "ES", time_zone: "Atlantic/Canary" });
    expect(canaries.offsetAt(new Date("2026-01-15T12:00:00Z"))).toBe(0);
    expect(canaries.holidayOn("2026-10-12")).toBe("Fiesta Nacional de España");
    const nowhere = calendars.of({ country: null, time_zone: null });
    expect(nowhere).toMatchObject({ time_zone: "UTC", holidays_known: false });
    expect(nowhere.holidayOn("2026-12-25")).toBeNull();
  });

  test("of a lake that was made in a country by a code it shares is that country's", () => {
    expect(of("UK")).toMatchObject({ country: "UK", time_zone: "Europe/London" });
    expect(of("UK").holidayOn("2026-12-25")).toBe("Christmas Day");
    expect(of("EU")).toMatchObject({ country: "EU", time_zone: "UTC", holidays_known: false });
  });

  test("says so when nobody knows a country's holidays", () => {
    expect(of("AQ")).toMatchObject({ country: "AQ", time_zone: "UTC", holidays_known: false });
    expect(of("AQ").holidayOn("2026-12-25")).toBeNull();
  });
});
