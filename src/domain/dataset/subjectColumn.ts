/**
 * Which columns can name the person a row is about. Rows are found for a person by the value of that
 * column, so two people must never have the same: an erasure would take the other's rows as well.
 */
import { reject } from "../rejection.ts";
import type { ColumnType } from "../table.ts";

const FITTING = "declare it as int, decimal or string";

/** Why values of these types are not one person's; decimals are told apart digit for digit. */
const SHARED: Partial<Record<ColumnType, string>> = {
  float:
    "a float holds whole numbers digit for digit only up to 2^53, and two people may become one",
  boolean: "a boolean has two values, and so many people share each",
  date: "people share a day",
  datetime: "people share a moment",
};

/** What is wrong with a column of this type as the one that names persons, or null. */
export const subjectTypeFault = (type: ColumnType | undefined): string | null => {
  const why = type === undefined ? undefined : SHARED[type];
  return why === undefined ? null : `is of type ${type} and names nobody for certain: ${why}`;
};

/** Null when the column can name persons. */
export const subjectTypeRefused = (column: string, type: ColumnType | undefined) => {
  const message = subjectTypeFault(type);
  if (message === null) return null;
  return reject("invalid", "subject-column-type", `The column ${column} ${message}; ${FITTING}.`, [
    { path: "subject_column", message },
  ]);
};
