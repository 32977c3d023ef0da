import { describe, expect, it } from "vitest";
import { apply, hmac, KEYS } from "../../support/strategies.ts";

describe("strategies without a key", () => {
  it.each([
    ["mask", "int", ["1", "-23", null], ["*", "***", null]],
    ["mask", "string", ["Zoë \u{1f600}", "", "*", "**"], ["*****", "", "#", "##"]],
    ["mask", "boolean", ["true", "false"], ["****", "****"]],
    [{ strategy: "mask", preserve_null: false }, "string", [null, "ab"], ["****", "**"]],
    [{ strategy: "mask", keep_last: 4 }, "string", ["4111111111111111"], ["************1111"]],
    [{ strategy: "mask", keep_last: 4 }, "string", ["1234567", "1234"], ["*******", "****"]],
    [{ strategy: "mask", keep_first: 1, keep_last: 1 }, "string", ["abcd", "abc"], ["a**d", "***"]],
    [{ strategy: "mask", keep_first: 2 }, "string", ["ab**"], ["ab##"]],
    [
      { strategy: "mask", preserve_format: true },
      "string",
      ["ann@mail.org", "+49 30-123", "---", "Ω€"],
      ["***@****.***", "+** **-***", "***", "**"],
    ],
    [
      { strategy: "mask", preserve_format: true, keep_last: 4 },
      "string",
      ["4111-1111-1111-1234"],
      ["****-****-****-1234"],
    ],
    ["redact", "float", ["1.5", null], ["[REDACTED]", null]],
    [{ strategy: "redact", text: "x", preserve_null: false }, "string", ["a", null], ["x", "x"]],
    ["nullify", "int", ["1", null], [null, null]],
    ["suppress", "date", ["2024-01-01"], [null]],
    ["keep", "datetime", ["2024-01-01T00:00:00Z", null], ["2024-01-01T00:00:00Z", null]],
    [
      { strategy: "generalize", as: "age" },
      "int",
      ["0", "9", "34", "89", "90", "120", "-1"],
      ["0-9", "0-9", "30-39", "80-89", "90+", "90+", "<0"],
    ],
    [{ strategy: "generalize", as: "age" }, "float", ["39.9"], ["30-39"]],
    [
      { strategy: "generalize", as: "salary" },
      "decimal",
      ["39999.99", "40000.00", "200000", "5"],
      ["30000-39999", "40000-49999", "200000+", "0-9999"],
    ],
    [{ strategy: "generalize", as: "date" }, "date", ["2024-02-29"], ["2024-02"]],
    [
      { strategy: "generalize", as: "date", precision: "year" },
      "datetime",
      ["2024-12-31T23:59:59Z"],
      ["2024"],
    ],
    [
      { strategy: "generalize", as: "zipcode" },
      "string",
      ["90210", "SW1A 1AA", "1234", "902**", null],
      ["902**", "SW1*****", "****", "902##", null],
    ],
    [
      { strategy: "generalize", buckets: [18, 65], preserve_null: false },
      "int",
      ["17", "18", "64", "65", null],
      ["<18", "18-64", "18-64", ">=65", "unknown"],
    ],
    [
      { strategy: "bucket", buckets: [0, 0.5] },
      "float",
      ["-0.1", "0", "0.49", "0.5"],
      ["<0", "0 to <0.5", "0 to <0.5", ">=0.5"],
    ],
    [
      { strategy: "bucket", size: 10 },
      "int",
      ["25", "20", "-1", "-10"],
      ["20-29", "20-29", "-10 to -1", "-10 to -1"],
    ],
    [
      { strategy: "bucket", size: 0.1 },
      "decimal",
      ["0.3", "0.299"],
      ["0.3 to <0.4", "0.2 to <0.3"],
    ],
    [
      { strategy: "bucket", size: 1000 },
      "float",
      ["1e21"],
      ["1000000000000000000000 to <1000000000000000001000"],
    ],
  ] as const)("%j on %s", (rule, type, input, output) => {
    expect(apply(rule, type, input)).toEqual(output);
  });
});

describe("keyed strategies", () => {
  it("hash is HMAC-SHA-256 of the value's text", () => {
    expect(apply("hash", "string", ["ann@example.org"])).toEqual([
      hmac(KEYS.hash, "ann@example.org").toString("hex"),
    ]);
    expect(apply("hash", "int", ["42"])).toEqual([hmac(KEYS.hash, "42").toString("hex")]);
    expect(apply({ strategy: "hash", preserve_null: false }, "int", [null])).toEqual([
      hmac(KEYS.hash, "").toString("hex"),
    ]);
  });

  it.each([
    ["decimal", ["10.5", "10.50", "10.500", "+010.5"], "10.5"],
    ["decimal", ["100", "100.", "100.00"], "100"],
    ["decimal", ["0", "-0.00", ".0"], "0"],
    ["decimal", ["-0.1", "-0.10"], "-0.1"],
    ["float", ["0", "-0", "0.0"], "0"],
    ["float", ["1.5", "1.50", "15e-1"], "1.5"],
    ["float", ["1e21"], "1e+21"],
  ] as const)("hash is one of a %s spelt %j", (type, spellings, text) => {
    const hash = hmac(KEYS.hash, text).toString("hex");
    expect(apply("hash", type, spellings)).toEqual(spellings.map(() => hash));
    expect(apply("hash", type, [null, ...spellings])).toEqual([null, ...spellings.map(() => hash)]);
  });

  it("hash of texts and times goes by every character", () => {
    const texts = ["1.0", "1.00", "-0", "0"];
    expect(apply("hash", "string", texts)).toEqual(
      texts.map((text) => hmac(KEYS.hash, text).toString("hex")),
    );
    expect(apply("hash", "datetime", ["2026-01-31T10:00:00.500000Z"])).toEqual([
      hmac(KEYS.hash, "2026-01-31T10:00:00.500Z").toString("hex"),
    ]);
  });

  it("tokens are spelt by the 16-bit words of an HMAC, class by class", () => {
    const words = hmac(KEYS.token, "0:0:Ab-1");
    const at = (index: number, alphabet: string) =>
      alphabet[words.readUInt16BE(2 * index) % alphabet.length];
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const expected = `${at(0, letters.toUpperCase())}${at(1, letters)}-${at(3, "0123456789")}`;
    expect(apply("tokenize", "string", ["Ab-1"])).toEqual([expected]);
  });

  it("tokens keep length and shape, also of long, foreign and odd values", () => {
    const long = "x1".repeat(50);
    const [token, foreign, odd, empty] = apply("tokenize", "string", [
      long,
      "Żółw \u{1f422}",
      "--",
      "",
    ]);
    expect(token).toMatch(/^([a-z]\d){50}$/);
    expect(foreign).toMatch(/^[A-Z][a-z]{3} [a-z]$/);
    expect(odd).toMatch(/^[a-z]{2}$/);
    expect(empty).toBe("");
    expect(apply({ strategy: "tokenize", preserve_null: false }, "int", [null])[0]).toMatch(
      /^[a-z]{8}$/,
    );
  });

  it("tokens never equal their value, not even those of single digits", () => {
    const digits = Array.from("0123456789");
    for (const [index, token] of apply("tokenize", "int", digits).entries()) {
      expect(token).toMatch(/^\d$/);
      expect(token).not.toBe(digits[index]);
    }
  });

  it.each([
    ["name", /^[A-Z][a-z]+ [A-Z][a-z]+ \d{6}$/],
    ["email", /^[a-z]+\.[a-z]+\.\d{8}@example\.(com|net|org)$/],
    ["phone", /^\+999 \d{3} \d{3} \d{4}$/],
    ["address", /^\d{1,3} [A-Z][a-z]+ Street, \d{5} [A-Z][a-z]+$/],
  ])("a pseudonym of kind %s looks like one", (as, shape) => {
    const values = Array.from({ length: 500 }, (_, index) => `person ${index}`);
    const pseudonyms = apply({ strategy: "pseudonymize", as }, "string", values);
    for (const pseudonym of pseudonyms) expect(pseudonym).toMatch(shape);
    expect(new Set(pseudonyms).size).toBe(values.length);
  });

  it("a phone pseudonym is the HMAC's first six bytes", () => {
    const number = hmac(KEYS.pseudonym, "phone:0:ann").readUIntBE(0, 6) % 1e10;
    const digits = String(number).padStart(10, "0");
    expect(apply({ strategy: "pseudonymize", as: "phone" }, "string", ["ann"])).toEqual([
      `+999 ${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`,
    ]);
  });

  // A change here is a change of every pseudonym in every lake.
  it("pseudonyms are these for ever", () => {
    expect(
      ["name", "email", "address"].map(
        (as) => apply({ strategy: "pseudonymize", as }, "string", ["ann"])[0],
      ),
    ).toEqual([
      "Alma Falk 633805",
      "anika.ibsen.01370765@example.org",
      "950 Elm Street, 50933 Ravensmoor",
    ]);
  });
});
