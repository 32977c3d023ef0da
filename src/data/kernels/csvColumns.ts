/**
 * A window of a CSV file as columns: the fields are found and parsed in WebAssembly, and what comes
 * out are arrays. Which of the fields did not fit is said by row.
 */
import { assertNever } from "../../domain/decider.ts";
import type { ColumnType } from "../../domain/table.ts";
import type { ColumnVector } from "../columns.ts";
import type { CellReader } from "../reading/cellReader.ts";
import { type ColumnSpec, nullColumn } from "../rowBuilder.ts";
import { MAX_RECORD_BYTES } from "../textInput.ts";
import { ENTRY_BYTES, type Entries, fieldAt, fieldsOf, readCells, WORD_BYTES } from "./csvCells.ts";
import { type BadRecord, badRecordsIn, extentsOf, RECORD_WORDS } from "./csvRecords.ts";
import { type Arena, withKernels } from "./kernels.ts";

export type { BadRecord, CsvProblem } from "./csvRecords.ts";

export interface CsvColumn extends ColumnSpec {
  /** What its fields mean; left out: what the kernels take them for. */
  readonly read?: CellReader;
}

/** How the fields of a file are told apart and which of them are wanted. */
export interface CsvLayout {
  /** One ASCII byte. */
  readonly delimiter: number;
  /** Fields of the header, and so of every record. */
  readonly width: number;
  readonly columns: readonly CsvColumn[];
  /** Where each column stands in a record; -1 when the file lacks it: then all of it is null. */
  readonly positions: readonly number[];
}

/** Is shown texts that do not fit their column; says whether it wants another. */
export type MisfitSample = (column: CsvColumn, text: string) => boolean;

export interface CsvWindow {
  readonly rows: number;
  /** Bytes the rows took, blank lines between them included. */
  readonly consumed: number;
  readonly columns: readonly ColumnVector[];
  readonly badRecords: readonly BadRecord[];
  /** For each column the rows (from 0) whose field is not of its type: they are null. */
  readonly misfits: readonly (readonly number[])[];
  /** How many datetimes lost digits beyond microseconds. */
  readonly cut_datetimes: number;
  /** Of each row where it starts and where its line has ended, the line's end included. */
  readonly extents: Uint32Array;
}

const VALUE = 1;
const MISFIT = 2;
const HARD = 3;
const CUT = 4;
const HAS_MISFIT = 1 << MISFIT;
const HAS_HARD = 1 << HARD;
const HAS_CUT = 1 << CUT;
const ALL_VALUES = 1 << VALUE;

/** Parses the whole records at the beginning of `bytes`, at most `maxRows` of them. */
export const csvWindow = (
  bytes: Uint8Array,
  isLast: boolean,
  layout: CsvLayout,
  maxRows: number,
  sample?: MisfitSample,
): CsvWindow =>
  withKernels((arena) => {
    const { kernels } = arena;
    const { delimiter, width } = layout;
    const input = arena.put(bytes);
    const fields = arena.reserve(maxRows * width * ENTRY_BYTES);
    const records = arena.reserve(maxRows * RECORD_WORDS * WORD_BYTES);
    const end = arena.reserve(WORD_BYTES);
    const rows = kernels.scanCsv(
      input,
      bytes.length,
      Number(isLast),
      delimiter,
      width,
      1,
      maxRows,
      MAX_RECORD_BYTES,
      fields,
      records,
      end,
    );
    const consumed = arena.words(end, 1)[0] ?? 0;
    if (!kernels.isUtf8(input, consumed)) {
      kernels.markInvalidUtf8(input, records, rows, width, fields);
    }
    const recorded = arena.words(records, rows * RECORD_WORDS);
    const badRecords = badRecordsIn(recorded, rows, width);
    const extents = extentsOf(recorded, rows, bytes);
    const table = { arena, input, fields, width, rows, consumed };
    const parsed = layout.columns.map((column, index) => {
      const position = layout.positions[index] ?? -1;
      const found = arena.scratch(() => parseColumn(table, column, position));
      if (sample !== undefined && found.misfits.length > 0) {
        showMisfits(table, column, position, found.misfits, sample);
      }
      return found;
    });
    return {
      rows,
      consumed,
      badRecords,
      columns: parsed.map(({ column }) => column),
      misfits: parsed.map(({ misfits }) => misfits),
      cut_datetimes: parsed.reduce((sum, { cut = 0 }) => sum + cut, 0),
      extents,
    };
  });

interface FieldTable extends Entries {
  readonly consumed: number;
}

const showMisfits = (
  table: FieldTable,
  column: CsvColumn,
  position: number,
  misfits: readonly number[],
  sample: MisfitSample,
): void => {
  const of = fieldsOf(table, position);
  for (const row of misfits) {
    if (!sample(column, fieldAt(of, row).text)) return;
  }
};

interface ParsedColumn {
  readonly column: ColumnVector;
  readonly misfits: readonly number[];
  /** Values that lost digits; left out: none. */
  readonly cut?: number;
}

const parseColumn = (table: FieldTable, spec: CsvColumn, position: number): ParsedColumn => {
  if (position < 0) return { column: nullColumn(spec, table.rows), misfits: [] };
  if (spec.read !== undefined) {
    return readCells(fieldsOf(table, position), table.rows, spec, spec.read);
  }
  const { name, type } = spec;
  switch (type) {
    case "string":
    case "decimal":
      return parseTexts(table, name, type, position);
    case "int":
    case "datetime": {
      const { values, valid, misfits, cut } = parseValues(table, type, position, 8);
      return { column: { name, type, valid, values: new BigInt64Array(values) }, misfits, cut };
    }
    case "float": {
      const { values, valid, misfits } = parseValues(table, type, position, 8);
      return { column: { name, type, valid, values: new Float64Array(values) }, misfits };
    }
    case "date": {
      const { values, valid, misfits } = parseValues(table, type, position, 4);
      return { column: { name, type, valid, values: new Int32Array(values) }, misfits };
    }
    case "boolean": {
      const { values, valid, misfits } = parseValues(table, type, position, 1);
      return { column: { name, type, valid, values: new Uint8Array(values) }, misfits };
    }
    default:
      return assertNever(type);
  }
};

/** As assembly/parseValues.ts names them. */
const VALUE_TYPES = {
  int: 0,
  float: 1,
  boolean: 2,
  date: 3,
  datetime: 4,
} as const satisfies Partial<Record<ColumnType, number>>;

const parseValues = (
  { arena, input, fields, width, rows }: FieldTable,
  type: keyof typeof VALUE_TYPES,
  position: number,
  valueBytes: number,
) => {
  const values = arena.reserve(rows * valueBytes);
  const flags = arena.reserve(rows);
  const { parseValues: parse } = arena.kernels;
  const seen = parse(VALUE_TYPES[type], input, fields, position, width, rows, values, flags);
  if (seen & HAS_HARD) parseHardFloats(arena, input, fields, position, width, rows, values, flags);
  return {
    values: arena.copy(values, rows * valueBytes).buffer,
    ...outcomes(arena.bytes(flags, rows), seen),
  };
};

const parseTexts = (
  { arena, input, fields, width, rows, consumed }: FieldTable,
  name: string,
  type: "string" | "decimal",
  position: number,
): ParsedColumn => {
  const offsets = arena.reserve((rows + 1) * WORD_BYTES);
  const flags = arena.reserve(rows);
  // A decimal may gain a zero before its point; copying overshoots by a vector.
  const bytes = arena.reserve(consumed + 2 * rows + 16);
  const { parseStrings, parseDecimals } = arena.kernels;
  const parse = type === "string" ? parseStrings : parseDecimals;
  const seen = parse(input, fields, position, width, rows, offsets, bytes, flags);
  const ends = new Int32Array(arena.copy(offsets, (rows + 1) * WORD_BYTES).buffer);
  const { valid, misfits } = outcomes(arena.bytes(flags, rows), seen);
  const text = arena.copy(bytes, ends[rows] ?? 0);
  return { column: { name, type, valid, offsets: ends, bytes: text }, misfits };
};

/** What the flags say, once no field is hard any more. */
const outcomes = (flags: Uint8Array, seen: number) => {
  if (seen === ALL_VALUES || flags.length === 0) return { valid: null, misfits: [], cut: 0 };
  const valid = flags.slice();
  const misfits: number[] = [];
  let cut = 0;
  if (seen & (HAS_MISFIT | HAS_HARD | HAS_CUT)) {
    for (let row = 0; row < valid.length; row += 1) {
      if (valid[row] === CUT) {
        valid[row] = VALUE;
        cut += 1;
      } else if (valid[row] === MISFIT) {
        valid[row] = 0;
        misfits.push(row);
      }
    }
  }
  return { valid: valid.includes(0) ? valid : null, misfits, cut };
};

/** Floats of many digits: the engine rounds them right. */
const parseHardFloats = (
  arena: Arena,
  input: number,
  fields: number,
  position: number,
  width: number,
  rows: number,
  values: number,
  flags: number,
): void => {
  const flagOf = arena.bytes(flags, rows);
  const floats = new Float64Array(arena.kernels.memory.buffer, values, rows);
  const entries = arena.words(fields, rows * width * 2);
  for (let row = 0; row < rows; row += 1) {
    if (flagOf[row] !== HARD) continue;
    const at = (row * width + position) * 2;
    const length = (entries[at + 1] ?? 0) & ((1 << 30) - 1);
    const text = arena.bytes(input + (entries[at] ?? 0), length);
    const value = Number(utf8.decode(text));
    floats[row] = value;
    flagOf[row] = Number.isFinite(value) ? VALUE : MISFIT;
  }
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
