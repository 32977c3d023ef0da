/** Files in which the canary is one person among others. */
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";

export interface Row {
  readonly person: string;
  readonly amount: number;
  readonly note: string;
}

export const SCHEMA = { person: "string", amount: "int", note: "string" };

/** The canary is in the second row and in one of the last, named in a text besides. */
export const rowsWith = (subject: string, count = 12): readonly Row[] =>
  Array.from({ length: count }, (_, at) => {
    const named = at === 1 || at === count - 2;
    const person = named ? subject : `person-${at}@lethe.example`;
    return { person, amount: at + 1, note: named ? `called by ${subject}` : `note ${at}` };
  });

const CSV_HEAD = Object.keys(SCHEMA).join(",");

export const csv = (rows: readonly Row[], head = CSV_HEAD): string =>
  [head, ...rows.map(({ person, amount, note }) => `${person},${amount},"${note}"`), ""].join("\n");

export const jsonl = (rows: readonly Row[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");

export const zipped = (rows: readonly Row[]): Buffer => gzipSync(csv(rows));

export const parquet = (rows: readonly Row[]): Buffer =>
  Buffer.from(
    parquetWriteBuffer({
      codec: "SNAPPY",
      columnData: [
        { name: "person", data: rows.map(({ person }) => person), type: "STRING" },
        { name: "amount", data: rows.map(({ amount }) => BigInt(amount)), type: "INT64" },
        { name: "note", data: rows.map(({ note }) => note), type: "STRING" },
      ],
    }),
  );
