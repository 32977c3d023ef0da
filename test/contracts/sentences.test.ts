import { describe, expect, test } from "vitest";
import { z } from "zod";
import { sentence } from "../../src/contracts/sentences.ts";
import { ROUTES } from "../../src/http/routes/all.ts";

/** What is said of a member `it` of this schema, with this value. */
const saidOf = (schema: z.ZodType, it: unknown): readonly string[] =>
  z
    .object({ it: schema })
    .safeParse({ it }, { error: sentence })
    .error?.issues.map(({ message }) => message) ?? [];

describe("what is said of input that does not fit", () => {
  test.each([
    ["a text that is empty", z.string().min(1), "", "must not be empty"],
    ["a text that is too short", z.string().min(8), "x", "must have at least 8 characters"],
    ["a text that is too long", z.string().max(3), "long", "must have at most 3 characters"],
    ["a text of another length", z.string().length(1), "ab", "must have exactly 1 character"],
    ["a list that is empty", z.array(z.int()).min(1), [], "must not be empty"],
    ["a list that is too long", z.array(z.int()).max(1), [1, 2], "must have at most 1 entry"],
    ["a number that is too small", z.number().min(2), 1, "must be at least 2"],
    ["a number at its open bound", z.number().positive(), 0, "must be more than 0"],
    ["a number that is too large", z.number().max(2), 3, "must be at most 2"],
    ["a number at its other open bound", z.number().lt(2), 2, "must be less than 2"],
    ["a number between its steps", z.number().multipleOf(5), 7, "must be a multiple of 5"],
    ["half a number", z.int(), 1.5, "must be a whole number"],
    ["another type", z.string(), 7, "must be a text"],
    ["what is not there", z.string(), undefined, "is missing"],
    ["a choice that is not there", z.enum(["a", "b"]), undefined, "is missing"],
    ["no choice", z.enum(["a", "b", "c"]), "d", "must be a, b or c"],
    ["no member", z.strictObject({}), { a: 1, b: 2 }, 'must not have "a" and "b"'],
    ["no URL", z.url(), "x", "must be a URL"],
    ["no date", z.iso.date(), "x", "must be a date, such as 2026-11-23"],
    [
      "no name of a member",
      z.record(z.string().min(1), z.int()),
      { "": 1 },
      "its name must not be empty",
    ],
    [
      "none of two forms",
      z.union([z.string(), z.int()]),
      [],
      "has none of the forms that it may have",
    ],
  ])("%s: how it has to be", (_, schema, value, said) => {
    expect(saidOf(schema, value)).toEqual([said]);
  });

  test("is a whole body that is not there: what it has to be, for it has no name", () => {
    const { error } = z.object({}).safeParse(undefined, { error: sentence });
    expect(error?.issues[0]?.message).toBe("must be an object");
  });

  test("names some of the members that nobody knows, and not all of a long name", () => {
    const sent = Object.fromEntries(
      ["x".repeat(70), "b", "c", "d", "e", "f", "g"].map((k) => [k, 1]),
    );
    expect(saidOf(z.strictObject({}), sent)).toEqual([
      `must not have "${"x".repeat(64)}…", "b", "c", "d", "e" and 2 more`,
    ]);
  });

  test("is the schema's own sentence where it has one", () => {
    expect(saidOf(z.string().regex(/^a$/, "must be an a"), "b")).toEqual(["must be an a"]);
  });
});

const SENT = "Zoe-4711";
const WRONG: readonly unknown[] = [
  undefined,
  null,
  "",
  SENT,
  [SENT],
  { a: SENT },
  -1.5,
  1e300,
  true,
];

/** The library's own sentences begin like this. */
const FOREIGN = /^(Invalid|Too |Expected|Unrecognized|Required|Unexpected|Unknown)/;

const issuesOf = (schema: z.ZodType, value: unknown): readonly z.core.$ZodIssue[] => {
  const flat = (issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] =>
    issues.flatMap((issue) =>
      issue.code === "invalid_union" ? [issue, ...issue.errors.flatMap(flat)] : [issue],
    );
  return flat(schema.safeParse(value, { error: sentence }).error?.issues ?? []);
};

describe("every route", () => {
  const schemas = ROUTES.flatMap(({ path, params, query, body }) =>
    [params, query, body].flatMap((schema) => (schema === null ? [] : [{ path, schema }])),
  );

  test("says in Lethe's own words what is wrong, and not what was sent", () => {
    let looked = 0;
    for (const { path, schema } of schemas) {
      const members = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
      for (const wrong of WRONG) {
        const whole = Object.fromEntries(members.map((member) => [member, wrong]));
        for (const { code, message } of [wrong, whole].flatMap((sent) => issuesOf(schema, sent))) {
          looked += 1;
          expect(message, path).not.toMatch(FOREIGN);
          // A schema that judges for itself answers for its own words.
          if (code !== "custom") expect(message, path).not.toContain(SENT);
        }
      }
    }
    expect(looked).toBeGreaterThan(1_000);
  });
});
