/**
 * CSV out (RFC 4180): UTF-8, LF, a header row. Null is an empty field, the empty string `""`, so
 * that `readCsv` gives the same cells back.
 */
import type { Schema } from "../domain/table.ts";
import { isNullAt } from "./columnCells.ts";
import type { ColumnChunk } from "./columns.ts";
import { textsOf } from "./columnTexts.ts";
import { TextBuilder } from "./textBuilder.ts";

const NEEDS_QUOTES = /[",\r\n]/;

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

export const csvHeader = (schema: Schema): string =>
  // A file of one nameless column would otherwise begin with a blank line, which is no header.
  `${Object.keys(schema)
    .map((name) =>
      name === "" || NEEDS_QUOTES.test(name) ? `"${name.replaceAll('"', '""')}"` : name,
    )
    .join(",")}\n`;

/** One line per row in UTF-8, each ended by LF; valid until the next call's. */
export const csvRows = (chunk: ColumnChunk): Uint8Array => {
  const columns = chunk.columns.map((column) => ({ column, ...textsOf(column, chunk.rows) }));
  const size = columns.reduce((sum, { offsets }) => sum + (offsets[chunk.rows] ?? 0), 0);
  // One text of all lines: what the builder calls a text ends nowhere here.
  const out = new TextBuilder(0, size + chunk.rows * (columns.length + 1));
  for (let row = 0; row < chunk.rows; row += 1) {
    for (const [index, { column, offsets, bytes }] of columns.entries()) {
      if (index > 0) out.byte(COMMA);
      if (isNullAt(column, row)) continue;
      const from = offsets[row] ?? 0;
      const to = offsets[row + 1] ?? 0;
      if (from === to || needsQuotes(bytes, from, to)) writeQuoted(out, bytes, from, to);
      else out.copy(bytes, from, to);
    }
    out.byte(LF);
  }
  return out.bytes.subarray(0, out.end);
};

const needsQuotes = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === COMMA || byte === QUOTE || byte === LF || byte === CR) return true;
  }
  return false;
};

const writeQuoted = (out: TextBuilder, bytes: Uint8Array, from: number, to: number): void => {
  out.byte(QUOTE);
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) out.byte(QUOTE);
    out.byte(byte);
  }
  out.byte(QUOTE);
};
