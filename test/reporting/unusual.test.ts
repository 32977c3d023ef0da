import { describe, expect, it } from "vitest";
import { isUnusual, UNUSUAL_COUNT, USUAL_DAYS, usualOf } from "../../src/reporting/unusual.ts";
import fc from "../support/property.ts";

const usual = (days: readonly number[]) => ({
  sum: days.reduce((total, count) => total + count, 0),
  sum_of_squares: days.reduce((total, count) => total + count ** 2, 0),
});

const every = (count: number) => Array.from({ length: USUAL_DAYS }, () => count);

describe("a day's volume", () => {
  it("is unusual from a number on, for somebody who never did this before", () => {
    expect(isUnusual(UNUSUAL_COUNT - 1, usual([]))).toBe(false);
    expect(isUnusual(UNUSUAL_COUNT, usual([]))).toBe(true);
  });

  it("is what it always is, however large, and not one more", () => {
    expect(isUnusual(500, usual(every(500)))).toBe(false);
    expect(isUnusual(501, usual(every(500)))).toBe(true);
  });

  it("may vary as much as it does", () => {
    // Mean 15, deviation 5: three of them end at 30.
    const days = every(0).map((_, index) => (index % 2 === 0 ? 10 : 20));
    expect(usualOf(usual(days))).toEqual({ usual_mean: 15, usual_deviation: 5, threshold: 30 });
    expect(isUnusual(30, usual(days))).toBe(false);
    expect(isUnusual(31, usual(days))).toBe(true);
  });

  it("is never judged otherwise than by mean and deviation", () => {
    const days = fc.array(fc.nat({ max: 1000 }), { maxLength: USUAL_DAYS });
    fc.assert(
      fc.property(days, fc.nat({ max: 5000 }), (before, count) => {
        const { sum, sum_of_squares } = usual(before);
        const mean = sum / USUAL_DAYS;
        const deviation = Math.sqrt(sum_of_squares / USUAL_DAYS - mean ** 2);
        fc.pre(Math.abs(count - mean - 3 * deviation) > 1e-6);
        const expected = count >= UNUSUAL_COUNT && count > mean + 3 * deviation;
        expect(isUnusual(count, usual(before))).toBe(expected);
      }),
    );
  });
});
