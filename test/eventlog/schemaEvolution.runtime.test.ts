/** A log as an older version of Lethe wrote it: read through the upcasters, never rewritten. */
import { describe, expect, test } from "vitest";
import { view } from "../../src/application/views.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { eventStore } from "../../src/eventlog/eventStore.ts";
import { type LeafRow, leafText } from "../../src/eventlog/leaf.ts";
import { leafHash } from "../../src/eventlog/merkle.ts";
import { migrate } from "../../src/eventlog/migrations.ts";
import { tree } from "../../src/eventlog/tree.ts";
import oldLog from "../fixtures/log-of-version-1.ndjson?raw";
import { inEmptyStorage } from "../support/emptyLog.ts";

/** Root of that log, from the checkpoint its server signed. */
const ROOT = "W7jQ8+U4uaUx7v+Bh73yYGHX1ZNZy9Xexi9Urxfy458=";

const LINES = oldLog.trimEnd().split("\n");

const restore = (storage: DurableObjectStorage): void => {
  migrate(storage);
  for (const line of LINES) {
    const { data, ...row } = JSON.parse(line) as Omit<LeafRow, "data"> & { data: object };
    const text = JSON.stringify(data);
    expect(leafText({ ...row, data: text })).toBe(line);
    storage.sql.exec(
      `INSERT INTO events (seq, event_id, stream, stream_version, type, schema_version,
         recorded_at, actor, correlation_id, causation_id, command_id, dataset, data, leaf_hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)`,
      row.seq,
      row.event_id,
      row.stream,
      row.stream_version,
      row.type,
      row.schema_version,
      row.recorded_at,
      row.actor,
      row.correlation_id,
      row.causation_id,
      row.command_id,
      text,
      leafHash(line),
    );
  }
};

describe("a log of an older version", () => {
  test("has the root that was signed for it", () =>
    inEmptyStorage((storage) => {
      restore(storage);
      const root = Buffer.from(
        tree(storage.sql, eventStore(storage.sql)).root(LINES.length),
      ).toString("base64");
      expect(root).toBe(ROOT);
    }));

  test("folds into the present states, what has moved in its events included", () =>
    inEmptyStorage((storage) => {
      restore(storage);
      const { state, version } = eventLog(storage).load("batch/batch1");
      expect(version).toBe(14);
      expect(state).toMatchObject({
        status: "held",
        batch: {
          consumptions: 2,
          progress: {
            status: "published",
            quality: { contract: { passed: true, report: { rows: 2 } } },
            privacy: { rules: { id: "mask" }, schema: { id: "string", amount: "float" } },
            publication: { rows: 2, objects: [{ format: "parquet" }, { format: "csv" }] },
          },
        },
      });
    }));

  test("shows its digests as the plain SHA-256 that they are", () =>
    inEmptyStorage((storage) => {
      restore(storage);
      const { state } = eventLog(storage).load("batch/batch1");
      const shown = view("batch", "batch1", state, "");
      const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);
      expect(shown).toMatchObject({ digest, published: { files: [{ digest }, { digest }] } });
    }));

  test("is read in the present form and stays stored in its own", () =>
    inEmptyStorage((storage) => {
      restore(storage);
      const [check] = eventLog(storage).read({ type: "QualityCheckPassed", after: 0, limit: 1 });
      expect(check?.schema_version).toBe(2);
      expect(check?.data).toMatchObject({ passed: true, report: { rows: 2 }, warnings: [] });
      const { data } = storage.sql
        .exec<{ data: string }>("SELECT data FROM events WHERE type = 'QualityCheckPassed' LIMIT 1")
        .one();
      expect(JSON.parse(data)).toHaveProperty("check.passed", true);
    }));
});
