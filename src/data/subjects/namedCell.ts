/**
 * Whose a row is of a file that fits no schema: to be handed out, a row is the subject's only when
 * the cell in the column that names its subject is, of the type the column should have had. A row
 * of anybody else would be a breach (Art. 15(4) GDPR). Where that cell cannot be told, or would
 * name the subject only if it were read as another type, nobody but a person can say.
 */
import type { SubjectTable } from "../../application/subjectPorts.ts";
import type { ColumnType } from "../../domain/table.ts";
import { exactSpellings, looselyIn, looseMatch } from "./anyCell.ts";
import type { CellOf, LooseRow } from "./looseRows.ts";

export interface NamedRow extends LooseRow {
  readonly cellOf: CellOf;
}

export interface NamedMatch {
  /** A flag for each row that is the subjects'; null when none is. */
  match(rows: readonly NamedRow[]): Uint8Array | null;
  /** Whether among the rows so far there was another that may be the subjects'. */
  readonly unsure: boolean;
}

/** `type` null: it is not known of which type the column is, and no row is certain. */
export const namedMatch = (
  { source, subjects, subject_column, key }: SubjectTable,
  type: ColumnType | null,
): NamedMatch => {
  const types = type === null ? [] : [type];
  const exactly = looseMatch(subjects, key, { types, spellings: exactSpellings(source) });
  const anyhow = looseMatch(subjects, key, looselyIn(source));
  let unsure = false;
  return {
    match(rows) {
      const cells = rows.map(({ cellOf, bytes, texts }) => {
        const named = cellOf(subject_column);
        return { told: named !== null, texts: named ?? texts, bytes };
      });
      const found = exactly(cells.map((cell) => (cell.told ? cell : NOTHING)));
      const maybe = anyhow(cells);
      unsure ||= maybe?.some((flag, row) => flag === 1 && found?.[row] !== 1) ?? false;
      return found;
    },
    get unsure() {
      return unsure;
    },
  };
};

const NOTHING: LooseRow = { texts: [], bytes: new Uint8Array(0) };
