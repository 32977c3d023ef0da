/** One record of a CSV file, of any width, as texts: its header, or a row that fits no schema. */
import { MAX_RECORD_BYTES } from "../textInput.ts";
import { ENTRY_BYTES, fieldAt, fieldsOf, WORD_BYTES } from "./csvCells.ts";
import { type CsvProblem, problemOf, RECORD_WORDS } from "./csvRecords.ts";
import { withKernels } from "./kernels.ts";

/** The first record that is not blank, or null when `bytes` do not hold all of it. */
export interface CsvHeader {
  readonly names: readonly string[];
  /** Fields of the record; there may be more than names. */
  readonly width: number;
  readonly problem: CsvProblem | null;
  /** Bytes it took, blank lines before it included. */
  readonly consumed: number;
}

/** Reads the header under one delimiter, at most `maxFields` names of it. */
export const csvHeaderRecord = (
  bytes: Uint8Array,
  isLast: boolean,
  delimiter: number,
  maxFields: number,
): CsvHeader | null =>
  withKernels((arena) => {
    const { kernels } = arena;
    const input = arena.put(bytes);
    const fields = arena.reserve(maxFields * ENTRY_BYTES);
    const records = arena.reserve(RECORD_WORDS * WORD_BYTES);
    const end = arena.reserve(WORD_BYTES);
    const rows = kernels.scanCsv(
      input,
      bytes.length,
      Number(isLast),
      delimiter,
      maxFields,
      0,
      1,
      MAX_RECORD_BYTES,
      fields,
      records,
      end,
    );
    if (rows === 0) return null;
    kernels.markInvalidUtf8(input, records, 1, 0, fields);
    const [, , width = 0, problem = 0] = arena.words(records, RECORD_WORDS);
    const consumed = arena.words(end, 1)[0] ?? 0;
    const header = { width, consumed };
    if (problem !== 0) return { ...header, names: [], problem: problemOf(problem) };
    const kept = Math.min(width, maxFields);
    const of = fieldsOf({ arena, input, fields, width: kept, rows: 1 }, 0);
    const names = Array.from({ length: kept }, (_, at) => fieldAt({ ...of, position: at }, 0).text);
    return { ...header, names, problem: null };
  });
