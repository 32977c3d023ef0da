import { describe, expect, it } from "vitest";
import { isOver, monthBefore, settledMonth, waitsUntil } from "../../src/application/months.ts";

describe("the month before", () => {
  it.each([
    ["2026-01-01T00:00:00.000Z", "2025-12"],
    ["2026-01-31T23:59:59.999Z", "2025-12"],
    ["2026-03-31T12:00:00.000Z", "2026-02"],
    ["2024-03-01T00:00:00.000Z", "2024-02"],
    // Already the first of December east of Greenwich: months are UTC's.
    ["2026-12-01T00:30:00.000+02:00", "2026-10"],
    ["2026-11-30T23:30:00.000-02:00", "2026-11"],
  ])("%s is %s", (at, month) => {
    expect(monthBefore(new Date(at))).toBe(month);
  });
});

describe("a month", () => {
  it("is over from the first moment of the next one on", () => {
    expect(isOver("2026-11", new Date("2026-11-30T23:59:59.999Z"))).toBe(false);
    expect(isOver("2026-11", new Date("2026-12-01T00:00:00.000Z"))).toBe(true);
    expect(isOver("2026-12", new Date("2027-01-01T00:00:00.000Z"))).toBe(true);
    expect(isOver("2027-01", new Date("2026-12-31T00:00:00.000Z"))).toBe(false);
  });

  it("waits three days for what its report lacks", () => {
    expect(waitsUntil("2026-12").toISOString()).toBe("2027-01-04T00:00:00.000Z");
    expect(waitsUntil("2026-02").toISOString()).toBe("2026-03-04T00:00:00.000Z");
  });

  it("has settled three hours later", () => {
    expect(settledMonth(new Date("2026-01-01T02:59:59.999Z"))).toBe("2025-11");
    expect(settledMonth(new Date("2026-01-01T03:00:00.000Z"))).toBe("2025-12");
    expect(settledMonth(new Date("2026-01-31T23:00:00.000Z"))).toBe("2025-12");
  });
});
