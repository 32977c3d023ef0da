import { describe, expect, it } from "vitest";
import {
  count,
  date,
  duration,
  many,
  moment,
  monthLabel,
  monthName,
  share,
  stamp,
} from "../../../src/reporting/print/figures.ts";

describe("figures in a report", () => {
  it("are written with their thousands apart, and the noun in its number", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect([many(0, "lake"), many(1, "lake"), many(2, "access", "accesses")]).toEqual([
      "0 lakes",
      "1 lake",
      "2 accesses",
    ]);
  });

  it("give shares to a tenth, and none of nothing", () => {
    expect(share(1, 3)).toBe("33.3%");
    expect(share(2, 2)).toBe("100.0%");
    expect(share(0, 0)).toBeNull();
  });

  it.each([
    [null, null],
    [0, "0 s"],
    [59.4, "59 s"],
    [60, "1 min"],
    [61, "1 min 1 s"],
    [3599.9, "1 h"],
    [3600, "1 h"],
    [5400, "1 h 30 min"],
    [86_399, "1 d"],
    [86_400, "1 d"],
    [1_234_567, "14 d 7 h"],
    [86_400 * 1000, "1,000 d"],
  ])("write %j seconds as %j", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("name times in UTC, whatever the machine's zone", () => {
    const time = "2026-11-09T23:59:59.999Z";
    expect(moment(time)).toBe("9 November 2026, 23:59 UTC");
    expect(date(time)).toBe("9 November 2026");
    expect(stamp(time)).toBe("2026-11-09 23:59");
    expect([monthName("2026-01"), monthLabel("2026-12")]).toEqual(["January 2026", "Dec 26"]);
  });
});
