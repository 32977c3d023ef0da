import { describe, expect, test } from "vitest";
import { kindsOfInteger, kindsOfText } from "../../../src/data/pii/detectors.ts";
import type { PiiKind } from "../../../src/domain/suspicion.ts";

/** Published examples of each kind, and the same with a wrong check digit or a broken form. */
const TABLE: Readonly<
  Partial<Record<PiiKind, { readonly good: readonly string[]; readonly bad: readonly string[] }>>
> = {
  email: {
    good: ["jane.doe@example.com", " J+x@mail.example.co.uk ", "jürgen@müller.example", "a@b.io"],
    bad: [
      "jane.doe",
      "@example.com",
      "jane@localhost",
      "a..b@example.com",
      "a@b@example.com",
      "@x",
    ],
  },
  phone: {
    good: [
      "+49 30 901820",
      "+33 1 42 76 40 40",
      "0034912345678",
      "(030) 90182-0123",
      "030/901820123",
      "01 42 76 40 40",
      "(212) 555-0123",
      "212-555-0123",
    ],
    bad: ["2026-11-24", "01-02-2026", "01/02/2026", "0123456789", "4711", "+1 2", "12.5", "1-2-3"],
  },
  iban: {
    good: ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "fr1420041010050500013m02606"],
    bad: ["DE88 3704 0044 0532 0130 00", "GB82WEST12345698765433", "DE89", "XX00ABCDEFGHIJK"],
  },
  payment_card: {
    good: ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011111111111117"],
    bad: ["4111 1111 1111 1112", "1234567812345670", "0000000000000000", "41111111111"],
  },
  ip_address: {
    good: ["192.168.0.1", "255.255.255.255", "::1", "2001:db8::8a2e:370:7334", "::ffff:192.0.2.1"],
    bad: ["1.2.3", "256.1.1.1", "1.2.3.04", "12:30:45", "::", "1:::2", "2001:db8::1::2", "::x"],
  },
  german_tax_id: {
    good: ["86095742719", "36 574 261 809", "65929970489"],
    bad: ["86095742718", "36574261808", "01234567890", "11111111111", "12345678903"],
  },
  spanish_national_id: {
    good: ["12345678Z", "54362315-K", "X1234567L", "x-2482300-w"],
    bad: ["12345678A", "54362315A", "X1234567M", "12345678"],
  },
  french_social_security_number: {
    good: ["2 95 10 99 126 111 93", "253072B07300470"],
    bad: ["2 95 10 99 126 111 94", "253072C07300443", "995109912611193"],
  },
  italian_tax_code: {
    good: ["RSSMRA85T10A562S", "rccmnl83s18d969h"],
    bad: ["RSSMRA85T10A562T", "RCCMNL83S18D969", "RSSMRA85Z10A562S"],
  },
  dutch_citizen_service_number: {
    good: ["111222333", "1112.22.333", "123456782"],
    bad: ["111252333", "123456789", "000000000"],
  },
  polish_pesel: {
    good: ["44051401359", "02070803628"],
    bad: ["44051401358", "44133101359", "44023001350"],
  },
  belgian_national_number: {
    good: ["85.07.30-033 28", "17073003384"],
    bad: ["85.07.30-033 29", "85073503328", "85133003328"],
  },
};

describe.each(Object.entries(TABLE))("a value of kind %s", (kind, { good, bad }) => {
  test.each(good)("is known by its form and check digits: %s", (value) => {
    expect(kindsOfText(value)).toContain(kind);
  });

  test.each(bad)("is not seen in what only resembles it: %s", (value) => {
    expect(kindsOfText(value)).not.toContain(kind);
  });
});

describe("a number", () => {
  test("is known also where a column of integers has taken the zero before it", () => {
    expect(kindsOfInteger("4111111111111111")).toEqual(["payment_card"]);
    expect(kindsOfInteger("2070803628")).toContain("polish_pesel");
    expect(kindsOfInteger("10000009")).toEqual([]);
  });

  test("is nothing when it is short, signed or a fraction", () => {
    for (const value of ["", "7", "-111222333", "0.111222333"]) {
      expect(kindsOfInteger(value)).toEqual([]);
      expect(kindsOfText(value)).toEqual([]);
    }
  });
});
