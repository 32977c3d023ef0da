import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import type { ReplayResult } from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent, Publication } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import type { ReplayId } from "../../../src/domain/ids.ts";
import {
  covers,
  type KAnonymity,
  type KAnonymityFinding,
} from "../../../src/domain/rules/kAnonymity.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  BATCH,
  batchAppended,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  publication,
  released,
  SCHEMA,
} from "../../support/facts.ts";
import fc from "../../support/property.ts";

const DEMAND: KAnonymity = { columns: ["id", "amount"], k: 5, on_violation: "refuse" };

const finding = (more: Partial<KAnonymityFinding> = {}): KAnonymityFinding => ({
  ...DEMAND,
  groups: 4,
  smallest_group: 2,
  groups_below_k: 3,
  rows_below_k: 7,
  ...more,
});
const HOLDS = finding({ smallest_group: 5, groups_below_k: 0, rows_below_k: 0 });

type Made = Omit<Publication, "published_at">;
const made = (more: Partial<Made> = {}): Made => ({
  ...publication("published/1"),
  k_anonymity: HOLDS,
  ...more,
});
const VIOLATION = made({ objects: [], rows: 0, k_anonymity: finding() });

const demanding = (k_anonymity: KAnonymity | null): BatchContext => ({
  lake: lakeAt("standard"),
  dataset: datasetAfter(datasetRegistered()),
  contract: contractAfter(contractDefined({ k_anonymity })),
});
const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  demanding(DEMAND),
);
const publish = (said: Made) =>
  ({ type: "PublishData", batch_id: BATCH, publication: said, run: null }) as const;
const published = (said: Made, warnings: readonly string[] = []): BatchEvent => ({
  type: "DataPublished",
  data: { ...said, warnings },
});

describe("publishing under a contract that demands k-anonymity", () => {
  it("records what was counted where it holds", () => {
    given(...batchAppended())
      .when(publish(made()))
      .then(published(made()));
  });

  it("is refused where somebody would be singled out, with sizes and no value", () => {
    const { detail, figures } = given(...batchAppended())
      .when(publish(VIOLATION))
      .thenRejected("k-anonymity-violated", "compliance");
    expect(figures).toEqual({
      smallest_group: 2,
      groups: 4,
      groups_below_k: 3,
      rows_below_k: 7,
    });
    expect(detail).toContain("k = 5 over id, amount");
  });

  it("warns of the rows that were left out, and refuses when some were not", () => {
    const left = made({ suppressed_rows: 7, k_anonymity: finding() });
    const [event] = given(...batchAppended())
      .when(publish(left))
      .events();
    expect(event).toMatchObject({ type: "DataPublished", data: { suppressed_rows: 7 } });
    expect(event?.type === "DataPublished" && event.data.warnings).toEqual([
      expect.stringContaining("7 rows were left out"),
    ]);
    given(...batchAppended())
      .when(publish({ ...left, suppressed_rows: 6 }))
      .thenRejected("k-anonymity-violated");
  });

  it.each([
    ["nothing", null],
    ["a smaller k", finding({ ...HOLDS, k: 4 })],
    ["fewer columns", finding({ ...HOLDS, columns: ["id"] })],
  ])("is refused when %s was counted", (_, k_anonymity) => {
    given(...batchAppended())
      .when(publish(made({ k_anonymity })))
      .thenRejected("changed-meanwhile", "wrong_state");
  });
});

describe("a published batch whose contract demands k-anonymity", () => {
  const grant = {
    type: "GrantConsumption",
    batch_id: BATCH,
    consumer: "alice",
    purpose: null,
    format: "parquet",
    object_key: "published/1",
    signed_at: "2026-11-24T12:00:00.000Z",
    expires_at: "2026-11-24T12:15:00.000Z",
  } as const;

  it("is handed out when it was held to as much, or more", () => {
    const batch = given(...batchAppended(), published(made()));
    const [event] = batch.when(grant).events();
    expect(event?.type).toBe("ConsumptionGranted");
    const [less] = batch
      .knowing(demanding({ ...DEMAND, columns: ["id"], k: 3 }))
      .when(grant)
      .events();
    expect(less?.type).toBe("ConsumptionGranted");
  });

  it("is handed out no more once the contract demands more than it was held to", () => {
    for (const known of [made(), made({ k_anonymity: null })]) {
      given(...batchAppended(), published(known))
        .knowing(demanding({ ...DEMAND, k: 6 }))
        .when(grant)
        .thenRejected("replay-required", "wrong_state");
    }
  });

  const replay_id = "replay-1" as ReplayId;
  const result = (said: Made): ReplayResult => ({
    kind: "derived",
    rows: 3,
    schema: SCHEMA,
    check: null,
    run: null,
    publication: said,
  });
  const replay = (said: Made) =>
    ({ type: "ReplayBatch", batch_id: BATCH, replay_id, result: result(said) }) as const;
  const mark: BatchEvent = { type: "BatchReplayed", data: { replay_id } };
  const fits: BatchEvent = { type: "SchemaValidated", data: { schema: SCHEMA } };
  const before = published(made({ k_anonymity: null }));

  it("is published anew by a replay that passes the gate", () => {
    given(...batchAppended(), before)
      .when(replay(made()))
      .then(mark, fits, published(made()));
  });

  it("goes into quarantine by a replay that does not, and is not handed out when released", () => {
    const batch = given(...batchAppended(), before);
    const events = batch.when(replay(VIOLATION)).events();
    expect(events).toEqual([
      mark,
      fits,
      {
        type: "BatchQuarantined",
        data: {
          cause: "k_anonymity",
          reason: expect.stringContaining("7 rows are in such groups"),
        },
      },
    ]);
    given(...batchAppended(), before, ...events, released)
      .when(grant)
      .thenRejected("replay-required");
  });
});

describe("what was counted", () => {
  const demand = fc.record({
    columns: fc.subarray(["a", "b", "c"], { minLength: 1 }),
    k: fc.integer({ min: 2, max: 6 }),
  });
  const rows = fc.array(
    fc.record({ a: fc.nat({ max: 2 }), b: fc.nat({ max: 2 }), c: fc.nat({ max: 2 }) }),
    { maxLength: 40 },
  );
  type Row = Readonly<Record<string, number>>;
  const holds = (table: readonly Row[], { columns, k }: Pick<KAnonymity, "columns" | "k">) => {
    const group = (row: Row) => columns.map((column) => row[column]).join();
    return table.every((row) => table.filter((other) => group(other) === group(row)).length >= k);
  };

  it("answers a demand only if every table that holds the one holds the other", () => {
    fc.assert(
      fc.property(rows, demand, demand, (table, counted, demanded) => {
        fc.pre(covers(counted, { ...demanded, on_violation: "refuse" }));
        if (holds(table, counted)) expect(holds(table, demanded)).toBe(true);
      }),
    );
  });
});
