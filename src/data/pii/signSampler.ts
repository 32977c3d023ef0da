/**
 * Looks for personal data in chunks as they pass by: a few distinct values of each column, spread
 * over the chunk, until enough are known. Its cost is bounded for a file of any length; what it has
 * seen is forgotten with it, only counts come out.
 */
import { type ColumnSigns, PII_KINDS, type PiiKind } from "../../domain/suspicion.ts";
import type { ColumnType } from "../../domain/table.ts";
import { cellAt, isNullAt } from "../columnCells.ts";
import type { ColumnChunk, ColumnVector } from "../columns.ts";
import { toText } from "../types.ts";
import { type NamedKind, namedKind } from "./columnNames.ts";
import { kindsOfInteger, kindsOfText, MAX_VALUE_BYTES } from "./detectors.ts";

/** Distinct values looked at, of a column in all. */
export const MAX_SAMPLED_VALUES = 512;

/** Rows of a chunk that are looked at, in even steps. */
export const SAMPLED_ROWS_PER_CHUNK = 128;

export interface SignSampler {
  /** Nothing of the chunk itself is kept. */
  look(chunk: ColumnChunk): void;
  /** What was counted so far, a member a column. */
  signs(): readonly ColumnSigns[];
}

export const signSampler = (): SignSampler => {
  const samples = new Map<string, ColumnSample>();
  return {
    look(chunk) {
      for (const column of chunk.columns) {
        const known = samples.get(column.name) ?? new ColumnSample(column.name, column.type);
        samples.set(column.name, known);
        known.look(column, chunk.rows);
      }
    },
    signs: () => [...samples.values()].map((sample) => sample.signs()),
  };
};

/** Types whose values may be personal by their looks; of the others only the name can say so. */
const TELLING: ReadonlySet<ColumnType> = new Set(["string", "int", "decimal"]);

class ColumnSample {
  readonly #column: string;
  readonly #named: NamedKind | null;
  readonly #telling: boolean;
  readonly #seen = new Set<string>();
  readonly #matches = new Map<PiiKind, number>();
  #fitting = 0;
  /** Texts that are too long to be of any kind: not worth a copy. */
  #long = 0;

  constructor(column: string, type: ColumnType) {
    this.#column = column;
    this.#named = namedKind(column, type);
    this.#telling = TELLING.has(type);
  }

  get #sampled(): number {
    return this.#seen.size + this.#long;
  }

  look(column: ColumnVector, rows: number): void {
    if (!this.#telling && this.#named === null) return;
    const step = Math.max(1, Math.floor(rows / SAMPLED_ROWS_PER_CHUNK));
    for (let row = 0; row < rows && this.#sampled < MAX_SAMPLED_VALUES; row += step) {
      if (isNullAt(column, row)) continue;
      if (bytesAt(column, row) > MAX_VALUE_BYTES) {
        this.#long += 1;
        continue;
      }
      const value = valueAt(column, row);
      if (value === "" || this.#seen.has(value)) continue;
      this.#seen.add(value);
      this.#count(value, column.type);
    }
  }

  #count(value: string, type: ColumnType): void {
    if (this.#named?.fits(value)) this.#fitting += 1;
    if (!this.#telling) return;
    const kinds = type === "string" ? kindsOfText(value) : kindsOfInteger(value);
    for (const kind of kinds) this.#matches.set(kind, (this.#matches.get(kind) ?? 0) + 1);
  }

  signs(): ColumnSigns {
    const found = PII_KINDS.flatMap((kind) => {
      const count = this.#matches.get(kind);
      return count === undefined ? [] : [[kind, count] as const];
    });
    const named = this.#named && { kind: this.#named.kind, fitting: this.#fitting };
    const matches = Object.fromEntries(found);
    return { column: this.#column, sampled: this.#sampled, matches, named };
  }
}

const bytesAt = (column: ColumnVector, row: number): number =>
  "offsets" in column ? (column.offsets[row + 1] ?? 0) - (column.offsets[row] ?? 0) : 0;

const valueAt = (column: ColumnVector, row: number): string => {
  const cell = cellAt(column, row);
  return cell === null ? "" : toText(cell, column.type).trim();
};
