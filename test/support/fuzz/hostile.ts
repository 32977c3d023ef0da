/** Values that nobody means well with: of any kind, for any place. */
import fc from "../property.ts";

const TEXTS = [
  "",
  " ",
  "\u0000",
  "\r\nSet-Cookie: a=b",
  "\u202e\u200b",
  "\ud800",
  "💥".repeat(50),
  "x".repeat(5_000),
  "__proto__",
  "constructor",
  "toString",
  "../../../etc/passwd",
  "..%2f..%2f",
  "lakes/other/landing/f.csv",
  "/etc/passwd",
  "C:\\windows",
  "'; DROP TABLE events; --",
  '" OR 1=1 --',
  "<script>alert(1)</script>",
  "#{7*7}{{7*7}}",
  "%00",
  "%zz",
  "-1",
  "NaN",
  "1e999",
  "null",
  "(a+)+$",
  "((a{1000}){1000}){1000}",
  "matches:(((((((((.*)*)*)*)*)*)*)*)*)x",
  "2026-13-45T99:99:99Z",
  "-271821-04-20T00:00:00Z",
  "+275760-09-13T00:00:00.001Z",
  "9".repeat(400),
] as const;

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);

const NUMBERS = [
  0,
  -0,
  -1,
  0.5,
  1e-300,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  2 ** 64,
  1e21,
] as const;

/** Written as JSON by `JSON.stringify`. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [{}], { "": "" }) },
  { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.dictionary(hostileText, hostileText, { maxKeys: 4 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

const deep = (open: string, close: string, levels: number) =>
  `${open.repeat(levels)}${close.repeat(levels)}`;

/** Bodies that are no JSON of any schema's, or no JSON at all. */
export const hostileBody: fc.Arbitrary<string | Uint8Array<ArrayBuffer>> = fc.oneof(
  { weight: 3, arbitrary: hostileValue.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "{",
      "}",
      "{}{}",
      '{"a":1,"a":2}',
      '{"__proto__":{"admin":true}}',
      '{"\\u005f_proto__":1}',
      '{"a":1e999}',
      `{"a":${"9".repeat(5_000)}}`,
      '"\\ud800"',
      deep("[", "]", 20),
      deep("[", "]", 1_000),
      deep('{"a":[', "]}", 400),
      `[${"0,".repeat(60_000)}0]`,
      `{"name":"${"x".repeat(80_000)}"}`,
      "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
      "a=1&b=2",
      "\ufeff{}",
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => Uint8Array.from(bytes) as Uint8Array<ArrayBuffer>),
  },
);

/** One segment of a path, as it stands in a URL. */
export const hostileSegment: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "..",
      ".",
      "%2e%2e",
      "%2e%2e%2f%2e%2e",
      "%2F",
      "%5c",
      "%00",
      "%zz",
      "%",
      "%E0%A4%A",
      "%ff",
      "%0d%0aX-Evil:%201",
      "a;b",
      "*",
      "{id}",
      ":id",
      "~1",
      "b1~0",
      "b1~999999999",
      "x".repeat(200),
      "x".repeat(6_000),
      "%F0%9F%92%A5",
    ),
  },
  { weight: 1, arbitrary: hostileText.map((text) => encoded(text)) },
);

/** As `encodeURIComponent`, which refuses half a pair of surrogates. */
export const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());
