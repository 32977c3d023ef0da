import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { d1Sink } from "../../src/reporting/d1Sink.ts";
import { MAX_RECORD_CHARACTERS, READ_AT_ONCE } from "../../src/reporting/processingRecords.ts";
import { reportQueries } from "../../src/reporting/queries.ts";
import { emptyReports } from "../support/emptyReports.ts";
import { lakeLog } from "./lakeLog.ts";

const db = env.REPORTS;
const reports = reportQueries(db);
const ALL = { member: null, limit: 100, cursor: null };

const content = (more: object = {}) => ({
  dataset: "people",
  schema: { id: "int", mail: "string" },
  retention_days: 30,
  privacy_rules: { mail: { strategy: "mask", keep_first: 1 } },
  quality_rules: { id: "not_null" },
  k_anonymity: null,
  ...more,
});

const registered = (name: string, more: object = {}) => ({
  name,
  schema: { id: "int" },
  description: null,
  contains_pii: null,
  encryption_enabled: false,
  subject_column: null,
  ...more,
});

const appended = (batch_id: string) => ({
  batch_id,
  dataset: "people",
  contract_id: "c1",
  contract_version: 1,
  revision: 1,
  contains_pii: null,
});

const access = (accessor_id: string, dataset_id: string | null, purpose: string) => ({
  accessor_id,
  dataset_id,
  action: "query",
  purpose,
  object: null,
});

const suspicion = (column: string, ...kinds: readonly string[]) => ({
  column,
  signs: kinds.map((kind) => ({ kind, found_by: "values", share: 0.9 })),
});

const north = lakeLog()
  .created("north", { residency: { jurisdiction: "eu", enforced: true } })
  .add("member/petra", "MemberGranted", { subject: "petra", roles: ["privacy_officer"] })
  .add("member/paul", "MemberGranted", { subject: "paul", roles: ["privacy_officer"] })
  .add("member/paul", "MemberRevoked", { subject: "paul" })
  .add("webhook/w1", "WebhookRegistered", { webhook_id: "w1", url: { sealed: "x" }, events: [] })
  .add("webhook/w2", "WebhookRegistered", { webhook_id: "w2", url: { sealed: "x" }, events: [] })
  .add("webhook/w2", "WebhookRemoved", { webhook_id: "w2" })
  .add(
    "dataset/people",
    "DatasetRegistered",
    registered("people", {
      contains_pii: true,
      subject_column: "id",
      encryption_enabled: true,
      description: "whoever asks",
    }),
  )
  .add("dataset/people", "SchemaVersionUpdated", {
    dataset: "people",
    version: 2,
    schema: { id: "int", mail: "string" },
    contract_id: "c1",
  })
  .add("dataset/people", "DatasetVersionActivated", { version: 2 })
  .add("dataset/sales", "DatasetRegistered", registered("sales"))
  .add("dataset/sales", "DatasetIngested", {
    dataset_id: "sales",
    record_count: 12,
    contains_pii: null,
  })
  .add("contract/c1", "DataContractDefined", { contract_id: "c1", version: 1, ...content() })
  .add("contract/c1", "DataContractApproved", { approver: "olga" })
  .add("batch/b1", "AppendIngestionRequested", appended("b1"))
  .add("batch/b1", "DataAppended", {
    bytes: 1,
    rows: 1,
    revision: 1,
    looks_personal: [suspicion("mail", "email", "person_name")],
  })
  .add("batch/b2", "AppendIngestionRequested", appended("b2"))
  .add("batch/b2", "PersonalDataSuspected", {
    columns: [suspicion("id", "national_id")],
    warnings: [],
  })
  .accessed("alice", "people", "read", "2026-11-02T10:00:00.000Z")
  .accessed("alice", "people", "read", "2026-11-05T10:00:00.000Z")
  .add("access", "AccessAudited", access("bob", "people", "billing"), "2026-11-03T10:00:00.000Z")
  .add(
    "access",
    "AccessAudited",
    access("carol", null, "nothing of it"),
    "2026-11-03T10:00:00.000Z",
  );

const south = lakeLog()
  .created("south", { country: null })
  .add("dataset/visits", "DatasetRegistered", registered("visits"));

beforeAll(async () => {
  await emptyReports(db);
  await d1Sink(db).deliver("north", north.events, north.events.length);
  await d1Sink(db).deliver("south", south.events, south.events.length);
});
afterAll(() => emptyReports(db));

describe("the record of processing activities", () => {
  it("has what is on record of each dataset", async () => {
    const { items } = await reports.processingRecord(ALL);
    expect(items[0]).toEqual({
      lake_id: "north",
      lake_name: "The lake north",
      owner_id: "olga",
      country: "DE",
      region: "eu",
      jurisdiction: "eu",
      compliance_level: "gdpr",
      privacy_officers: ["petra"],
      webhooks: 1,
      dataset_id: "people",
      status: "active",
      description: "whoever asks",
      registered_at: "2026-11-23T08:00:00.000Z",
      contains_pii: true,
      encryption_enabled: true,
      subject_column: "id",
      columns: { id: "int", mail: "string" },
      personal_columns: [
        { column: "id", kinds: "national_id" },
        { column: "mail", kinds: "email,person_name" },
      ],
      contracts: [
        {
          contract_id: "c1",
          status: "approved",
          retention_days: 30,
          quality_rules: 1,
          k_anonymity: 0,
          strategies: { mail: "mask" },
        },
      ],
      ingested_records: 0,
      purposes: [
        {
          purpose: null,
          accesses: 2,
          first_at: "2026-11-02T10:00:00.000Z",
          last_at: "2026-11-05T10:00:00.000Z",
        },
        {
          purpose: "billing",
          accesses: 1,
          first_at: "2026-11-03T10:00:00.000Z",
          last_at: "2026-11-03T10:00:00.000Z",
        },
      ],
      purpose_count: 2,
      recipients: [
        {
          accessor_id: "alice",
          accesses: 2,
          first_at: "2026-11-02T10:00:00.000Z",
          last_at: "2026-11-05T10:00:00.000Z",
        },
        {
          accessor_id: "bob",
          accesses: 1,
          first_at: "2026-11-03T10:00:00.000Z",
          last_at: "2026-11-03T10:00:00.000Z",
        },
      ],
      recipient_count: 2,
    });
    expect(items[1]).toMatchObject({
      dataset_id: "sales",
      contains_pii: null,
      ingested_records: 12,
      contracts: [],
      purposes: [],
      recipients: [],
      personal_columns: [],
    });
  });

  it("goes by lake and dataset, a page at a time", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof reports.processingRecord>> =
        await reports.processingRecord({ ...ALL, limit: 1, cursor });
      seen.push(...page.items.map(({ lake_id, dataset_id }) => `${lake_id}/${dataset_id}`));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(["north/people", "north/sales", "south/visits"]);
  });

  it("shows one lake when asked, and to a member those that they watch", async () => {
    const of = async (scope: object) =>
      (await reports.processingRecord({ ...ALL, ...scope })).items.map(({ lake_id }) => lake_id);
    expect(await of({ lake_id: "south" })).toEqual(["south"]);
    expect(await of({ member: "petra" })).toEqual(["north", "north"]);
    expect(await of({ member: "paul" })).toEqual([]);
    expect(await of({ member: "petra", lake_id: "south" })).toEqual([]);
  });

  describe("of a lake with many datasets", () => {
    const NAMES = Array.from({ length: 2 * READ_AT_ONCE + 5 }, (_, n) => `d${1000 + n}`);
    const west = NAMES.reduce(
      (log, name) => log.add(`dataset/${name}`, "DatasetRegistered", registered(name)),
      lakeLog().created("west"),
    );
    const pages = async (limit: number) => {
      const sizes: number[] = [];
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof reports.processingRecord>> =
          await reports.processingRecord({ ...ALL, lake_id: "west", limit, cursor });
        seen.push(...page.items.map(({ dataset_id }) => dataset_id));
        sizes.push(page.items.length);
        cursor = page.next_cursor;
      } while (cursor !== null);
      expect(seen).toEqual(NAMES);
      return sizes;
    };
    beforeAll(() => d1Sink(db).deliver("west", west.events, west.events.length));

    it("has as many on a page as are asked for, however many are read at once", async () => {
      expect(await pages(1_000)).toEqual([NAMES.length]);
      expect(await pages(READ_AT_ONCE)).toEqual([READ_AT_ONCE, READ_AT_ONCE, 5]);
      expect(await pages(READ_AT_ONCE + 5)).toEqual([READ_AT_ONCE + 5, READ_AT_ONCE]);
    });

    it("ends a page where it becomes too large, and goes on behind it", async () => {
      const part = Math.ceil(MAX_RECORD_CHARACTERS / 3);
      const widen = `UPDATE datasets SET description = hex(zeroblob(?)) WHERE lake_id = 'west' AND dataset_id <= ?`;
      await db
        .prepare(widen)
        .bind(Math.ceil(part / 2), NAMES[3] ?? "")
        .run();
      expect(await pages(1_000)).toEqual([3, NAMES.length - 3]);
      expect(await pages(2)).toHaveLength(Math.ceil(NAMES.length / 2));
    });
  });
});
