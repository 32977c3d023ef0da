import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { AGGREGATES, type EventOf } from "../../src/application/aggregates.ts";
import { directoryEntry } from "../../src/application/directoryEntry.ts";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import fc from "../support/property.ts";
import { lakeLog } from "./lakeLog.ts";

/** What can befall a batch after its append, as far as its status is concerned. */
const steps = {
  QualityCheckPassed: { source: "contract", passed: true, warnings: [] },
  QualityCheckFailed: { source: "contract", passed: false, warnings: [] },
  DataAnonymized: {},
  DataPublished: { objects: [], warnings: [] },
  ConsumptionGranted: { consumer: "alice" },
  BatchQuarantined: { cause: "manual", reason: "doubt" },
  QuarantineReleased: { reason: "fine" },
} as const;

const types = Object.keys(steps) as (keyof typeof steps)[];

it("tells the same status as the lake itself, whatever befalls a batch and however it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...types), { maxLength: 12 }),
      fc.nat({ max: 14 }),
      async (life, cut) => {
        const lake = `lake-${crypto.randomUUID()}`;
        const log = lakeLog()
          .add("batch/b1", "AppendIngestionRequested", {
            batch_id: "b1",
            dataset: "sales",
            contract_id: "contract1",
            contains_pii: false,
          })
          .add("batch/b1", "DataAppended", { bytes: 1, rows: 1, object: {} });
        for (const type of life) log.add("batch/b1", type, steps[type]);
        await d1Sink(env.REPORTS).deliver(lake, log.events.slice(0, cut));
        await d1Sink(env.REPORTS).deliver(lake, log.events);

        const { evolve, initialState } = AGGREGATES.batch;
        const state = log.events.reduce(
          (before, event) => evolve(before, event as unknown as EventOf<"batch">),
          initialState,
        );
        const status = await env.REPORTS.prepare("SELECT status FROM batches WHERE lake_id = ?")
          .bind(lake)
          .first("status");
        expect(status).toBe(directoryEntry("batch/b1", state)?.status);
      },
    ),
    { numRuns: 60 },
  );
});
