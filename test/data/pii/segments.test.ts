import { describe, expect, test } from "vitest";
import type { PrivacyKeys, RefineInput } from "../../../src/application/dataPorts.ts";
import { dataPlane } from "../../../src/data/dataPlane.ts";
import { mergeSigns, suspicionsOf } from "../../../src/domain/suspicion.ts";
import type { Schema } from "../../../src/domain/table.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";

const key = new Uint8Array(32);
const KEYS: PrivacyKeys = {
  hash: key,
  token: key,
  pseudonym: key,
  noise: key,
  date_shift: key,
  unique: key,
};
const SCHEMA: Schema = { id: "int", contact: "string", city: "string" };
const ROWS = 300;

const file = () => {
  const lines = Array.from(
    { length: ROWS },
    (_, row) => `${row},person${row}@example.com,City ${row}`,
  );
  return `id,contact,city\n${lines.join("\n")}\n`;
};

const about = { source: "landing", target: "raw", format: "csv", schema: SCHEMA } as const;

describe("a file that is appended in segments", () => {
  const refineAll = async (parts: { readonly clean_part?: string }) => {
    const store = memoryObjectStore();
    store.put("landing", file());
    const plane = dataPlane(store);
    const landed = await plane.land({ ...about, segment_bytes: 2000 });
    if (landed.kind !== "landed") throw new Error(JSON.stringify(landed));
    const input: RefineInput = {
      source: landed.object,
      schema: SCHEMA,
      quality: [],
      privacy: [],
      keys: KEYS,
      subject_column: null,
      now: new Date("2026-11-23T12:00:00Z"),
    };
    return Promise.all(
      landed.segments.map((segment) => plane.refineSegment(input, segment, parts)),
    );
  };

  test("is suspected of what it would be suspected of in one pass", async () => {
    const results = await refineAll({});
    expect(results.length).toBeGreaterThan(3);
    expect(JSON.stringify(results)).not.toContain("example.com");
    const store = memoryObjectStore();
    store.put("landing", file());
    const whole = await dataPlane(store).take(about);
    const suspicions = suspicionsOf(mergeSigns(results.map(({ signs }) => signs ?? [])));
    expect(suspicions).toEqual([
      { column: "contact", signs: [{ kind: "email", found_by: "values", share: 1 }] },
    ]);
    expect(whole).toMatchObject({ kind: "taken", suspicions });
  });

  test("is looked at only when it is appended, not when something is made of it", async () => {
    const [first] = await refineAll({ clean_part: "clean" });
    expect(first).not.toHaveProperty("signs");
  });
});
