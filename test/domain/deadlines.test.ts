import { describe, expect, it } from "vitest";
import { calendars } from "../../src/calendar/calendars.ts";
import { explainDeadlines } from "../../src/domain/deadlineExplanation.ts";
import {
  type Calendar,
  deadlinesOf,
  extendedDeadline,
  periodFrom,
  startOfDay,
} from "../../src/domain/deadlines.ts";
import { everyDay, firstMoment, LAWS, lawful, text } from "../support/deadlineOracle.ts";

const germany = calendars.of({ country: "DE", time_zone: null });
const nowhere = calendars.of({ country: null, time_zone: null });

const found = (received: string, calendar: Calendar) => ({
  ...deadlinesOf(new Date(received), calendar),
  extended_deadline: extendedDeadline(new Date(received), calendar).toISOString(),
});

describe("the deadlines of a request", () => {
  it.each(Object.keys(LAWS))(
    "agree with the law of %s for every date of receipt from 2024 to 2028",
    (country) => {
      const calendar = calendars.of({ country, time_zone: null });
      const days = everyDay(2024, 2028);
      expect(days).toHaveLength(366 + 365 + 365 + 365 + 366);
      // By day, and at an hour at which many a wall shows the next day already.
      const wrong = ["10:00:00.000Z", "22:30:00.000Z"].flatMap((clock) =>
        days
          .map((day) => `${text(day)}T${clock}`)
          .map((received) => ({
            received,
            is: found(received, calendar),
            should: lawful(country, Date.parse(received)),
          }))
          .filter(({ is, should }) => JSON.stringify(is) !== JSON.stringify(should)),
      );
      expect(wrong.slice(0, 3)).toEqual([]);
    },
    30_000,
  );

  it.each([
    // 28 February is a Saturday: the next working day, and three months from receipt when extended.
    ["2026-01-31T10:00:00Z", "2026-03-02T22:59:59.999Z", "2026-04-30T21:59:59.999Z"],
    ["2026-01-30T10:00:00Z", "2026-03-02T22:59:59.999Z", "2026-04-30T21:59:59.999Z"],
    // Leap days, from and to.
    ["2024-01-31T10:00:00Z", "2024-02-29T22:59:59.999Z", "2024-04-30T21:59:59.999Z"],
    ["2024-02-29T10:00:00Z", "2024-04-02T21:59:59.999Z", "2024-05-29T21:59:59.999Z"],
    ["2027-11-30T10:00:00Z", "2027-12-30T22:59:59.999Z", "2028-02-29T22:59:59.999Z"],
    // 31 March has no 31 April.
    ["2026-03-31T10:00:00Z", "2026-04-30T21:59:59.999Z", "2026-06-30T21:59:59.999Z"],
    // 25 and 26 December, then a weekend.
    ["2025-11-25T10:00:00Z", "2025-12-29T22:59:59.999Z", "2026-02-25T22:59:59.999Z"],
    // An extended one over New Year's Day.
    ["2026-10-01T10:00:00Z", "2026-11-02T22:59:59.999Z", "2027-01-04T22:59:59.999Z"],
    // An extended one over Good Friday to Easter Monday.
    ["2026-01-03T10:00:00Z", "2026-02-03T22:59:59.999Z", "2026-04-07T21:59:59.999Z"],
  ])("in Germany, received on %s, end on %s, extended on %s", (received, statutory, extended) => {
    expect(found(received, germany)).toMatchObject({
      statutory_deadline: statutory,
      extended_deadline: extended,
    });
  });

  it.each([
    // The last minute before the night in which clocks go forward, and back.
    ["2026-03-28T22:59:00Z", "2026-04-28T21:59:59.999Z"],
    ["2026-03-28T23:00:00Z", "2026-04-29T21:59:59.999Z"],
    ["2026-03-29T21:59:00Z", "2026-04-29T21:59:59.999Z"],
    ["2026-10-24T21:59:00Z", "2026-11-24T22:59:59.999Z"],
    ["2026-10-24T22:00:00Z", "2026-11-25T22:59:59.999Z"],
    ["2026-10-25T22:59:00Z", "2026-11-25T22:59:59.999Z"],
  ])("received on %s count the day on the wall and end on %s", (received, statutory) => {
    expect(deadlinesOf(new Date(received), germany).statutory_deadline).toBe(statutory);
  });

  it("are 30 days, or less by law, never more", () => {
    const DAY_MS = 86_400_000;
    for (const day of everyDay(2026, 2027)) {
      const received = new Date(`${text(day)}T18:00:00Z`);
      const { deadline, statutory_deadline } = deadlinesOf(received, germany);
      expect(Date.parse(deadline) - received.getTime()).toBeLessThanOrEqual(30 * DAY_MS);
      expect(deadline <= statutory_deadline).toBe(true);
    }
  });

  it("without a country are counted in UTC, over weekends but over no holiday", () => {
    expect(found("2026-01-31T23:30:00Z", nowhere)).toEqual({
      deadline: "2026-03-02T23:30:00.000Z",
      statutory_deadline: "2026-03-02T23:59:59.999Z",
      extended_deadline: "2026-04-30T23:59:59.999Z",
    });
    expect(found("2026-11-25T10:00:00Z", nowhere).statutory_deadline).toBe(
      "2026-12-25T23:59:59.999Z",
    );
  });

  it("know days off in a row and say each", () => {
    const period = periodFrom(new Date("2025-11-25T10:00:00Z"), 1, germany);
    expect(period).toMatchObject({ from: "2025-11-25", nominal: "2025-12-25", last: "2025-12-29" });
    expect(period.days_off.map(({ day }) => day)).toEqual([
      "2025-12-25",
      "2025-12-26",
      "2025-12-27",
      "2025-12-28",
    ]);
  });
});

describe("the first moment of a day", () => {
  // Azores, Havana, Cairo, Beirut and Santiago change their clocks at midnight.
  it.each([
    "Atlantic/Azores",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Santiago",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "UTC",
  ])("in %s is when the wall first shows it, whatever the clocks do", (time_zone) => {
    const calendar = calendars.of({ country: null, time_zone });
    const wrong = everyDay(2026, 2026)
      .map(text)
      .filter((day) => startOfDay(day, calendar).getTime() !== firstMoment(day, time_zone, 15));
    expect(wrong).toEqual([]);
  });
});

describe("the explanation of a deadline", () => {
  it("names the days, what moved the end, and the articles", () => {
    const told = explainDeadlines(new Date("2026-01-31T10:00:00Z"), germany);
    expect(told).toBe(
      "Received on Saturday 31 January 2026. Days are those of Europe/Berlin; Saturdays, Sundays " +
        "and the national public holidays of DE are no working days. The month of Art. 12(3) GDPR " +
        "(Reg. 1182/71 Art. 3) would end on Saturday 28 February 2026 (there is no day 31 in that " +
        "month), which is a Saturday; Sunday 1 March 2026 is a Sunday; so it ends with the last " +
        "hour of the next working day, Monday 2 March 2026 (Art. 3(4)). Lethe works to 30 days " +
        "after receipt, which is earlier. Extended by two further months, with the person told " +
        "why within the first, the period ends with the last hour of Thursday 30 April 2026 " +
        "(there is no day 31 in that month).",
    );
  });

  it("names the holiday, and says when none is counted", () => {
    expect(explainDeadlines(new Date("2026-04-01T10:00:00Z"), germany)).toContain(
      "which is a public holiday (Labour Day)",
    );
    expect(explainDeadlines(new Date("2026-04-01T10:00:00Z"), nowhere)).toContain(
      "no public holidays, as no country is named",
    );
  });
});
