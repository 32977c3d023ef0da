/** How the console says how a file is to be read, and what it takes from a refusal. */
import { describe, expect, test } from "vitest";
import { problemOf } from "../../src/console/client/api/problem.ts";
import {
  DECIMALS,
  ENCODINGS,
  hintedReading,
  NOTHING_SAID,
  readingOf,
  THOUSANDS,
} from "../../src/console/client/reading.ts";
import { readingChanges } from "../../src/contracts/reading.ts";

const refusedWith = (...messages: string[]) => {
  const errors = messages.map((message, row) => ({ path: `row ${row + 1}`, message }));
  return problemOf(422, { code: "does-not-fit", errors }, null);
};

describe("what a form says of a file", () => {
  test("is what is filled in, and nothing where nothing is", () => {
    expect(readingOf(NOTHING_SAID)).toBeNull();
    const german = { ...NOTHING_SAID, decimal_separator: ",", null_values: "NA|-" };
    expect(readingOf(german)).toEqual({ decimal_separator: ",", null_values: ["NA", "-"] });
  });

  test("is taken by Lethe, whatever is chosen", () => {
    const choices = { encoding: ENCODINGS, decimal_separator: DECIMALS };
    for (const [name, options] of Object.entries({ ...choices, thousands_separator: THOUSANDS })) {
      for (const [value] of options.slice(1)) {
        const said = readingOf({ ...NOTHING_SAID, [name]: value });
        expect(readingChanges.parse(said)).toEqual({ [name]: value });
      }
    }
  });
});

describe("what a refusal hints at", () => {
  test("is put together from all of its errors, in the form's words", () => {
    const hinted = hintedReading(
      refusedWith(
        'is not valid UTF-8 (hint: "reading": {"encoding":"windows-1252"})',
        'not a number (hint: "reading": {"decimal_separator":",","thousands_separator":"."})',
        'not a date (hint: "reading": {"null_values":["NA","-"]})',
      ),
    );
    expect(hinted).toEqual({
      ...{ encoding: "windows-1252", decimal_separator: ",", thousands_separator: "." },
      null_values: "NA|-",
    });
  });

  test("is nothing where there is no hint, or one that no form can say", () => {
    expect(hintedReading(refusedWith("not an int", "is missing"))).toBeNull();
    expect(hintedReading(refusedWith('(hint: "reading": {"header":false})'))).toBeNull();
    expect(hintedReading(refusedWith('(hint: "reading": {broken})'))).toBeNull();
  });
});
