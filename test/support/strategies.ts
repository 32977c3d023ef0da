/** A strategy over a column of texts, and the HMACs that say what is to come out. */
import { createHmac } from "node:crypto";
import { expect } from "vitest";
import type { PrivacyKeys } from "../../src/application/dataPorts.ts";
import { type Cell, cellsOf, columnOf } from "../../src/data/columnCells.ts";
import type { ColumnVector } from "../../src/data/columns.ts";
import { privacyPass } from "../../src/data/privacy/privacyPass.ts";
import { parseText, toText } from "../../src/data/types.ts";
import { checkPrivacyColumns, parsePrivacyRules } from "../../src/domain/rules/privacy.ts";
import type { ColumnType } from "../../src/domain/table.ts";
import { privacyKeys } from "./privacyKeys.ts";

export const KEYS = privacyKeys();

/** The column of what the texts mean as that type. */
export const column = (name: string, type: ColumnType, texts: readonly (string | null)[]) =>
  columnOf(
    name,
    type,
    texts.map((text): Cell => {
      const cell = text === null ? null : parseText(text, type);
      if (cell === undefined) throw new Error(`${text} is no ${type}`);
      return cell;
    }),
  );

interface Rows {
  /** The column that names the data subject. */
  readonly subject?: ColumnVector;
  readonly keys?: PrivacyKeys;
}

/** The texts of a column `c` after the rule, under `KEYS` or others; the rule must fit the type. */
export const apply = (
  rule: unknown,
  type: ColumnType,
  texts: readonly (string | null)[],
  { subject, keys = KEYS }: Rows = {},
): readonly (string | null)[] => {
  const rules = parsePrivacyRules({ c: rule });
  if (!rules.ok) throw new Error(JSON.stringify(rules.error));
  expect(checkPrivacyColumns(rules.value, { c: type })).toEqual([]);
  const columns = [column("c", type, texts), ...(subject === undefined ? [] : [subject])];
  const schema = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
  const pass = privacyPass(rules.value, schema, keys, subject?.name ?? null);
  const chunk = { first_row: 1, rows: texts.length, columns };
  const [output] = pass.apply(chunk).columns;
  if (output === undefined) throw new Error("the column is gone");
  return cellsOf(output, texts.length).map((cell) =>
    cell === null ? null : toText(cell, output.type),
  );
};

export const hmac = (keyBytes: Uint8Array, message: string) =>
  createHmac("sha256", keyBytes).update(message).digest();
