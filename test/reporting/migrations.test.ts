import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";

const DIRECTORY = path.resolve(import.meta.dirname, "../../src/reporting/migrations");

/**
 * SHA-256 of every migration, in the order in which they came. A database that has applied one is never told of a change to
 * it, so a line here never changes: what is to be otherwise is another migration, with a line behind.
 */
const LANDED: Readonly<Record<string, string>> = {
  "0001_reports.sql": "42443ff612e354b74b5791cb250eee8368c56ff505be3e693a9ac9bc321df317",
  "0002_members.sql": "5f60968f43ac54572d1e216523b2b4038b341926fbd6539f2a83c496a5bb5a62",
  "0004_reports_by_lake.sql": "3a81ad23fd21662625d58fc5bfee831870f80a2d774caf2dd0665d92d182130e",
  "0003_derivation.sql": "9c8502af6cf28312903c7e2b68580ec1baef40f9d74b9b17cab78fe03602d836",
  "0006_metrics.sql": "68cae0c8d249fc2f4d7f52fb03b995077cb584ed27cc71dce361b233751e3d9d",
  "0005_processing_record.sql": "e2cf51de5349c1d1cb56deff3ef95d50d33f50e4d0a480fd74d14e5fafb69413",
  "0007_extensions_by_month.sql":
    "ea43232b2fd2d6eccbc2205048c416e52930d1d648d13900c9d4ef7c86655125",
};

const files = readdirSync(DIRECTORY).sort();
const sqlOf = (file: string) => readFileSync(path.join(DIRECTORY, file), "utf8");

const migrated = (applied: readonly string[]): DatabaseSync => {
  const database = new DatabaseSync(":memory:");
  for (const file of applied) database.exec(sqlOf(file));
  return database;
};

/** What was there at some time, oldest first. */
const arrived = Object.keys(LANDED);

const schemaOf = (database: DatabaseSync) =>
  database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").all();

describe("the migrations of the reports", () => {
  it("have a number each and nothing else lies there", () => {
    const numbers = files.map((file) => /^(\d{4})_[a-z_]+\.sql$/.exec(file)?.[1]);
    expect(numbers).not.toContain(undefined);
    expect(new Set(numbers).size).toBe(files.length);
  });

  it("never change: each has a line above, and is what it was when the line was written", () => {
    const found = files.map((file) => [
      file,
      createHash("sha256").update(sqlOf(file)).digest("hex"),
    ]);
    expect(Object.fromEntries(found)).toEqual(LANDED);
  });

  it.each(arrived.map((_, index) => index))(
    "bring a database with %i of them, and rows in it, to the schema of a new one",
    (upTo) => {
      const before = arrived.slice(0, upTo);
      const database = migrated(before);
      if (upTo > 0) {
        database.exec(`
          INSERT INTO relay (lake_id, last_seq) VALUES ('north', 2);
          INSERT INTO events (lake_id, seq, type, recorded_at, actor, dataset, stream,
            stream_version, data) VALUES
            ('north', 1, 'DataLakeCreated', '2026-11-01T00:00:00.000Z', 'a', NULL, 'lake', 1, '{}'),
            ('north', 2, 'AccessAudited', '2026-11-02T00:00:00.000Z', 'a', 'd', 'access', 1, '{}');
          INSERT INTO deletions (lake_id, deletion_id, status, requested_by, received_at,
            requested_at, deadline, statutory_deadline)
          VALUES ('north', 'd1', 'pending', 'a', '2026-11-01T00:00:00.000Z',
            '2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z');
          INSERT INTO access_daily (day, lake_id, dataset_id, accessor_id, action, count)
          VALUES ('2026-11-02', 'north', 'd', 'a', 'read', 1);`);
      }
      // Wrangler applies those that are not there yet, by number.
      for (const file of files) if (!before.includes(file)) database.exec(sqlOf(file));
      expect(schemaOf(database)).toEqual(schemaOf(migrated(files)));
      const count = (table: string) =>
        database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
      const kept = ["relay", "events", "deletions"].map(count);
      expect(kept).toEqual(upTo > 0 ? [1, 2, 1] : [0, 0, 0]);
    },
  );
});
