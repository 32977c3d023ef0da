/**
 * What a file may unpack to. Its own size says little: a few bytes of Parquet may stand for a row
 * group without end, and a text that is there once may be shared by millions of rows. So what is
 * read is counted: a byte a cell at least, as a CSV file has it, and every byte of text.
 */
import { DataLimitError } from "../application/dataPorts.ts";

/** As much as the largest file a batch may arrive as; of a compressed one, what it unpacks to. */
export const MAX_UNPACKED_BYTES = 1024 ** 3;

export class UnpacksBeyondError extends DataLimitError {
  constructor(most: number) {
    super(`the file unpacks to more than ${most} bytes`);
  }
}

export interface UnpackBudget {
  /** Throws an UnpacksBeyondError once more than the budget was spent. */
  spend(bytes: number): void;
}

export const unpackBudget = (most: number): UnpackBudget => {
  let left = most;
  return {
    spend(bytes) {
      left -= bytes;
      if (left < 0) throw new UnpacksBeyondError(most);
    },
  };
};
