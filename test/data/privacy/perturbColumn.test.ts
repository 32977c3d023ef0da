import { describe, expect, it } from "vitest";
import { parseText } from "../../../src/data/types.ts";
import { apply, column, hmac, KEYS } from "../../support/strategies.ts";

describe("noise", () => {
  it("moves a number by the share the HMAC says, within the percentage", () => {
    const digest = hmac(KEYS.noise, '["c",1]:1000000');
    const share = (digest.readUIntBE(6, 6) + 1) / 2 ** 48;
    const sign = digest.readUIntBE(0, 6) % 2 === 0 ? 1 : -1;
    expect(apply({ strategy: "noise", percent: 5 }, "int", ["1000000"])).toEqual([
      String(1_000_000 + sign * Math.round(50_000 * share)),
    ]);
  });

  it("keeps a decimal's scale, moves an int by at least one, and leaves zero", () => {
    const [cents, zero] = apply({ strategy: "noise", percent: 10 }, "decimal", ["1000.00", "0.00"]);
    expect(cents).toMatch(/^(9\d\d|1\d\d\d|1100)\.\d\d$/);
    expect(zero).toBe("0.00");
    const [one, nought] = apply({ strategy: "noise", percent: 1 }, "int", ["1", "0"]);
    expect(["0", "2"]).toContain(one);
    expect(nought).toBe("0");
  });

  it("stays within the type at its ends", () => {
    const ends = ["9223372036854775807", "-9223372036854775808"];
    const rows = Array.from({ length: 20 }, () => ends).flat();
    for (const noisy of apply({ strategy: "noise", percent: 100 }, "int", rows))
      expect(parseText(noisy ?? "", "int")).toBeDefined();
    const floats = Array.from({ length: 20 }, () => ["1.7e308", "-1.7e308", "5e-324"]).flat();
    for (const [row, noisy] of apply(
      { strategy: "noise", percent: 100 },
      "float",
      floats,
    ).entries()) {
      expect(parseText(noisy ?? "", "float")).toBeDefined();
      expect(noisy).not.toBe(floats[row]);
    }
  });

  it("moves one value of one subject alike, however each is spelt, to the digits of the value", () => {
    const digest = hmac(KEYS.noise, '["c","1.5"]:1000');
    const share = (digest.readUIntBE(6, 6) + 1) / 2 ** 48;
    const sign = digest.readUIntBE(0, 6) % 2 === 0 ? 1 : -1;
    const subject = column("who", "decimal", ["1.5", "1.50", "1.500"]);
    const spellings = ["1000", "1000.0", "1000.00"];
    expect(apply({ strategy: "noise", percent: 10 }, "decimal", spellings, { subject })).toEqual(
      spellings.map((_, digits) => (1000 + sign * 100 * share).toFixed(digits)),
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

  it("depends on the row, or on the subject where there is one, so that other rows may go", () => {
    const [first, second] = apply("noise", "float", ["1000", "1000"]);
    expect(first).not.toBe(second);
    const subject = column("who", "string", ["ann", "bob"]);
    const [ann] = apply("noise", "float", ["1000", "1000"], { subject });
    const [later] = apply("noise", "float", ["1000"], {
      subject: column("who", "string", ["ann"]),
      row_numbers: [77],
    });
    expect(later).toBe(ann);
  });
});

describe("date_shift", () => {
  it("shifts by the days the HMAC of the subject says", () => {
    const offset = hmac(KEYS.date_shift, "ann").readUIntBE(0, 6) % 60;
    const days = offset < 30 ? offset - 30 : offset - 29;
    const subject = column("who", "string", ["ann", "ann"]);
    const shifted = apply("date_shift", "date", ["2024-01-31", "2024-03-01"], { subject });
    const expected = ["2024-01-31", "2024-03-01"].map((date) =>
      new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10),
    );
    expect(shifted).toEqual(expected);
  });

  it.each([
    ["decimal", ["1", "1.0", "1.00"], "1"],
    ["float", ["0", "-0"], "0"],
  ] as const)("is one shift for one subject, however a %s spells it", (type, spellings, text) => {
    const offset = hmac(KEYS.date_shift, text).readUIntBE(0, 6) % 60;
    const days = offset < 30 ? offset - 30 : offset - 29;
    const shifted = new Date(Date.parse("2024-01-31") + days * 86_400_000);
    const dates = spellings.map(() => "2024-01-31");
    const subject = column("who", type, spellings);
    expect(apply("date_shift", "date", dates, { subject })).toEqual(
      spellings.map(() => shifted.toISOString().slice(0, 10)),
    );
  });

  it("keeps the time of day and never stays", () => {
    const times = Array.from(
      { length: 200 },
      (_, row) => `2024-01-01T10:20:${String(row % 60).padStart(2, "0")}Z`,
    );
    for (const [row, shifted] of apply(
      { strategy: "date_shift", days: 1 },
      "datetime",
      times,
    ).entries()) {
      expect(shifted?.slice(10)).toBe(times[row]?.slice(10));
      expect(["2023-12-31", "2024-01-02"]).toContain(shifted?.slice(0, 10));
    }
  });

  it("stays within the calendar", () => {
    const ends = ["0001-01-01", "9999-12-31"];
    for (const shifted of apply({ strategy: "date_shift", days: 3650 }, "date", ends))
      expect(parseText(shifted ?? "", "date")).toBeDefined();
  });

  it("uses the date itself where the row names no subject", () => {
    const subject = column("who", "string", [null]);
    expect(apply("date_shift", "date", ["2024-01-31"], { subject })).toEqual(
      apply("date_shift", "date", ["2024-01-31"]),
    );
  });
});
