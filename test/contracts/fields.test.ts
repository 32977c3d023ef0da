import { describe, expect, it } from "vitest";
import {
  batchId,
  contractId,
  country,
  datasetName,
  deletionId,
  expiresIn,
  filename,
  lakeId,
  MAX_COLUMNS,
  MAX_NAME,
  MAX_TEXT,
  MAX_URL_SECONDS,
  name,
  receipt,
  replayId,
  schema,
  text,
  time,
  wholeNumber,
} from "../../src/contracts/fields.ts";

describe("a file name", () => {
  it.each([
    "sales.csv",
    "a",
    "2026/11/sales.csv",
    "a-b_c.d.e",
    "a/.hidden",
    "a/b/c/d.parquet",
    "x".repeat(255),
  ])("may be %s", (given) => {
    expect(filename.safeParse(given)).toEqual({ success: true, data: given });
  });

  it.each([
    ["empty", ""],
    ["a way out", "../secret.csv"],
    ["a way out in the middle", "a/../b.csv"],
    ["a way out at the end", "a/.."],
    ["two dots in a name", "a..csv"],
    ["absolute", "/etc/passwd"],
    ["an encoded way out", "%2e%2e/secret.csv"],
    ["an encoded slash", "a%2fb.csv"],
    ["a double slash", "a//b.csv"],
    ["the segment . first", "./a.csv"],
    ["the segment . inside", "a/./b.csv"],
    ["the segment . last", "a/."],
    ["only a dot", "."],
    ["a directory", "a/"],
    ["a hidden file at the top", ".env"],
    ["an option", "-rf"],
    ["an underscore first", "_a.csv"],
    ["a backslash", "a\\b.csv"],
    ["a backslash way out", "..\\a.csv"],
    ["a blank", "a b.csv"],
    ["a line break", "a\nb.csv"],
    ["a line break at the end", "a.csv\n"],
    ["a null", "a\0.csv"],
    ["a query", "a.csv?x=1"],
    ["a fragment", "a.csv#x"],
    ["a URL", "https://example.com/a.csv"],
    ["an umlaut", "übung.csv"],
    ["a full-width dot", "a．．/b.csv"],
    ["a look-alike slash", "a∕b.csv"],
    ["a right-to-left mark", "a\u202Ecsv.exe"],
    ["too long", "x".repeat(256)],
    ["a number", 7],
    ["nothing", null],
  ])("must not be %s", (_, given) => {
    expect(filename.safeParse(given).success).toBe(false);
  });

  it("reads the same in a URL as it was written", () => {
    for (const given of ["a/.hidden", "2026/11/sales.csv", "a-b_c.d.e"]) {
      expect(new URL(given, "https://example.com/landing/").pathname).toBe(`/landing/${given}`);
    }
  });
});

describe.each([
  ["a lake's id", lakeId],
  ["a dataset's name", datasetName],
  ["a contract's id", contractId],
  ["a batch's id", batchId],
  ["a deletion's id", deletionId],
  ["a replay's id", replayId],
])("%s", (_, schemaOfId) => {
  it.each(["a", "0", "sales_2024.v1-b", "x".repeat(128)])("may be %s", (given) => {
    expect(schemaOfId.safeParse(given)).toEqual({ success: true, data: given });
  });

  it.each([
    "",
    ".",
    "..",
    ".a",
    "-a",
    "_a",
    "a/b",
    "a b",
    "a\n",
    "é",
    "a%",
    "x".repeat(129),
    1,
    null,
  ])("must not be %j", (given) => {
    expect(schemaOfId.safeParse(given).success).toBe(false);
  });
});

describe("a schema", () => {
  const columns = (n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, index) => [`c${index}`, "int"]));

  it("has from one to the most columns there may be", () => {
    expect(schema.safeParse(columns(1)).success).toBe(true);
    expect(schema.safeParse(columns(MAX_COLUMNS)).success).toBe(true);
    expect(schema.safeParse({}).success).toBe(false);
    expect(schema.safeParse(columns(MAX_COLUMNS + 1)).success).toBe(false);
  });

  it("keeps the order of its columns", () => {
    const given = { z: "int", a: "date", m: "decimal" };
    expect(Object.keys(schema.parse(given))).toEqual(["z", "a", "m"]);
  });

  it("knows its types, and * is no column", () => {
    expect(schema.safeParse({ a: "integer" }).success).toBe(false);
    expect(schema.safeParse({ a: null }).success).toBe(false);
    expect(schema.safeParse({ "*": "int" }).success).toBe(false);
    expect(schema.safeParse({ "": "int" }).success).toBe(false);
    expect(schema.safeParse({ "a\u0000b": "int" }).success).toBe(false);
  });

  it("does not take a column that would change what every object has", () => {
    const given: unknown = JSON.parse('{"__proto__": "int", "a": "int"}');
    const parsed = schema.safeParse(given);
    expect(parsed.success && Object.getPrototypeOf(parsed.data)).not.toBe("int");
  });
});

describe("a time", () => {
  it.each([
    ["2026-11-23T12:00:00Z", "2026-11-23T12:00:00.000Z"],
    ["2026-11-23T12:00:00.5Z", "2026-11-23T12:00:00.500Z"],
    ["2026-11-23T12:00:00+02:00", "2026-11-23T10:00:00.000Z"],
    ["2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"],
    ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"],
    ["2026-11-23t12:00:00z", "2026-11-23T12:00:00.000Z"],
    ["2026-11-23t12:00:00.25+02:00", "2026-11-23T10:00:00.250Z"],
  ])("written %s is %s", (given, normal) => {
    expect(time.parse(given)).toBe(normal);
    expect(receipt.parse(given)).toBe(normal);
  });

  it.each(["2026-11-23", "2026-11-23T12:00:00", "2026-02-30T00:00:00Z", "yesterday", "", 0])(
    "must not be %j",
    (given) => {
      expect(time.safeParse(given).success).toBe(false);
    },
  );
});

describe("a time whose year in UTC has not four digits", () => {
  it.each(["9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+00:01"])(
    "is refused when written %s, also where a day would do",
    (given) => {
      const message = "must lie in the years 0000 to 9999 of UTC";
      expect(time.safeParse(given).error?.issues).toMatchObject([{ message }]);
      expect(receipt.safeParse(given).success).toBe(false);
    },
  );
});

describe("a country", () => {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const codes = letters.flatMap((first) => letters.map((second) => `${first}${second}`));
  /** Reserved exceptionally, or to be assigned by users, though the runtime has names for them. */
  const UNASSIGNED = "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK".split(" ");

  it("is one of the 249 that ISO 3166-1 has assigned a code", () => {
    const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
    const named = codes.filter(
      (code) =>
        ![undefined, "Unknown Region"].includes(names.of(code)) &&
        new Intl.Locale(`und-${code}`).region === code,
    );
    const taken = codes.filter((code) => country.safeParse(code).success);
    expect(taken).toHaveLength(249);
    expect(taken).toEqual(named.filter((code) => !UNASSIGNED.includes(code)));
  });

  it.each(["AN", "DD", "EU", "FX", "SU", "UK", "XA", "XK", "YU", "de", "DEU", "D", "", " DE"])(
    "must not be %j",
    (given) => {
      expect(country.safeParse(given).success).toBe(false);
    },
  );
});

describe("a number that is written as a text", () => {
  it.each([
    ["0", 0],
    ["7", 7],
    ["007", 7],
    ["999999999999999", 999_999_999_999_999],
  ])("%s is %i", (given, number) => {
    expect(wholeNumber().parse(given)).toBe(number);
  });

  it.each(["", " ", "0x2", "1e2", "1.0", "+1", "-1", " 1", "1\n", "1_0", "١", "1000000000000000"])(
    "is digits and nothing else: %j is none",
    (given) => {
      expect(wholeNumber().safeParse(given).success).toBe(false);
    },
  );

  it("lies within its bounds", () => {
    const few = wholeNumber(1, 12);
    expect(["1", "12"].map((given) => few.parse(given))).toEqual([1, 12]);
    for (const given of ["0", "13"]) expect(few.safeParse(given).success).toBe(false);
  });
});

describe("a text", () => {
  it("has a limit, says something and has no control characters but line breaks", () => {
    expect(text.safeParse("x".repeat(MAX_TEXT)).success).toBe(true);
    expect(text.safeParse("one\r\n\ttwo").success).toBe(true);
    for (const given of ["x".repeat(MAX_TEXT + 1), "", "  \n ", "a\u0000b", "a\u001bb"]) {
      expect(text.safeParse(given).success).toBe(false);
    }
  });

  it("that names somebody is one line", () => {
    expect(name.safeParse("x".repeat(MAX_NAME)).success).toBe(true);
    for (const given of ["x".repeat(MAX_NAME + 1), "", "   ", "a\nb", "a\tb"]) {
      expect(name.safeParse(given).success).toBe(false);
    }
  });
});

describe("the life of a URL", () => {
  it("is from a second to seven days, a quarter of an hour unless said", () => {
    for (const unsaid of [undefined, null]) expect(expiresIn.parse(unsaid)).toBe(900);
    expect(expiresIn.parse(1)).toBe(1);
    expect(expiresIn.parse(MAX_URL_SECONDS)).toBe(604_800);
    for (const given of [0, -1, 1.5, MAX_URL_SECONDS + 1, "900"]) {
      expect(expiresIn.safeParse(given).success).toBe(false);
    }
  });
});
