import { describe, expect, it } from "vitest";
import { parseText } from "../../../src/data/types.ts";
import { apply, column, hmac, KEYS } from "../../support/strategies.ts";

/** Where the HMAC of the message moves a value to, before it is rounded. */
const moved = (value: number, percent: number, message: string): number => {
  const digest = hmac(KEYS.noise, message);
  const share = (digest.readUIntBE(6, 6) + 1) / 2 ** 48;
  const sign = digest.readUIntBE(0, 6) % 2 === 0 ? 1 : -1;
  return value + (sign * value * percent * share) / 100;
};

const roundedTo = (step: number, value: number): number => Math.round(value / step) * step;

describe("noise", () => {
  it("moves a number by the share the HMAC says, and rounds to a tenth of the percentage", () => {
    // Of any number around a million, a tenth of five percent is between 1,000 and 10,000.
    const noisy = roundedTo(1000, moved(1_000_000, 5, '["c",5,null]:1000000'));
    for (const type of ["int", "float", "decimal"] as const)
      expect(apply({ strategy: "noise", percent: 5 }, type, ["1000000"])).toEqual([String(noisy)]);
  });

  it("rounds to the power of ten that fits what comes out, not what went in", () => {
    // A tenth of 10 % is 9.99 just below 999 and 10 above: only the noisy number may tell.
    const values = Array.from({ length: 200 }, (_, index) => String(900 + index));
    for (const [row, noisy] of apply("noise", "int", values).entries()) {
      const exact = moved(900 + row, 10, `["c",10,null]:${900 + row}`);
      const step = exact < 1000 ? 1 : 10;
      const near = roundedTo(step, exact);
      // Beside its own value, or at the end of its range, it is the next one.
      const next = [near, near - step, near + step].map(String);
      expect(next).toContain(noisy);
    }
  });

  it("never leaves the percentage, never stays, and is as often above as below", () => {
    for (const percent of [0.01, 2.5, 10, 70, 100])
      for (const type of ["int", "float", "decimal"] as const) {
        const values = Array.from({ length: 400 }, (_, row) => String(20_000 + 500 * row));
        const noisy = apply({ strategy: "noise", percent }, type, values).map(Number);
        let above = 0;
        for (const [row, value] of values.map(Number).entries()) {
          const distance = Math.abs((noisy[row] ?? Number.NaN) - value);
          expect(distance).toBeGreaterThan(0);
          expect(distance).toBeLessThanOrEqual(Math.max(1, (value * percent) / 100));
          above += Number((noisy[row] ?? 0) > value);
        }
        expect(above).toBeGreaterThan(150);
        expect(above).toBeLessThan(250);
      }
  });

  it("keeps a decimal's scale, moves an int by at least one, and leaves zero", () => {
    const [cents, zero] = apply({ strategy: "noise", percent: 10 }, "decimal", ["1000.00", "0.00"]);
    expect(cents).toMatch(/^(9\d\d|10\d0|1100)\.00$/);
    expect(zero).toBe("0.00");
    const [one, nought] = apply({ strategy: "noise", percent: 1 }, "int", ["1", "0"]);
    expect(["0", "2"]).toContain(one);
    expect(nought).toBe("0");
    expect(apply("noise", "float", ["0", "-0"])).toEqual(["0", "0"]);
  });

  it("stays within the type at its ends", () => {
    const ends = ["9223372036854775807", "-9223372036854775808"];
    for (let percent = 1; percent <= 100; percent += 9)
      for (const noisy of apply({ strategy: "noise", percent }, "int", ends))
        expect(parseText(noisy ?? "", "int")).toBeDefined();
    const floats = ["1.7e308", "-1.7e308", "1.7976931348623157e308", "1e-300", "5e-324", "-5e-324"];
    for (let percent = 1; percent <= 100; percent += 3)
      for (const [row, noisy] of apply({ strategy: "noise", percent }, "float", floats).entries()) {
        expect(parseText(noisy ?? "", "float")).toBeDefined();
        expect(Number(noisy)).not.toBe(Number(floats[row]));
      }
  });

  it("moves one value of one subject alike, however each is spelt, to the digits of the value", () => {
    const exact = moved(10, 10, '["c",10,"1.5"]:10');
    const subject = column("who", "decimal", ["1.5", "1.50", "1.500"]);
    const spellings = ["10", "10.0", "10.00"];
    // A tenth of the percentage is between 0.01 and 0.1 below 10, and 0.1 from there on.
    const steps = [1, 0.1, exact < 10 ? 0.01 : 0.1];
    expect(apply({ strategy: "noise", percent: 10 }, "decimal", spellings, { subject })).toEqual(
      steps.map((step, digits) => roundedTo(step, exact).toFixed(digits)),
    );
  });

  it.each([
    ["int", "1000"],
    ["float", "0.25"],
  ] as const)("takes a subject of 0 and one of -0 for one, on %s", (type, value) => {
    const subject = column("who", "float", ["0", "-0"]);
    const [zero, negative] = apply("noise", type, [value, value], { subject });
    expect(negative).toBe(zero);
    expect(zero).not.toBe(value);
  });

  it("depends on the subject, where there is one, so that other rows may go", () => {
    const subject = column("who", "string", ["ann", "bob", null]);
    const values = ["1000", "1000", "1000"];
    const [ann, bob, nobody] = apply("noise", "float", values, { subject });
    expect(new Set([ann, bob, nobody]).size).toBe(3);
    const alone = column("who", "string", ["bob"]);
    expect(apply("noise", "float", ["1000"], { subject: alone })).toEqual([bob]);
    expect(apply("noise", "float", ["1000"])).toEqual([nobody]);
  });

  it("depends on the value alone where nobody is named, whatever the row and the spelling", () => {
    const [first, second, third] = apply("noise", "decimal", ["250.50", "250.5", "250.500"]);
    expect([Number(second), Number(third)]).toEqual([Number(first), Number(first)]);
    expect(apply("noise", "float", ["7", "8", "250.5"])[2]).toBe(String(Number(first)));
  });
});

/** A date moved by the days that the HMAC of the message says, up to 30 either way. */
const shifted = (date: string, message: string, most = 30): string => {
  const offset = hmac(KEYS.date_shift, message).readUIntBE(0, 6) % (2 * most);
  const days = offset < most ? offset - most : offset - most + 1;
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
};

describe("date_shift", () => {
  it("shifts by the days the HMAC of the subject says, whatever column a date stands in", () => {
    const subject = column("who", "string", ["ann", "ann", 'a"b']);
    const dates = ["2024-01-31", "1985-03-01", "2024-01-31"];
    expect(apply("date_shift", "date", dates, { subject })).toEqual([
      shifted("2024-01-31", '[30,"ann"]'),
      shifted("1985-03-01", '[30,"ann"]'),
      shifted("2024-01-31", '[30,"a\\"b"]'),
    ]);
    const moments = dates.map((date) => `${date}T10:00:00Z`);
    expect(apply("date_shift", "datetime", moments, { subject })).toEqual(
      apply("date_shift", "date", dates, { subject }).map((date) => `${date}T10:00:00Z`),
    );
  });

  it.each([
    ["decimal", ["1", "1.0", "1.00"], "1"],
    ["float", ["0", "-0"], "0"],
  ] as const)("is one shift for one subject, however a %s spells it", (type, spellings, text) => {
    const dates = spellings.map(() => "2024-01-31");
    const subject = column("who", type, spellings);
    expect(apply("date_shift", "date", dates, { subject })).toEqual(
      spellings.map(() => shifted("2024-01-31", `[30,"${text}"]`)),
    );
  });

  it("is another shift within another number of days", () => {
    const subject = column("who", "string", ["ann"]);
    const rule = { strategy: "date_shift", days: 365 };
    expect(apply(rule, "date", ["2024-01-31"], { subject })).toEqual([
      shifted("2024-01-31", '[365,"ann"]', 365),
    ]);
  });

  it("keeps the time of day and never stays", () => {
    const times = Array.from(
      { length: 200 },
      (_, row) => `2024-01-01T10:20:${String(row % 60).padStart(2, "0")}Z`,
    );
    for (const [row, moment] of apply(
      { strategy: "date_shift", days: 1 },
      "datetime",
      times,
    ).entries()) {
      expect(moment?.slice(10)).toBe(times[row]?.slice(10));
      expect(["2023-12-31", "2024-01-02"]).toContain(moment?.slice(0, 10));
    }
  });

  it("stays within the calendar", () => {
    const ends = ["0001-01-01", "9999-12-31"];
    for (let days = 1; days <= 3650; days += 73)
      for (const date of apply({ strategy: "date_shift", days }, "date", ends)) {
        expect(parseText(date ?? "", "date")).toBeDefined();
        expect(ends).not.toContain(date);
      }
  });

  it("uses the date itself where the row names no subject", () => {
    const subject = column("who", "string", [null, "ann"]);
    const dates = ["2024-01-31", "2024-01-31"];
    const [unnamed, ann] = apply("date_shift", "date", dates, { subject });
    expect([unnamed]).toEqual(apply("date_shift", "date", ["2024-01-31"]));
    expect(unnamed).toBe(shifted("2024-01-31", "[30,null]:2024-01-31"));
    expect(ann).toBe(shifted("2024-01-31", '[30,"ann"]'));
  });

  it.each(["0001-01-01", "1753-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "9999-12-31"])(
    "moves %s, which stands in for no date, by itself and never by its subject",
    (date) => {
      const subject = column(
        "who",
        "string",
        Array.from({ length: 50 }, (_, index) => `person ${index}`),
      );
      const dates = Array.from({ length: 50 }, () => date);
      const out = apply("date_shift", "date", dates, { subject });
      expect(new Set(out).size).toBe(1);
      expect(out[0]).not.toBe(date);
      const moments = dates.map((day) => `${day}T00:00:00Z`);
      expect(new Set(apply("date_shift", "datetime", moments, { subject })).size).toBe(1);
    },
  );

  it.each(["1900-01-02", "1969-12-31", "1970-01-02", "2098-12-31"])(
    "moves %s, which may be a person's, with the person",
    (date) => {
      const subject = column("who", "string", ["ann"]);
      expect(apply("date_shift", "date", [date], { subject })).toEqual([
        shifted(date, '[30,"ann"]'),
      ]);
    },
  );
});
