import { describe, expect, test } from "vitest";
import {
  decimalTypes,
  describeDecimals,
  mergeDigits,
} from "../../../src/domain/rules/decimalTypes.ts";
import { parsePrivacyRules } from "../../../src/domain/rules/privacy.ts";
import type { DecimalDigits, Schema } from "../../../src/domain/table.ts";
import fc from "../../support/property.ts";

const SCHEMA: Schema = { id: "int", amount: "decimal", share: "decimal" };

const typesFor = (digits: DecimalDigits | undefined, rules: unknown = {}) => {
  const privacy = parsePrivacyRules(rules);
  if (!privacy.ok) throw new Error(JSON.stringify(privacy));
  return decimalTypes(SCHEMA, privacy.value, digits);
};

describe("the types of decimal columns", () => {
  test("are at least as wide as 64 bits allow, and have the scale of the longest fraction", () => {
    const digits = { amount: { whole: 3, fraction: 2 }, share: { whole: 17, fraction: 2 } };
    expect(typesFor(digits)).toEqual({
      amount: { precision: 18, scale: 2 },
      share: { precision: 19, scale: 2 },
    });
    expect(typesFor({ amount: { whole: 16, fraction: 2 } })).toEqual({
      amount: { precision: 18, scale: 2 },
    });
  });

  test("are left out where digits were not counted, or are more than 38 side by side", () => {
    expect(typesFor(undefined)).toEqual({});
    expect(typesFor({})).toEqual({});
    expect(
      typesFor({ amount: { whole: 30, fraction: 9 }, share: { whole: 0, fraction: 38 } }),
    ).toEqual({ share: { precision: 38, scale: 38 } });
  });

  test("are left out of columns that are no decimals, or become texts", () => {
    const digits = { id: { whole: 3, fraction: 0 }, amount: { whole: 3, fraction: 2 } };
    expect(typesFor(digits, { amount: "mask" })).toEqual({});
    expect(typesFor(digits, { amount: { strategy: "bucket", size: 10 } })).toEqual({});
    for (const strategy of ["keep", "nullify", "suppress"])
      expect(typesFor(digits, { amount: strategy })).toEqual({
        amount: { precision: 18, scale: 2 },
      });
  });

  test("have room for the digit that noise may add", () => {
    const noise = { amount: { strategy: "noise", percent: 100 } };
    expect(typesFor({ amount: { whole: 15, fraction: 2 } }, noise)).toEqual({
      amount: { precision: 18, scale: 2 },
    });
    expect(typesFor({ amount: { whole: 16, fraction: 2 } }, noise)).toEqual({
      amount: { precision: 19, scale: 2 },
    });
    expect(typesFor({ amount: { whole: 36, fraction: 2 } }, noise)).toEqual({});
  });

  test("are told in words, those without one as text", () => {
    const digits = { amount: { whole: 3, fraction: 2 } };
    expect(describeDecimals(SCHEMA, typesFor(digits))).toEqual({
      amount: "decimal(18,2)",
      share: "text",
    });
    expect(describeDecimals(SCHEMA)).toEqual({ amount: "text", share: "text" });
    expect(describeDecimals({ id: "int" })).toEqual({});
  });
});

describe("digits of parts", () => {
  const count = fc.record({ whole: fc.nat(38), fraction: fc.nat(38) });

  test("are those of the whole, whatever the order", () => {
    fc.assert(
      fc.property(fc.array(count, { minLength: 1 }), (counts) => {
        const parts = counts.map((amount) => ({ amount }));
        const whole = Math.max(...counts.map((one) => one.whole));
        const fraction = Math.max(...counts.map((one) => one.fraction));
        expect(mergeDigits(parts)).toEqual({ amount: { whole, fraction } });
        expect(mergeDigits(parts.toReversed())).toEqual(mergeDigits(parts));
      }),
    );
  });

  test("are not known when a part was not counted", () => {
    const counted = { amount: { whole: 3, fraction: 2 } };
    expect(mergeDigits([counted, undefined])).toBeUndefined();
    expect(mergeDigits([undefined, undefined])).toBeUndefined();
    expect(mergeDigits([])).toBeUndefined();
  });
});
