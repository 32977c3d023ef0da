/**
 * CSV of what a page shows, for a spreadsheet: RFC 4180, a byte order mark so that Excel reads it as
 * UTF-8, and no cell that would be taken for a formula. As Lethe's own reports are written.
 */

export const CSV_TYPE = "text/csv;charset=utf-8";

const NEEDS_QUOTES = /[",\r\n;\t]|^\s|\s$/;

/** Also behind what a spreadsheet strips off first, and in the full width of other scripts. */
const FORMULA = /^\s*[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/;

type Cell = string | number | null;

const field = (cell: Cell): string => {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvOf = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  `\ufeff${[columns, ...rows].map((cells) => `${cells.map(field).join(",")}\r\n`).join("")}`;
