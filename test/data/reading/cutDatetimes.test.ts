import { expect, test } from "vitest";
import { dataPlane } from "../../../src/data/dataPlane.ts";
import { land } from "../../../src/data/land.ts";
import { readSegment } from "../../../src/data/readSegment.ts";
import type { Reading } from "../../../src/domain/reading.ts";
import { collectRows } from "../../support/cells.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";

const SCHEMA = { at: "datetime" } as const;

const stored = (reading: Reading, times: readonly string[]) => {
  const store = memoryObjectStore();
  store.put("landing", Buffer.from(["at", ...times].join("\n")));
  const about = { source: "landing", target: "raw", format: "csv", delimiter: ";" } as const;
  return { store, input: { ...about, schema: SCHEMA, reading } };
};

test.each([
  [{ trim: true }, [" 2026-11-23T12:00:00.1234567Z ", "2026-11-23T12:00:00.1234560Z"]],
  [{ null_values: ["-"] }, ["-", "2026-11-23T12:00:00.0000001"]],
  [{ time_zone: "Europe/Berlin" }, ["2026-11-23 12:00:00.1234567", "2026-11-23 12:00:00.5"]],
  [
    { datetime_format: "DD.MM.YYYY HH:mm:ss,SSS" },
    ["23.11.2026 12:00:00,123456789", "23.11.2026 12:00:00,123456000"],
  ],
] satisfies readonly (readonly [Reading, readonly string[]])[])(
  "a datetime that is read by %j is counted when it loses digits, and only then",
  async (reading, times) => {
    const { store, input } = stored(reading, times);
    const taken = await dataPlane(store).take(input);
    expect(taken).toMatchObject({ kind: "taken", issue_count: 0, cut_datetimes: 1 });
  },
);

test("what is no time of the zone has lost no digits, for nothing of it is kept", async () => {
  const skipped = "2025-03-30 02:30:00.1234567";
  const { store, input } = stored({ time_zone: "Europe/Berlin" }, [skipped]);
  const taken = await dataPlane(store).take(input);
  expect(taken).toMatchObject({ issue_count: 1 });
  expect(taken).not.toHaveProperty("cut_datetimes");
});

test("segments count those that they hold themselves", async () => {
  const time = "23.11.2026 12:00:00.1234567";
  const reading = { datetime_format: "DD.MM.YYYY HH:mm:ss.SSS" };
  const { store, input } = stored(reading, [time, time, "23.11.2026 12:00:00.5", time]);
  const landed = await land(store, { ...input, segment_bytes: 1 });
  if (landed.kind !== "landed") throw new Error(landed.kind);
  const cut: number[] = [];
  for (const segment of landed.segments) {
    const reader = await readSegment(store, landed.object, SCHEMA, segment);
    await collectRows(reader.chunks());
    cut.push(reader.issues.cut_datetimes);
  }
  expect(cut).toEqual([1, 1, 0, 1]);
});
