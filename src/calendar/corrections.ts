/**
 * Where the `date-holidays` library has a country of the EU or the EEA off on a day that is no
 * public holiday there, so that a deadline would lie too late (Regulation 1182/71 Art. 3(4)); and
 * the right day, when the library is only wrong about the date. Holidays that it does not have at
 * all are not added: then a deadline is early. A test tells of a row that is needed no more.
 */
import type Holidays from "date-holidays";

/** Rules are in the library's own grammar. */
interface Correction {
  readonly country: string;
  readonly wrong: string;
  readonly right: { readonly rule: string; readonly name: string } | null;
}

export const CORRECTIONS: readonly Correction[] = [
  // 48 days before Easter: the library has the Tuesday.
  {
    country: "CY",
    wrong: "orthodox -47",
    right: { rule: "orthodox -48", name: "Clean Monday" },
  },
  // The first Thursday after 18 April, which the library takes for one that may be the 18th.
  {
    country: "IS",
    wrong: "thursday after 04-18",
    right: { rule: "thursday after 04-19", name: "First Day of Summer" },
  },
  // Bridge days of the administration: neither in Art. 18(2) of the Labour Act (LGBl. 1967 No. 6)
  // nor notified under Art. 11 of the European Convention on the Calculation of Time-Limits.
  { country: "LI", wrong: "easter 40", right: null },
  { country: "LI", wrong: "easter 61", right: null },
  // The Monday after a Christmas on a Sunday: autonomous communities may have another day instead
  // (Art. 37(2) of the Workers' Statute), and several do.
  { country: "ES", wrong: "substitutes 12-25 if sunday then next monday", right: null },
  // Holidays since Law 52/2023.
  { country: "RO", wrong: "01-06", right: { rule: "01-06 since 2024", name: "Epiphany" } },
  {
    country: "RO",
    wrong: "01-07",
    right: { rule: "01-07 since 2024", name: "Saint John the Baptist" },
  },
];

/** Corrects, in place, what the library knows of a country. */
export const correct = (country: string, holidays: Holidays): void => {
  for (const { wrong, right } of CORRECTIONS.filter((known) => known.country === country)) {
    holidays.unsetRule(wrong);
    if (right) holidays.setHoliday(right.rule, { name: { en: right.name }, type: "public" });
  }
};
