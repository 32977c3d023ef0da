/**
 * Looks for personal data in chunks as they pass by: a few values of each column, spread over every
 * chunk, and of the distinct ones among them those with the least hashes. Which these are does not
 * depend on where they stand, so the end of a file counts as much as its beginning. Its memory is
 * bounded for a file of any length; what it has seen is forgotten with it, only counts come out.
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

/** As soon as enough are known, fewer of each chunk are. */
const ROWS_ONCE_ENOUGH = 32;

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
  /** By value its hash; a value that is too long to be of any kind is its hash alone. */
  #kept = new Map<string | number, number>();
  /** What has a greater hash is of no interest any more. */
  #greatest = Number.POSITIVE_INFINITY;
  readonly #type: ColumnType;

  constructor(column: string, type: ColumnType) {
    this.#column = column;
    this.#type = type;
    this.#named = namedKind(column, type);
    this.#telling = TELLING.has(type);
  }

  look(column: ColumnVector, rows: number): void {
    if (!this.#telling && this.#named === null) return;
    const enough = this.#greatest < Number.POSITIVE_INFINITY;
    const looks = enough ? ROWS_ONCE_ENOUGH : SAMPLED_ROWS_PER_CHUNK;
    const step = Math.max(1, Math.floor(rows / looks));
    // Of a chunk of which fewer are looked at, each stands for more.
    const stands_for = SAMPLED_ROWS_PER_CHUNK / looks;
    for (let row = 0; row < rows; row += step) {
      if (isNullAt(column, row)) continue;
      if (bytesAt(column, row) > MAX_VALUE_BYTES) {
        const hash = hashOfBytes(column, row);
        this.#keep(hash, hash / stands_for);
        continue;
      }
      const value = valueAt(column, row);
      if (value !== "") this.#keep(value, hashOfText(value) / stands_for);
    }
  }

  #keep(value: string | number, hash: number): void {
    if (hash > this.#greatest || this.#kept.has(value)) return;
    this.#kept.set(value, hash);
    // Sorted now and then, not each time.
    if (this.#kept.size >= 2 * MAX_SAMPLED_VALUES) this.#trim();
  }

  #trim(): void {
    if (this.#kept.size <= MAX_SAMPLED_VALUES) return;
    const least = [...this.#kept].sort(([, a], [, b]) => a - b).slice(0, MAX_SAMPLED_VALUES);
    this.#kept = new Map(least);
    this.#greatest = least.at(-1)?.[1] ?? this.#greatest;
  }

  signs(): ColumnSigns {
    this.#trim();
    const counts = new Map<PiiKind, number>();
    let fitting = 0;
    for (const value of this.#kept.keys()) {
      if (typeof value === "number") continue;
      if (this.#named?.fits(value)) fitting += 1;
      if (!this.#telling) continue;
      const kinds = this.#type === "string" ? kindsOfText(value) : kindsOfInteger(value);
      for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const found = PII_KINDS.flatMap((kind) => {
      const count = counts.get(kind);
      return count === undefined ? [] : [[kind, count] as const];
    });
    const named = this.#named && { kind: this.#named.kind, fitting };
    const matches = Object.fromEntries(found);
    return { column: this.#column, sampled: this.#kept.size, matches, named };
  }
}

/** FNV-1a, its bits mixed once more: neighbours are to be far from each other. */
const hashOf = (length: number, at: (index: number) => number): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < length; index += 1) hash = Math.imul(hash ^ at(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
};

const hashOfText = (text: string): number => hashOf(text.length, (at) => text.charCodeAt(at));

/** Of both ends. */
const hashOfBytes = (column: ColumnVector, row: number): number => {
  if (!("offsets" in column)) return 0;
  const { bytes, offsets } = column;
  const [start, end] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
  const half = MAX_VALUE_BYTES / 2;
  return hashOf(2 * half, (at) => bytes[at < half ? start + at : end - 2 * half + at] ?? 0);
};

const bytesAt = (column: ColumnVector, row: number): number =>
  "offsets" in column ? (column.offsets[row + 1] ?? 0) - (column.offsets[row] ?? 0) : 0;

const valueAt = (column: ColumnVector, row: number): string => {
  const cell = cellAt(column, row);
  return cell === null ? "" : toText(cell, column.type).trim();
};
