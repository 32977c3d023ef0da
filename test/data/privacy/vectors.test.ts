/**
 * The vectors were computed by an implementation of their own, in Python, from what
 * domain/rules/privacy.ts promises. What comes out is for ever: joins and replays rest on it.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { PrivacyKeys } from "../../../src/application/dataPorts.ts";
import { type Cell, cellsOf, columnOf } from "../../../src/data/columnCells.ts";
import { privacyPass } from "../../../src/data/privacy/privacyPass.ts";
import { parseText, toText } from "../../../src/data/types.ts";
import {
  checkPrivacyColumns,
  parsePrivacyRules,
  STRATEGIES,
} from "../../../src/domain/rules/privacy.ts";
import { COLUMN_TYPES, type ColumnType } from "../../../src/domain/table.ts";

const texts = z.array(z.string().nullable());
const key = z.hex().transform((hex) => new Uint8Array(Buffer.from(hex, "hex")));

const { keys, vectors } = z
  .object({
    keys: z.object({
      hash: key,
      token: key,
      pseudonym: key,
      noise: key,
      date_shift: key,
      unique: key,
    }) satisfies z.ZodType<PrivacyKeys>,
    vectors: z.array(
      z.object({
        rule: z.union([z.string(), z.looseObject({ strategy: z.string() })]),
        type: z.enum(COLUMN_TYPES),
        input: texts,
        output: texts,
        subjects: texts.optional(),
      }),
    ),
  })
  .parse(
    JSON.parse(
      readFileSync(path.join(import.meta.dirname, "../../fixtures/privacy-vectors.json"), "utf8"),
    ),
  );

const column = (name: string, type: ColumnType, values: z.infer<typeof texts>) =>
  columnOf(
    name,
    type,
    values.map((text): Cell => {
      const cell = text === null ? null : parseText(text, type);
      if (cell === undefined) throw new Error(`${text} is no ${type}`);
      return cell;
    }),
  );

const nameOf = (rule: (typeof vectors)[number]["rule"]) =>
  typeof rule === "string" ? rule : rule.strategy;

describe("the vectors of the strategies", () => {
  it("are there for every strategy", () => {
    expect(new Set(vectors.map(({ rule }) => nameOf(rule)))).toEqual(new Set(STRATEGIES));
  });

  it.each(vectors)("$rule on $type", ({ rule, type, input, output, subjects }) => {
    const rules = parsePrivacyRules({ c: rule });
    if (!rules.ok) throw new Error(JSON.stringify(rules.error));
    const columns = [
      column("c", type, input),
      ...(subjects === undefined ? [] : [column("who", "string", subjects)]),
    ];
    const schema = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
    expect(checkPrivacyColumns(rules.value, schema)).toEqual([]);
    const pass = privacyPass(rules.value, schema, keys, subjects === undefined ? null : "who");
    const chunk = { first_row: 1, rows: input.length, columns };
    const [transformed] = pass.apply(chunk).columns;
    if (transformed === undefined) throw new Error("the column is gone");
    expect(
      cellsOf(transformed, input.length).map((cell) =>
        cell === null ? null : toText(cell, transformed.type),
      ),
    ).toEqual(output);
  });
});
