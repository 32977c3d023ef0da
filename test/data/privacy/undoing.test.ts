/**
 * What somebody tries who has more than one release of a noisy or shifted column, or knows what its
 * values look like: each way would lead back to the values if moves were not independent draws.
 */
import { describe, expect, it } from "vitest";
import {
  millionthsOf,
  noisyDecimal,
  noisyFloat,
  noisyInteger,
  type Push,
} from "../../../src/data/privacy/noise.ts";
import { privacyKeys } from "../../support/privacyKeys.ts";
import { apply, column } from "../../support/strategies.ts";

const people = (count: number) =>
  column(
    "who",
    "string",
    Array.from({ length: count }, (_, index) => `person ${index}`),
  );

/** Another dataset's keys: see keyring.ts. */
const others = privacyKeys(50);
const ELSEWHERE = { ...privacyKeys(), noise: others.noise, date_shift: others.date_shift };

describe("noise of two releases", () => {
  const salaries = Array.from({ length: 40 }, (_, index) => String(41_234 + 7 * index));
  const subject = people(salaries.length);

  /** How many values come out of the difference, as far as rounding lets them. */
  const recovered = (doubled: readonly (string | null)[], once: readonly (string | null)[]) =>
    salaries.filter((salary, row) => {
      const extrapolated = 2 * Number(doubled[row]) - Number(once[row]);
      return Math.abs(extrapolated - Number(salary)) <= 150;
    }).length;

  it.each(["int", "float", "decimal"] as const)(
    "at two percentages do not add up, of %s",
    (type) => {
      const five = apply({ strategy: "noise", percent: 5 }, type, salaries, { subject });
      const ten = apply({ strategy: "noise", percent: 10 }, type, salaries, { subject });
      expect(recovered(five, ten)).toBeLessThan(10);
      const unnamed = apply({ strategy: "noise", percent: 5 }, type, salaries);
      const again = apply({ strategy: "noise", percent: 10 }, type, salaries);
      expect(recovered(unnamed, again)).toBeLessThan(10);
    },
  );

  it("in two datasets do not add up either", () => {
    const rule = (percent: number) => ({ strategy: "noise", percent });
    const five = apply(rule(5), "float", salaries, { subject });
    const ten = apply(rule(10), "float", salaries, { subject, keys: ELSEWHERE });
    expect(recovered(five, ten)).toBeLessThan(10);
  });

  it("cannot be averaged when the rows come in another order", () => {
    const rule = { strategy: "noise", percent: 20 };
    const first = apply(rule, "float", salaries);
    for (let turn = 1; turn < 12; turn += 1) {
      const order = salaries.map((_, row) => (row * 7 + turn) % salaries.length);
      const turned = apply(
        rule,
        "float",
        order.map((row) => salaries[row] ?? ""),
      );
      expect(turned).toEqual(order.map((row) => first[row]));
    }
  });
});

describe("noise on values that are known to be round", () => {
  const spelt = { int: String, float: String, decimal: (value: number) => `${value}.0000000000` };
  const NOISY = {
    int: (value: number, percent: number, push: Push) =>
      String(noisyInteger(BigInt(value), millionthsOf(percent), push)),
    float: (value: number, percent: number, push: Push) => String(noisyFloat(value, percent, push)),
    decimal: (value: number, percent: number, push: Push) =>
      noisyDecimal(spelt.decimal(value), millionthsOf(percent), push),
  };

  /** Whether the candidate comes out so under some key; the push that it takes is beside this one. */
  const mayBe = (
    noise: (push: Push) => string,
    { candidate, noisy, percent }: Record<"candidate" | "noisy" | "percent", number>,
    text: string,
  ): boolean => {
    const up = noisy > candidate;
    const near = Math.round(
      (Math.abs(noisy - candidate) / ((candidate * percent) / 100)) * 2 ** 48,
    );
    const shares = [-2, -1, 0, 1, 2].map((step) => near + step);
    return shares.some((share) => share > 0 && share <= 2 ** 48 && noise({ up, share }) === text);
  };

  it.each([
    ["int", 1e15],
    ["int", 1000],
    ["float", 1000],
    ["decimal", 1000],
    ["decimal", 1e13],
  ] as const)("fits nearly every one within reach, of %s in steps of %d", (type, step) => {
    for (const percent of [5, 10, 50, 100]) {
      const values = Array.from({ length: 60 }, (_, index) => step * (21 + 2 * index));
      const texts = values.map((value) => spelt[type](value));
      const out = apply({ strategy: "noise", percent }, type, texts, {
        subject: people(texts.length),
      });
      let within = 0;
      let consistent = 0;
      for (const text of out) {
        const noisy = Number(text);
        for (let index = 1; index <= 1000; index += 1) {
          const candidate = step * index;
          if (Math.abs(noisy - candidate) > (candidate * percent) / 100) continue;
          within += 1;
          const about = { candidate, noisy, percent };
          const noise = (push: Push) => NOISY[type](candidate, percent, push);
          consistent += Number(mayBe(noise, about, text ?? ""));
        }
      }
      // The number itself never comes out, and the last one at the end of a range hardly ever.
      expect(consistent).toBeGreaterThanOrEqual(within - 2 * out.length);
      expect(consistent).toBeGreaterThan(within / 2);
    }
  });
});

describe("date_shift of people whose other dates are known", () => {
  const DAY = 86_400_000;
  const day = (row: number) => new Date(DAY * (row * 37 + 500)).toISOString().slice(0, 10);
  const births = Array.from({ length: 60 }, (_, row) => day(row));
  const subject = people(births.length);
  const rule = { strategy: "date_shift", days: 365 };
  const daysBetween = (from: string | null | undefined, to: string | null | undefined) =>
    (Date.parse(to ?? "") - Date.parse(from ?? "")) / DAY;

  /** How many births come out when each is moved back by what moved the other date. */
  const recovered = (by: readonly number[]) => {
    const out = apply(rule, "date", births, { subject });
    return births.filter((birth, row) =>
      [1, -1].some((sign) => daysBetween(birth, out[row]) === sign * (by[row] ?? Number.NaN)),
    ).length;
  };

  it("gives nothing away by a date that another dataset shifts", () => {
    const known = births.map((_, row) => day(400 - row));
    const out = apply(rule, "date", known, { subject, keys: ELSEWHERE });
    expect(recovered(known.map((date, row) => daysBetween(date, out[row])))).toBeLessThan(5);
  });

  it.each(["9999-12-31", "0001-01-01", "1900-01-01", "1970-01-01", "2999-12-31"])(
    "gives nothing away by a %s beside it",
    (date) => {
      const known = births.map(() => date);
      const out = apply(rule, "date", known, { subject });
      expect(recovered(known.map((_, row) => daysBetween(date, out[row])))).toBeLessThan(5);
    },
  );

  it("keeps the distance of two dates of one person in one dataset", () => {
    const later = births.map((_, row) => day(row + 9));
    const [first, second] = [births, later].map((dates) => apply(rule, "date", dates, { subject }));
    for (const row of births.keys()) expect(daysBetween(first?.[row], second?.[row])).toBe(9 * 37);
  });
});
