import { describe, expect, test } from "vitest";
import { doomedKeys } from "../../src/application/erasureLeftovers.ts";
import type { EventLog, PendingDuty } from "../../src/application/ports.ts";
import type { Erasure } from "../../src/domain/deletion/erasure.ts";

/** A batch `b` that lost rows and is at revision 3 now, and attempts that wrote those keys. */
const doomed = (keys: readonly string[], status = "held") => {
  const duty = {
    kind: "sweep_attempt",
    due_at: "2026-06-02T00:00:00.000Z",
    payload: { keys, takes: false, after: 1, erasures: null },
  } as unknown as PendingDuty;
  const log = {
    schedule: { due: () => [duty] },
    load: () => ({ version: 1, state: { status, batch: { revision: 3 } } }),
  } as unknown as EventLog;
  const erasure = { erased_from: [{ batch_id: "b" }], started_at: "2026-06-01T00:00:00.000Z" };
  return doomedKeys(log, erasure as unknown as Erasure);
};

const OUTDATED = ["lakes/l/batches/b/2/raw/x.csv", "lakes/l/published/d/b/3/x.parquet"];
const PRESENT = ["lakes/l/batches/b/4/raw/y.csv", "lakes/l/published/d/b/4/y.parquet"];
const FOREIGN = ["lakes/l/batches/c/1/raw/z.csv", "lakes/l/published/d/c/1/z.parquet"];

describe("what work under way may have written of a batch that lost rows", () => {
  test("goes when it was planned before the batch was rewritten", () => {
    expect(doomed([...OUTDATED, ...FOREIGN])).toEqual(OUTDATED);
  });

  test("stays when it was planned on what the batch is now: it may be the batch in a moment", () => {
    expect(doomed(PRESENT)).toEqual([]);
  });

  test("goes whole when there is no such batch any more", () => {
    expect(doomed([...OUTDATED, ...PRESENT], "expired")).toEqual([...OUTDATED, ...PRESENT]);
  });
});
