import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { retentionEnd } from "../../src/domain/batch/expiry.ts";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import fc from "../support/property.ts";
import { type LakeLog, lakeLog, MORNING } from "./lakeLog.ts";

const db = env.REPORTS;
const sink = d1Sink(db);

const contract = (retention_days: number) => ({
  version: 1,
  dataset: "sales",
  schema: { id: "int" },
  retention_days,
  privacy_rules: {},
  quality_rules: {},
  k_anonymity: null,
});

const request = (contract_id: string, revision = 1) => ({
  dataset: "sales",
  contract_id,
  contains_pii: null,
  revision,
});

const dueOf = async (lake: string, batch = "b1"): Promise<string | null> =>
  db
    .prepare("SELECT retention_due_at FROM batches WHERE lake_id = ? AND batch_id = ?")
    .bind(lake, batch)
    .first("retention_due_at");

describe("the end of a batch's retention", () => {
  it("is the one by which the lake lets it expire, whatever the time and the days", async () => {
    const days = fc.integer({ min: 1, max: 36_500 });
    const at = fc
      .date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString());
    await fc.assert(
      fc.asyncProperty(days, at, async (retention_days, appended_at) => {
        const lake = `lake-${crypto.randomUUID()}`;
        const log = lakeLog()
          .add("contract/c1", "DataContractDefined", contract(retention_days))
          .add("batch/b1", "AppendIngestionRequested", request("c1"), appended_at)
          .add("batch/b1", "DataAppended", { bytes: 1, rows: 1, revision: 1 }, appended_at);
        await sink.deliver(lake, log.events);
        expect(await dueOf(lake)).toBe(retentionEnd(appended_at, retention_days));
      }),
      { numRuns: 100 },
    );
  });

  it("moves with the contract, and with the contract that the batch is under", async () => {
    const lake = `lake-${crypto.randomUUID()}`;
    const log = lakeLog()
      .add("contract/c1", "DataContractDefined", contract(30))
      .add("contract/c2", "DataContractDefined", contract(90))
      .add("batch/b1", "AppendIngestionRequested", request("c1"));
    const tell = () => sink.deliver(lake, log.events);
    await tell();
    expect(await dueOf(lake)).toBeNull();
    log.add("batch/b1", "DataAppended", { bytes: 1, rows: 1, revision: 1 });
    await tell();
    expect(await dueOf(lake)).toBe(retentionEnd(MORNING, 30));
    log.add("contract/c1", "DataContractUpdated", contract(60));
    await tell();
    expect(await dueOf(lake)).toBe(retentionEnd(MORNING, 60));
    // A file that replaces another does not prolong the retention of its batch.
    const later = "2026-11-25T08:00:00.000Z";
    log.add("batch/b1", "AppendIngestionRequested", request("c2", 2), later);
    log.add("batch/b1", "DataAppended", { bytes: 1, rows: 1, revision: 2 }, later);
    await tell();
    expect(await dueOf(lake)).toBe(retentionEnd(MORNING, 90));
    await tell();
    expect(await dueOf(lake)).toBe(retentionEnd(MORNING, 90));
  });
});

const steps: Readonly<Record<string, (log: LakeLog, batch: `batch/${string}`) => LakeLog>> = {
  request: (log, batch) => log.add(batch, "AppendIngestionRequested", request("c1")),
  replace: (log, batch) => log.add(batch, "AppendIngestionRequested", request("c2", 2)),
  append: (log, batch) => log.add(batch, "DataAppended", { bytes: 9, rows: 7, revision: 1 }),
  check: (log, batch) => log.add(batch, "QualityCheckPassed", { passed: true, diverted_rows: 2 }),
  publish: (log, batch) => log.add(batch, "DataPublished", { objects: [], rows: 5 }),
  quarantine: (log, batch) => log.add(batch, "BatchQuarantined", { cause: "manual" }),
  release: (log, batch) => log.add(batch, "QuarantineReleased", {}),
  expire: (log, batch) => log.add(batch, "BatchExpired", { due_at: MORNING }),
};

it("counts batches as a count of all of them would, whatever befalls them and however it is cut", async () => {
  const life = fc.array(
    fc.record({
      step: fc.constantFrom(...Object.keys(steps)),
      batch: fc.constantFrom("batch/b1", "batch/b2", "batch/b3"),
    }),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(life, fc.array(fc.nat({ max: 30 }), { maxLength: 4 }), async (all, cuts) => {
      const lake = `lake-${crypto.randomUUID()}`;
      const log = lakeLog();
      for (const { step, batch } of all) steps[step]?.(log, batch as `batch/${string}`);
      for (const cut of [...cuts].sort((a, b) => a - b)) {
        await sink.deliver(lake, log.events.slice(0, cut));
      }
      await sink.deliver(lake, log.events);
      const [counted, recounted] = await db.batch([
        db
          .prepare(
            `SELECT dataset_id, status, batches, row_count, published_rows, quarantined_rows
             FROM batch_counts WHERE lake_id = ? AND batches <> 0 ORDER BY status`,
          )
          .bind(lake),
        db
          .prepare(
            `SELECT dataset AS dataset_id, status, count(*) AS batches,
               coalesce(sum(row_count), 0) AS row_count, sum(published_rows) AS published_rows,
               sum(quarantined_rows) AS quarantined_rows
             FROM batches WHERE lake_id = ? GROUP BY status ORDER BY status`,
          )
          .bind(lake),
      ]);
      expect(counted?.results).toEqual(recounted?.results);
    }),
    { numRuns: 50 },
  );
});
