import { describe, expect, it } from "vitest";
import { requestedRange } from "../../src/http/range.ts";

const part = (offset: number, length: number) => ({ kind: "part", offset, length });

describe("a request for a range", () => {
  it.each([
    ["bytes=0-0", part(0, 1)],
    ["bytes=0-9", part(0, 10)],
    ["bytes=3-5", part(3, 3)],
    ["bytes=3-", part(3, 7)],
    ["bytes=9-9", part(9, 1)],
    ["bytes=5-100", part(5, 5)],
    ["bytes=-1", part(9, 1)],
    ["bytes=-10", part(0, 10)],
    ["bytes=-100", part(0, 10)],
    ["bytes=0-99999999999999999999", part(0, 10)],
    ["bytes=4-99999999999999999999", part(4, 6)],
    ["bytes=-99999999999999999999", part(0, 10)],
    [`bytes=0-${"9".repeat(400)}`, part(0, 10)],
    ["bytes=00000000000000000003-5", part(3, 3)],
    ["BYTES=1-2", part(1, 2)],
  ])("%s of ten bytes is that part of them", (header, expected) => {
    expect(requestedRange(header, 10)).toEqual(expected);
  });

  it.each(["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=9999999999999999-"])(
    "%s of ten bytes cannot be met",
    (header) => {
      expect(requestedRange(header, 10)).toEqual({ kind: "unsatisfiable" });
    },
  );

  it("of nothing cannot be met", () => {
    for (const header of ["bytes=0-", "bytes=0-0", "bytes=-1"]) {
      expect(requestedRange(header, 0)).toEqual({ kind: "unsatisfiable" });
    }
  });

  it.each([
    undefined,
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=5-4",
    "bytes=0-1,3-4",
    "bytes=1.5-3",
    "bytes=--1",
    "rows=0-1",
  ])("%s is no range of bytes: the whole is given", (header) => {
    expect(requestedRange(header, 10)).toEqual({ kind: "whole" });
  });
});
