/**
 * Feasts that move with Easter, in every country that has to keep the GDPR: what the law of each
 * has, and the two Easters by a computus of their own, against what the calendars say.
 */
import Holidays from "date-holidays";
import { describe, expect, it } from "vitest";
import { calendars } from "../../src/calendar/calendars.ts";
import { CORRECTIONS } from "../../src/calendar/corrections.ts";

const DAY_MS = 86_400_000;

/** Days from Easter Sunday. */
const FEASTS = {
  "Clean Monday": -48,
  "Maundy Thursday": -3,
  "Good Friday": -2,
  "Easter Sunday": 0,
  "Easter Monday": 1,
  "Ascension Day": 39,
  Pentecost: 49,
  "Whit Monday": 50,
  "Corpus Christi": 60,
} as const;

/** What else the library calls them. */
const NAMES: Readonly<Record<string, number>> = { ...FEASTS, "Ash Sunday": FEASTS["Clean Monday"] };

const LETTERS: Readonly<Record<string, number>> = {
  C: FEASTS["Clean Monday"],
  T: FEASTS["Maundy Thursday"],
  F: FEASTS["Good Friday"],
  E: FEASTS["Easter Monday"],
  A: FEASTS["Ascension Day"],
  W: FEASTS["Whit Monday"],
  X: FEASTS["Corpus Christi"],
};

/** By their letters, the movable feasts of each law that are working days otherwise. */
const WESTERN: Readonly<Record<string, string>> = {
  ...{ AT: "EAWX", BE: "EAW", CZ: "FE", DE: "FEAW", DK: "TFEAW", EE: "F", ES: "F", FI: "FEA" },
  ...{ FR: "EAW", HR: "EX", HU: "FEW", IE: "E", IS: "TFEAW", IT: "E", LI: "FEAWX", LT: "E" },
  ...{ LU: "EAW", LV: "FE", MT: "F", NL: "EAW", NO: "TFEAW", PL: "EX", PT: "FX", SE: "FEA" },
  ...{ SI: "E", SK: "FE" },
};
/** Cyprus has Whit Monday too; the library does not know, and a deadline is early. */
const ORTHODOX: Readonly<Record<string, string>> = { BG: "FE", CY: "CFE", GR: "CFEW", RO: "FEW" };

const LAWS = { ...WESTERN, ...ORTHODOX };
const COUNTRIES = Object.keys(LAWS);

/** From the year in which Denmark had its Great Prayer Day no more. */
const YEARS = Array.from({ length: 16 }, (_, n) => 2024 + n);

/** The anonymous Gregorian computus (Meeus, Jones, Butcher). */
const westernEaster = (year: number): number => {
  const century = Math.floor(year / 100);
  const moon = year % 19;
  const shift = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * moon + century - Math.floor(century / 4) - shift + 15) % 30;
  const leaps = 2 * (century % 4) + 2 * Math.floor((year % 100) / 4);
  const sunday = (32 + leaps - epact - ((year % 100) % 4)) % 7;
  const late = Math.floor((moon + 11 * epact + 22 * sunday) / 451);
  return Date.UTC(year, 2, 22 + epact + sunday - 7 * late);
};

/** Meeus's Julian computus; the calendars are 13 days apart until 2100. */
const orthodoxEaster = (year: number): number => {
  const moon = (19 * (year % 19) + 15) % 30;
  const sunday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7;
  return Date.UTC(year, 2, 22 + moon + sunday + 13);
};

const easterOf = (country: string, year: number): number =>
  country in ORTHODOX ? orthodoxEaster(year) : westernEaster(year);

const dayAt = (time: number): string => new Date(time).toISOString().slice(0, 10);

const of = (country: string) => calendars.of({ country, time_zone: null });

const isWeekday = (offset: number): boolean => ![0, 6].includes(((offset % 7) + 7) % 7);

const OFFSETS = Array.from({ length: 141 }, (_, n) => n - 70);

describe("Easter", () => {
  it.each([
    [2024, "2024-03-31", "2024-05-05"],
    [2025, "2025-04-20", "2025-04-20"],
    [2026, "2026-04-05", "2026-04-12"],
    [2027, "2027-03-28", "2027-05-02"],
    [2038, "2038-04-25", "2038-04-25"],
    [2049, "2049-04-18", "2049-04-25"],
  ])("of %i is on %s in the West and on %s in the East", (year, western, orthodox) => {
    expect(dayAt(westernEaster(year))).toBe(western);
    expect(dayAt(orthodoxEaster(year))).toBe(orthodox);
  });
});

describe("the movable feasts", () => {
  it("are looked at in the thirty countries of the EU and the EEA", () => {
    expect(COUNTRIES).toHaveLength(30);
  });

  it.each(COUNTRIES)("of %s that are no Sundays are those of its law", (country) => {
    const calendar = of(country);
    const yearly = OFFSETS.filter(isWeekday).filter((offset) =>
      YEARS.every((year) => calendar.holidayOn(dayAt(easterOf(country, year) + offset * DAY_MS))),
    );
    const lawful = [...(LAWS[country] ?? "")].map((letter) => LETTERS[letter]);
    expect(yearly).toEqual(lawful);
  });

  it.each(COUNTRIES)("of %s lie as far from Easter as their names say", (country) => {
    const calendar = of(country);
    const wrong = YEARS.flatMap((year) =>
      OFFSETS.flatMap((offset) => {
        const name = calendar.holidayOn(dayAt(easterOf(country, year) + offset * DAY_MS)) ?? "";
        return (NAMES[name] ?? offset) === offset ? [] : [{ year, name, offset }];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe("a correction of the library", () => {
  it.each(CORRECTIONS)("is still needed in $country for $wrong", ({ country, wrong }) => {
    const rule = new Holidays(country, { types: ["public"] }).getRule(wrong);
    expect(rule).toMatchObject({ type: "public" });
  });

  it.each([
    ["CY", "2027-03-15", "Clean Monday"],
    ["CY", "2027-03-16", null],
    ["IS", "2024-04-18", null],
    ["IS", "2024-04-25", "First Day of Summer"],
    ["IS", "2026-04-23", "First Day of Summer"],
    ["LI", "2026-05-14", "Ascension Day"],
    ["LI", "2026-05-15", null],
    ["LI", "2026-06-05", null],
    ["ES", "2022-12-26", null],
    ["ES", "2033-12-26", null],
    ["RO", "2023-01-06", null],
    ["RO", "2024-01-06", "Epiphany"],
    ["RO", "2026-01-07", "Saint John the Baptist"],
  ])("has in %s on %s %j", (country, day, name) => {
    expect(of(country).holidayOn(day)).toBe(name);
  });
});
