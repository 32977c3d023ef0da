import { describe, expect, it } from "vitest";
import {
  checkJsonShape,
  checkLengths,
  MAX_HEADER_BYTES,
  MAX_JSON_DEPTH,
  MAX_JSON_MEMBERS,
  MAX_PATH_LENGTH,
  MAX_QUERY_LENGTH,
} from "../../src/http/limits.ts";
import { HttpProblem } from "../../src/http/problem.ts";
import { sentHeaders } from "../../src/http/sentHeaders.ts";
import fc from "../support/property.ts";

const refused = (check: () => void): unknown => {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return [error.problem.status, error.problem.code];
  }
};

const shape = (json: string) => refused(() => checkJsonShape(new TextEncoder().encode(json)));

const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

describe("a body", () => {
  it("has as many levels as allowed and not one more, in arrays or in objects", () => {
    expect(shape(deep(MAX_JSON_DEPTH))).toBe(null);
    expect(shape(deep(MAX_JSON_DEPTH + 1))).toEqual([422, "json-too-deep"]);
    const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    expect(shape(objects(MAX_JSON_DEPTH))).toBe(null);
    expect(shape(objects(MAX_JSON_DEPTH + 1))).toEqual([422, "json-too-deep"]);
  });

  it("has as many members as allowed and not one more", () => {
    expect(shape(`[${Array(MAX_JSON_MEMBERS).fill(1).join(",")}]`)).toBe(null);
    expect(
      shape(
        `[${Array(MAX_JSON_MEMBERS + 1)
          .fill(1)
          .join(",")}]`,
      ),
    ).toEqual([422, "json-too-many-members"]);
  });

  it("may say in its texts what it likes", () => {
    for (const text of [deep(99), ",".repeat(MAX_JSON_MEMBERS + 1), '\\"[[', "\\", '\\\\"{'])
      expect(shape(JSON.stringify({ [text]: `${text}${deep(99)}` }))).toBe(null);
  });

  it("that Lethe could take passes, whatever its texts are", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => shape(JSON.stringify(value)) === null),
      { numRuns: 500 },
    );
  });

  it("that is no JSON is left to the parser", () => {
    for (const text of ["]".repeat(99), '"'.repeat(99), "\\".repeat(99), "x".repeat(99)]) {
      expect(shape(text)).toBe(null);
    }
  });
});

describe("a request", () => {
  const asked = (url: string, headers: Record<string, string> = {}) =>
    refused(() => checkLengths(`http://localhost${url}`, sentHeaders(new Headers(headers))));

  it("has a path and a query of limited length", () => {
    const origin = "http://localhost".length;
    expect(asked(`/${"a".repeat(MAX_PATH_LENGTH - origin - 1)}`)).toBe(null);
    expect(asked(`/${"a".repeat(MAX_PATH_LENGTH - origin)}`)).toEqual([422, "path-too-long"]);
    expect(asked(`/?${"a".repeat(MAX_QUERY_LENGTH - 1)}`)).toBe(null);
    expect(asked(`/?${"a".repeat(MAX_QUERY_LENGTH)}`)).toEqual([422, "query-too-long"]);
  });

  it("has headers of limited length in all", () => {
    const half = "x".repeat(MAX_HEADER_BYTES / 2);
    expect(asked("/", { A: half })).toBe(null);
    expect(asked("/", { A: half, B: half })).toEqual([413, "headers-too-large"]);
  });
});
