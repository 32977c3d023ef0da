/**
 * Opaque page cursors: the sort key of the last row a client has seen. They hold nothing a client
 * could not read in that row, so they are encoded, not signed.
 */
import { Buffer } from "node:buffer";

/** Not a cursor this report gave out. */
export class BadCursorError extends Error {
  constructor() {
    super("The cursor is not one that this report gave out.");
    this.name = "BadCursorError";
  }
}

export const encodeCursor = (key: readonly string[]): string =>
  Buffer.from(JSON.stringify(key)).toString("base64url");

/** The parts of the key, `length` of them if that is known. Throws `BadCursorError` for anything else. */
export const decodeCursor = (cursor: string, length: number | null): readonly string[] => {
  const key = parse(Buffer.from(cursor, "base64url").toString());
  const parts = Array.isArray(key) ? key.filter((part) => typeof part === "string") : [];
  // Encoding it again tells also what the decoder kindly overlooked.
  const known = parts.length === (length ?? parts.length) && encodeCursor(parts) === cursor;
  if (!known) throw new BadCursorError();
  return parts;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
