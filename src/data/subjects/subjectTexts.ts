/**
 * The canonical text of a cell that names a subject: equal for cells that are equal, whatever way
 * they were spelt. Made by the code that makes it of whole columns, so that an id from a request
 * and the cell it names never part.
 */
import type { SubjectTexts } from "../../application/subjectPorts.ts";
import type { SubjectRef } from "../../domain/ids.ts";
import type { ColumnType } from "../../domain/table.ts";
import { type Cell, columnOf } from "../columnCells.ts";
import { textsOf } from "../columnTexts.ts";
import { keyedHex } from "../kernels/keyedHash.ts";
import { comparable } from "../quality/rowHashes.ts";
import { decodeText } from "../textBuilder.ts";
import { parseText } from "../types.ts";
import { partFor } from "./subjectIndex.ts";

/** See `SubjectTexts.canonical`. */
export const canonicalText = (subject_id: string, type: ColumnType): string | null => {
  const cell = parseText(subject_id, type);
  return cell === undefined ? null : canonicalCell(cell, type);
};

/** The same of a cell, whatever it was read from. */
export const canonicalCell = (cell: Cell, type: ColumnType): string => {
  const { offsets, bytes } = comparable(columnOf("", type, [cell]), 1);
  return decodeText(bytes, 0, offsets[1] ?? 0);
};

export const subjectTexts: SubjectTexts = { canonical: canonicalText, partFor };

/** See `SubjectPlane.hashedTexts`. */
export const hashedTexts = (
  subject_ids: readonly string[],
  type: ColumnType,
  hash_key: Uint8Array,
): readonly string[] | null => {
  // Files from before equal numbers had equal hashes hold one of the spelling, which no id tells.
  if (type === "decimal" || type === "float") return null;
  return subject_ids.flatMap((subject_id) => {
    const cell = parseText(subject_id, type);
    if (cell === undefined) return [];
    const { offsets, bytes } = keyedHex(hash_key, textsOf(columnOf("", type, [cell]), 1), 1);
    return [decodeText(bytes, 0, offsets[1] ?? 0)];
  });
};

/** The pseudonym of a text under a key, as the lake's keyring makes it under its own. */
export const refUnder = (key: Uint8Array, text: string): SubjectRef => {
  const { offsets, bytes } = keyedHex(key, textsOf(columnOf("", "string", [text]), 1), 1);
  return decodeText(bytes, 0, offsets[1] ?? 0) as SubjectRef;
};
