import { describe, expect, it } from "vitest";
import { csvFile } from "../../src/contracts/csv.ts";
import { readRfc4180 } from "../support/rfc4180.ts";

const MARK = "\ufeff";

describe("a CSV file of a report", () => {
  it("has a byte order mark, a row of names and CRLF behind every line", () => {
    expect(csvFile(["a", "b"], [[1, "x"]])).toBe(`${MARK}a,b\r\n1,x\r\n`);
    expect(csvFile(["a"], [])).toBe(`${MARK}a\r\n`);
  });

  it("quotes what would part cells or lines, and doubles quotes (RFC 4180)", () => {
    const awful = ['say "so"', "a,b", "two\r\nlines", "a;b", " blank ", "", null, true, -1.5];
    const text = csvFile(["c"], [awful]);
    expect(text).toBe(
      `${MARK}c\r\n"say ""so""","a,b","two\r\nlines","a;b"," blank ",,,true,-1.5\r\n`,
    );
    expect(readRfc4180(text)[1]).toEqual([
      'say "so"',
      "a,b",
      "two\r\nlines",
      "a;b",
      " blank ",
      "",
      "",
      "true",
      "-1.5",
    ]);
  });

  it.each([
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "\n=1",
    "＝1+1",
    '=HYPERLINK("http://example.com","click")',
  ])("keeps %j from being a formula", (text) => {
    const [, cells] = readRfc4180(csvFile(["c"], [[text]]));
    expect(cells).toEqual([`'${text}`]);
  });

  it("leaves numbers numbers, and names that only look odd alone", () => {
    expect(csvFile(["c"], [[-3, "a=b", "1-2", "ünïcode"]])).toBe(
      `${MARK}c\r\n-3,a=b,1-2,ünïcode\r\n`,
    );
  });
});
