/**
 * CSV that a spreadsheet opens well: RFC 4180 (CRLF, quotes doubled), a byte order mark so that
 * Excel reads it as UTF-8, and no cell that a spreadsheet would take for a formula
 * (https://owasp.org/www-community/attacks/CSV_Injection): such a text begins with an apostrophe.
 */

export type Cell = string | number | boolean | null;

export const CSV_TYPE = "text/csv; charset=utf-8; header=present";

const BYTE_ORDER_MARK = "\ufeff";

const NEEDS_QUOTES = /[",\r\n;\t]|^\s|\s$/;

/** Also behind what a spreadsheet strips off first, and in the full width of other scripts. */
const FORMULA = /^\s*[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/;

/** The file: a row of names, then one line a row, each ended by CRLF. */
export const csvFile = (columns: readonly string[], rows: Iterable<readonly Cell[]>): string => {
  let text = BYTE_ORDER_MARK + line(columns);
  for (const row of rows) text += line(row);
  return text;
};

const line = (cells: readonly Cell[]): string => `${cells.map(field).join(",")}\r\n`;

/** Null is an empty field. Numbers are Lethe's own and stay numbers, negative ones too. */
const field = (cell: Cell): string => {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
