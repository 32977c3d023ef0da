/**
 * CSV out (RFC 4180): UTF-8, LF, a header row. Null is an empty field, the empty string `""`, so
 * that `readCsv` gives the same cells back.
 */
import type { Schema } from "../domain/table.ts";
import type { Cell, Chunk } from "./chunk.ts";
import { toText } from "./types.ts";

const NEEDS_QUOTES = /[",\r\n]/;

export const csvHeader = (schema: Schema): string =>
  // A file of one nameless column would otherwise begin with a blank line, which is no header.
  `${Object.keys(schema).map(quoted).join(",")}\n`;

/** One line per row, each ended by LF. */
export const csvRows = (chunk: Chunk): string => {
  const lines: string[] = [];
  for (let row = 0; row < chunk.rows; row += 1) {
    lines.push(chunk.columns.map(({ cells, type }) => field(cells[row] ?? null, type)).join(","));
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
};

const field = (cell: Cell, type: Parameters<typeof toText>[1]): string =>
  cell === null ? "" : quoted(toText(cell, type));

const quoted = (text: string): string =>
  text === "" || NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
