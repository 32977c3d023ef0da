import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { subjectPlane } from "../../../src/data/subjects/subjectPlane.ts";
import type { ColumnType, Format } from "../../../src/domain/table.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";

interface Asked {
  readonly id?: string;
  readonly format?: Format;
  readonly column_type?: ColumnType | null;
}

/** What a patient is given of a file that fits no schema. */
const given = async (
  content: string | Uint8Array,
  { id = "1", format = "csv", column_type = "int" }: Asked = {},
) => {
  const store = memoryObjectStore();
  store.put("raw", content);
  const bytes = store.bytes("raw").length;
  const rows: { readonly row_number: number; readonly record: unknown }[] = [];
  const { incomplete } = await subjectPlane(store).collect(
    {
      source: { key: "raw", format, bytes, sha256: "", rows: 3 },
      schema: null,
      subject_column: "patient",
      column_type,
      subjects: subjectSet([id]),
      key: SUBJECT_KEY,
      dataset: "d",
      batch_id: "b",
    },
    async (line) => {
      const { row_number, record } = JSON.parse(new TextDecoder().decode(line));
      rows.push({ row_number, record });
    },
  );
  return { rows: rows.map(({ row_number, record }) => [row_number, record]), incomplete };
};

const nothing = (incomplete: boolean) => ({ rows: [], incomplete });

describe("of CSV that fits no schema a person is given", () => {
  const csv = "patient,visits,diagnosis\n1,9,flu\n7,1,HIV\n8,oops,cold\n";

  it("the rows in which the column of subjects names them, and nobody else's", async () => {
    expect(await given(csv)).toEqual({ rows: [[1, ["1", "9", "flu"]]], incomplete: false });
    expect(await given(csv, { id: "9" })).toEqual(nothing(false));
    expect(await given(csv, { id: "patient", column_type: "string" })).toEqual(nothing(false));
  });

  it("them wherever the column stands, under any delimiter and behind a byte order mark", async () => {
    const marked = '\ufeff"patient";"n"\r\n01;x\r\n2;1\r\n';
    expect(await given(marked)).toEqual({ rows: [[1, ["01", "x"]]], incomplete: false });
    const last = await given("n|patient\n1|2\n2|1\n");
    expect(last).toEqual({ rows: [[2, ["2", "1"]]], incomplete: false });
  });

  it.each([
    ["no header names the column", "who,visits\n1,9\n7,1\n"],
    ["there is no header", "1,9\n7,1\n"],
    ["two columns have its name", "patient,patient\n1,9\n7,1\n"],
    ["its name is spelt otherwise", "Patient,n\n1,9\n7,1\n"],
    ["a row has more cells than the header", "patient,n\n7,1,HIV\n"],
    ["a row has fewer", "patient,n\n1\n"],
    ["a row cannot be told apart into cells", 'patient,n\n"7"x,1\n'],
    ["the header cannot be told apart into names", '"patient"x,n\n1,9\n'],
    ["a row is in another encoding", Buffer.from("patient,n\n1,Müller\n", "latin1")],
  ])("nothing of it where %s, but that it is to be looked into", async (_, content) => {
    expect(await given(content)).toEqual(nothing(true));
    expect(await given(content, { id: "55" })).toEqual(nothing(false));
  });

  it("what is certain also where another row is not", async () => {
    const mixed = await given("patient,n\n1,9\n7,1,HIV\n");
    expect(mixed).toEqual({ rows: [[1, ["1", "9"]]], incomplete: true });
  });

  it("what their column names by its own type; by another one it is to be looked into", async () => {
    const texts = "patient,n\n007,x\n 7,y\n7,z\n";
    const strict = await given(texts, { id: "7", column_type: "string" });
    expect(strict).toEqual({ rows: [[3, ["7", "z"]]], incomplete: true });
    const numbers = await given(texts, { id: "7", column_type: "int" });
    expect(numbers.rows).toHaveLength(3);
    expect(numbers.incomplete).toBe(false);
    expect(await given(texts, { id: "7", column_type: null })).toEqual(nothing(true));
  });

  it("nothing of what is no table, and is told of it only when they may be in it", async () => {
    const endless = `patient,n\n"${"x".repeat(17 * 1024 * 1024)}`;
    expect(await given(endless)).toEqual(nothing(false));
    expect(await given(`${endless} 1`)).toEqual(nothing(true));
  }, 60_000);
});

describe("of JSON Lines that fit no schema a person is given", () => {
  const ask = { format: "jsonl" } as const;

  it("the lines in which the key of subjects names them", async () => {
    const lines = ['{"n":1,"patient":7}', '{"patient":1.0,"n":"x"}', '{"patient":"1","n":[5]}'];
    expect(await given(lines.join("\n"), { ...ask, column_type: "decimal" })).toEqual({
      rows: [
        [2, ["1.0", "x"]],
        [3, ["1", "5"]],
      ],
      incomplete: false,
    });
    expect(await given('{"patient":null,"n":1}', ask)).toEqual(nothing(false));
  });

  it.each([
    ["the key is missing", '{"who":1}'],
    ["it has several values", '{"patient":[1]}'],
    ["they stand deeper", '{"patient":{"id":1}}'],
    ["the line is torn", '{"patient":1'],
    ["the key stands twice", '{"patient":1,"n":2,"patient":7}'],
    ["the key stands twice, the person last", '{"patient":7,"n":2,"patient":1}'],
  ])("nothing where %s, but that it is to be looked into", async (_, line) => {
    expect(await given(line, ask)).toEqual(nothing(true));
    expect(await given(line, { ...ask, id: "55" })).toEqual(nothing(false));
  });
});

describe("of Parquet that fits no schema a person is given", () => {
  const ask = { format: "parquet" } as const;
  type Columns = Parameters<typeof parquetWriteBuffer>[0]["columnData"];
  const parquet = (columnData: Columns) => new Uint8Array(parquetWriteBuffer({ columnData }));
  const visits = { name: "visits", data: [9, 1], type: "INT32" } satisfies Columns[number];

  it("the rows in which the column of subjects names them", async () => {
    const file = parquet([{ name: "patient", data: ["1", "7"], type: "STRING" }, visits]);
    const found = await given(file, ask);
    expect(found).toEqual({ rows: [[1, { patient: "1", visits: 9 }]], incomplete: false });
  });

  it("nothing where no column has that name, but that it is to be looked into", async () => {
    const file = parquet([{ name: "who", data: ["1", "7"], type: "STRING" }, visits]);
    expect(await given(file, ask)).toEqual(nothing(true));
    expect(await given(file, { ...ask, id: "55" })).toEqual(nothing(false));
  });

  it("nothing of what cannot be written anew, and is told when the column names them", async () => {
    const odd = { name: "x", data: [Number.NaN, 1], type: "DOUBLE" } satisfies Columns[number];
    const file = parquet([{ name: "patient", data: ["1", "7"], type: "STRING" }, visits, odd]);
    expect(await given(file, ask)).toEqual(nothing(true));
    expect(await given(file, { ...ask, id: "9" })).toEqual(nothing(false));
    expect(await given(file.slice(0, -20), ask)).toEqual(nothing(true));
  });
});
