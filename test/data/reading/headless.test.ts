import { describe, expect, test } from "vitest";
import { dataPlane } from "../../../src/data/dataPlane.ts";
import { land } from "../../../src/data/land.ts";
import { openTable, readTable } from "../../../src/data/readTable.ts";
import { subjectPlane } from "../../../src/data/subjects/subjectPlane.ts";
import type { Reading } from "../../../src/domain/reading.ts";
import type { ObjectRef, Schema } from "../../../src/domain/table.ts";
import { collectRows } from "../../support/cells.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";

const PRICES = { name: "string", price: "float" } as const satisfies Schema;
const READING: Reading = { header: false, decimal_separator: "," };

const stored = (content: string) => {
  const store = memoryObjectStore();
  store.put("landing", Buffer.from(content));
  const about = { source: "landing", target: "raw", format: "csv", schema: PRICES } as const;
  return { store, input: { ...about, reading: READING } };
};

const rowsOf = async (store: ReturnType<typeof memoryObjectStore>, source: ObjectRef) =>
  collectRows(readTable(await openTable(store, source), PRICES).chunks());

describe("a file without a header whose delimiter nobody has said", () => {
  const AMBIGUOUS = {
    kind: "not_a_table",
    reason:
      "the first row has 2 fields by more than one delimiter: say which it is " +
      '(hint: "delimiter")',
  };

  test("is refused when two of them make as many fields as there are columns", async () => {
    const { store, input } = stored("anna;1,50\nbert;2\n");
    expect(await dataPlane(store).take(input)).toEqual(AMBIGUOUS);
    expect(await land(store, { ...input, segment_bytes: 100 })).toEqual(AMBIGUOUS);
    const taken = await dataPlane(store).take({ ...input, delimiter: ";" });
    if (taken.kind !== "taken") throw new Error(taken.kind);
    expect(await rowsOf(store, taken.object)).toEqual([
      ["anna", 1.5],
      ["bert", 2],
    ]);
  });

  test("has it kept, so that the rows mean the same once the first one is erased", async () => {
    const { store, input } = stored("anna;1\nbert;2,50\n");
    const landed = await land(store, { ...input, segment_bytes: 100 });
    expect(landed).toMatchObject({ object: { delimiter: ";", reading: READING } });
    const taken = await dataPlane(store).take(input);
    if (taken.kind !== "taken") throw new Error(taken.kind);
    expect(taken.object).toMatchObject({ delimiter: ";", reading: READING });
    const redacted = await subjectPlane(store).redactRaw({
      ...{ source: taken.object, target: "new", index_target: "new.subjects", schema: PRICES },
      ...{ subjects: subjectSet(["anna"]), key: SUBJECT_KEY, subject_column: "name" },
    });
    if (redacted.kind !== "redacted") throw new Error(redacted.kind);
    expect(await rowsOf(store, redacted.object)).toEqual([["bert", 2.5]]);
  });

  test("keeps none where no delimiter makes a row of it", async () => {
    const { store, input } = stored("anna 1\n");
    const taken = await dataPlane(store).take(input);
    expect(taken).toMatchObject({ kind: "taken", issue_count: 1 });
    expect(taken).not.toHaveProperty("object.delimiter");
  });
});
