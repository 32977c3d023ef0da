/**
 * A leaf read back: the text of one event as `leaf.ts` makes it, taken apart into its row. What
 * comes back makes the same text again, byte for byte, or it is refused: so a hash over the line
 * is the hash of the row.
 */
import { err, ok, type Result } from "../domain/decider.ts";
import { type LeafRow, leafText } from "./leaf.ts";

/** Longer names and ids are none of Lethe's. */
const MAX_TEXT_LENGTH = 1024;

const isText = (value: unknown): value is string =>
  typeof value === "string" &&
  value !== "" &&
  value.length <= MAX_TEXT_LENGTH &&
  // Neither comes back from SQLite as it went in.
  value.isWellFormed() &&
  !value.includes("\0");

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 1;

/** RFC 3339, UTC, milliseconds: as the log writes it, so that texts compare like times. */
const isTime = (value: unknown): value is string =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString() === value;

const CHECKS: { readonly [Member in keyof LeafRow]: (value: unknown) => boolean } = {
  seq: isCount,
  event_id: isText,
  stream: isText,
  stream_version: isCount,
  type: isText,
  schema_version: isCount,
  recorded_at: isTime,
  actor: isText,
  correlation_id: isText,
  causation_id: (value) => value === null || isText(value),
  command_id: isText,
  data: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

/** The row, or what is wrong with the line. */
export const readLeaf = (line: string): Result<LeafRow, string> => {
  let leaf: Record<string, unknown>;
  try {
    leaf = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return err("it is not JSON");
  }
  if (typeof leaf !== "object" || leaf === null) return err("it is not an object");
  const members = Object.keys(CHECKS);
  const found = Object.keys(leaf);
  if (found.length !== members.length || members.some((name, index) => found[index] !== name)) {
    return err("its members are not those of a leaf, in their order");
  }
  for (const [name, holds] of Object.entries(CHECKS)) {
    if (!holds(leaf[name])) return err(`its ${name} is none`);
  }
  // The members before `data` have one way to be written; what follows them is the stored text.
  const row = { ...(leaf as unknown as LeafRow), data: "" };
  const before = leafText(row).slice(0, -1);
  const data = line.slice(before.length, -1);
  if (!line.startsWith(before) || leafText({ ...row, data }) !== line || !isTight(data)) {
    return err("it is not written as a leaf is");
  }
  return ok({ ...row, data });
};

/** Whether the text is one JSON object from its first to its last character. */
const isTight = (data: string): boolean => {
  if (!data.startsWith("{") || !data.endsWith("}") || !data.isWellFormed()) return false;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
};
