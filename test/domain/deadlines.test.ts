import { describe, expect, it } from "vitest";
import { deadlinesOf, statutoryDeadline } from "../../src/domain/deadlines.ts";

/** A date without a clock or a zone: what the calendar on the wall counts in. */
interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const isLeap = (year: number): boolean => year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0);

const daysIn = ({ year, month }: Pick<Day, "year" | "month">): number =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].at(month - 1) ?? 0;

const tomorrow = ({ year, month, day }: Day): Day => {
  if (day < daysIn({ year, month })) return { year, month, day: day + 1 };
  return month < 12 ? { year, month: month + 1, day: 1 } : { year: year + 1, month: 1, day: 1 };
};

const nextMonth = ({ year, month, day }: Day): Day => {
  const next = month < 12 ? { year, month: month + 1 } : { year: year + 1, month: 1 };
  return { ...next, day: Math.min(day, daysIn(next)) };
};

/** The month counted on the calendar, keeping the day the period started on. */
const monthsLater = (start: Day, months: number): Day => {
  let reached: Day = { ...start, day: 1 };
  for (let n = 0; n < months; n += 1) reached = nextMonth(reached);
  return { ...reached, day: Math.min(start.day, daysIn(reached)) };
};

const daysLater = (start: Day, days: number): Day => {
  let reached = start;
  for (let n = 0; n < days; n += 1) reached = tomorrow(reached);
  return reached;
};

const text = ({ year, month, day }: Day, clock: string): string =>
  `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}T${clock}Z`;

const oracle = (received: Day, clock: string) => {
  const internal = text(daysLater(received, 30), clock);
  const statutory = text(monthsLater(received, 1), "23:59:59.999");
  return {
    deadline: internal < statutory ? internal : statutory,
    statutory_deadline: statutory,
  };
};

const everyDayOf2024To2028 = (): readonly Day[] => {
  const days: Day[] = [];
  for (let day: Day = { year: 2024, month: 1, day: 1 }; day.year < 2029; day = tomorrow(day)) {
    days.push(day);
  }
  return days;
};

describe("the deadline of a deletion request", () => {
  it.each([
    ["2026-01-31T10:00:00.000Z", "2026-02-28T23:59:59.999Z", "2026-02-28T23:59:59.999Z"],
    ["2026-01-30T10:00:00.000Z", "2026-02-28T23:59:59.999Z", "2026-02-28T23:59:59.999Z"],
    ["2026-01-29T10:00:00.000Z", "2026-02-28T10:00:00.000Z", "2026-02-28T23:59:59.999Z"],
    ["2024-01-31T10:00:00.000Z", "2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"],
    ["2024-01-30T00:00:00.000Z", "2024-02-29T00:00:00.000Z", "2024-02-29T23:59:59.999Z"],
    ["2024-02-29T10:00:00.000Z", "2024-03-29T23:59:59.999Z", "2024-03-29T23:59:59.999Z"],
    ["2026-02-28T10:00:00.000Z", "2026-03-28T23:59:59.999Z", "2026-03-28T23:59:59.999Z"],
    ["2026-03-31T10:00:00.000Z", "2026-04-30T10:00:00.000Z", "2026-04-30T23:59:59.999Z"],
    ["2026-04-30T10:00:00.000Z", "2026-05-30T10:00:00.000Z", "2026-05-30T23:59:59.999Z"],
    ["2026-05-31T23:59:59.999Z", "2026-06-30T23:59:59.999Z", "2026-06-30T23:59:59.999Z"],
    ["2026-12-15T10:00:00.000Z", "2027-01-14T10:00:00.000Z", "2027-01-15T23:59:59.999Z"],
    ["2026-12-31T10:00:00.000Z", "2027-01-30T10:00:00.000Z", "2027-01-31T23:59:59.999Z"],
  ])("of a request received on %s is %s, the law's %s", (received, deadline, statutory) => {
    expect(deadlinesOf(new Date(received))).toEqual({ deadline, statutory_deadline: statutory });
  });

  it.each(["00:00:00.000", "00:00:00.001", "12:34:56.789", "23:59:59.999"])(
    "received at %s agrees with the wall calendar on every day of 2024 to 2028",
    (clock) => {
      const days = everyDayOf2024To2028();
      expect(days).toHaveLength(366 + 365 + 365 + 365 + 366);
      const wrong = days.filter((day) => {
        const found = deadlinesOf(new Date(text(day, clock)));
        const expected = oracle(day, clock);
        return (
          found.deadline !== expected.deadline ||
          found.statutory_deadline !== expected.statutory_deadline
        );
      });
      expect(wrong).toEqual([]);
    },
  );

  it("is never later than 30 days after receipt, nor later than the law's", () => {
    for (const day of everyDayOf2024To2028()) {
      const received = new Date(text(day, "18:00:00.000"));
      const { deadline, statutory_deadline } = deadlinesOf(received);
      expect(Date.parse(deadline) - received.getTime()).toBeLessThanOrEqual(30 * 86_400_000);
      expect(deadline <= statutory_deadline).toBe(true);
    }
  });

  it.each([
    ["2026-11-30T10:00:00.000Z", "2027-02-28T23:59:59.999Z"],
    ["2027-11-30T10:00:00.000Z", "2028-02-29T23:59:59.999Z"],
    ["2026-01-31T10:00:00.000Z", "2026-04-30T23:59:59.999Z"],
    ["2026-10-31T10:00:00.000Z", "2027-01-31T23:59:59.999Z"],
  ])("of one received on %s and extended by two months ends on %s", (received, end) => {
    expect(statutoryDeadline(new Date(received), 3).toISOString()).toBe(end);
  });

  it("counts an extension from receipt, not from the end of the first month", () => {
    const wrong = everyDayOf2024To2028().filter((day) => {
      const found = statutoryDeadline(new Date(text(day, "08:00:00.000")), 3).toISOString();
      return found !== text(monthsLater(day, 3), "23:59:59.999");
    });
    expect(wrong).toEqual([]);
  });
});
