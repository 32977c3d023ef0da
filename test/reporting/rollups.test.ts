import { describe, expect, it } from "vitest";
import { type Rollups, rollups } from "../../src/reporting/rollups.ts";
import { type LakeLog, lakeLog, MORNING } from "./lakeLog.ts";

const changes = (log: LakeLog, from = 1): Rollups => rollups("north", log.events.slice(from - 1));

const registered = {
  name: "sales",
  schema: { id: "int" },
  description: null,
  contains_pii: null,
  encryption_enabled: false,
  subject_column: null,
};

const ingested = (record_count: number, contains_pii: boolean | null) => ({
  dataset_id: "sales",
  data_source: "elsewhere",
  record_count,
  contains_pii,
  warnings: [],
});

const appendRequested = {
  batch_id: "b1",
  dataset: "sales",
  contract_id: "contract1",
  contract_version: 1,
  file_url: "sales.csv",
  format: "csv",
  contains_pii: true,
  warnings: [],
};

const checked = (passed: boolean, diverted_rows = 0) => ({
  source: "contract",
  passed,
  diverted_rows,
  warnings: [],
});

describe("the rollups of a lake", () => {
  it("opens a row for a created lake and keeps its latest level", () => {
    const log = lakeLog()
      .created("north", { compliance_level: "standard" })
      .add("lake", "ComplianceLevelChanged", { from: "standard", to: "gdpr" })
      .add("lake", "ComplianceLevelChanged", { from: "gdpr", to: "strict" });
    expect(changes(log).lakes).toEqual([
      {
        table: "lakes",
        id: [],
        opens: true,
        columns: {
          name: "The lake north",
          owner_id: "olga",
          region: "eu",
          compliance_level: "strict",
          country: "DE",
          time_zone: null,
          jurisdiction: null,
          created_at: MORNING,
        },
      },
    ]);
  });

  it("only continues a row whose opening was delivered before", () => {
    const log = lakeLog()
      .created("north")
      .add("lake", "ComplianceLevelChanged", { from: "gdpr", to: "strict" });
    expect(changes(log, 2).lakes).toEqual([
      { table: "lakes", id: [], opens: false, columns: { compliance_level: "strict" } },
    ]);
  });

  it("follows where its controller is, as far as that is said", () => {
    const log = lakeLog()
      .created("north")
      .add("lake", "LakeLocalityChanged", { country: "FR" })
      .add("lake", "LakeLocalityChanged", { time_zone: "Europe/Paris" });
    expect(changes(log, 2).lakes).toEqual([
      {
        table: "lakes",
        id: [],
        opens: false,
        columns: { country: "FR", time_zone: "Europe/Paris" },
      },
    ]);
  });
});

describe("the rollups of a dataset", () => {
  it("adds up what was ingested", () => {
    const log = lakeLog()
      .add("dataset/sales", "DatasetRegistered", registered)
      .add("dataset/sales", "DatasetIngested", ingested(10, null))
      .add("dataset/sales", "DatasetIngested", ingested(5, false));
    expect(changes(log).datasets[0]?.columns).toMatchObject({
      ingestions: 2,
      ingested_records: 15,
      contains_pii: false,
    });
    expect(changes(log, 2).datasets).toEqual([
      {
        table: "datasets",
        id: ["sales"],
        opens: false,
        columns: { ingestions: 2, ingested_records: 15, contains_pii: false },
      },
    ]);
  });

  it("never takes back that it holds personal data", () => {
    const log = lakeLog()
      .add("dataset/sales", "DatasetRegistered", registered)
      .add("dataset/sales", "DatasetIngested", ingested(1, true))
      .add("dataset/sales", "DatasetIngested", ingested(1, false));
    expect(changes(log).datasets[0]?.columns.contains_pii).toBe(true);
  });

  it("says what was amended, and leaves what was not", () => {
    const log = lakeLog()
      .add("dataset/sales", "DatasetRegistered", registered)
      .add("dataset/sales", "DatasetAmended", { description: "All sales" })
      .add("dataset/sales", "DatasetAmended", { contains_pii: true, subject_column: "email" });
    expect(changes(log).datasets[0]?.columns).toMatchObject({
      description: "All sales",
      contains_pii: true,
      subject_column: "email",
      status: "active",
    });
    expect(changes(log, 3).datasets).toEqual([
      {
        table: "datasets",
        id: ["sales"],
        opens: false,
        columns: { contains_pii: true, subject_column: "email" },
      },
    ]);
  });

  it("follows its schema version and its end", () => {
    const log = lakeLog()
      .add("dataset/sales", "DatasetRegistered", registered)
      .add("dataset/sales", "DatasetVersionActivated", { version: 3 })
      .add("dataset/sales", "DatasetDeprecated", {});
    expect(changes(log).datasets[0]?.columns).toMatchObject({
      active_version: 3,
      status: "deprecated",
    });
  });
});

describe("the rollups of a batch", () => {
  it("collapse its whole life into one row", () => {
    const log = lakeLog()
      .add("batch/b1", "AppendIngestionRequested", appendRequested)
      .add("batch/b1", "DataAppended", { bytes: 42, sha256: "00", rows: 2, object: {} })
      .add("batch/b1", "SchemaValidated", { schema: {} })
      .add("batch/b1", "QualityCheckPassed", checked(true))
      .add("batch/b1", "DataAnonymized", {})
      .add("batch/b1", "DataPublished", { objects: [], rows: 2, warnings: [] })
      .add("batch/b1", "ConsumptionGranted", { consumer: "alice" })
      .add("batch/b1", "ConsumptionGranted", { consumer: "bob" });
    expect(changes(log).batches).toEqual([
      {
        table: "batches",
        id: ["b1"],
        opens: true,
        columns: {
          dataset: "sales",
          contract_id: "contract1",
          contains_pii: true,
          stage: "published",
          checked: true,
          quarantined: false,
          size_bytes: 42,
          row_count: 2,
          published_rows: 2,
          quarantined_rows: 0,
          consumptions: 2,
          requested_at: MORNING,
          appended_at: MORNING,
          published_at: MORNING,
          retention_due_at: null,
          retention_suspended_at: null,
          expired_at: null,
        },
      },
    ]);
  });

  it("forget a check that passed when a later one fails", () => {
    const log = lakeLog()
      .add("batch/b1", "QualityCheckPassed", checked(true))
      .add("batch/b1", "QualityCheckFailed", checked(false));
    expect(changes(log).batches[0]?.columns).toEqual({ checked: false, quarantined_rows: 0 });
  });

  it("count no rejected rows of a check that a replay has left behind", () => {
    const log = lakeLog()
      .add("batch/b1", "QualityCheckPassed", checked(true, 3))
      .add("batch/b1", "BatchReplayed", { replay_id: "r", outdated_checks: ["request"] });
    expect(changes(log).batches[0]?.columns.quarantined_rows).toBe(0);
    log.add("batch/b1", "QualityCheckPassed", checked(true, 2));
    log.add("batch/b1", "BatchReplayed", { replay_id: "s" });
    expect(changes(log).batches[0]?.columns.quarantined_rows).toBe(2);
  });

  describe("that an erasure has taken rows out of", () => {
    const objectOf = (rows: number) => ({ key: "k", format: "csv", bytes: rows * 10, rows });
    const erased = { segments: null, hashes: null, run: null, publication: null, lost: null };
    const raw = { from: objectOf(4), to: objectOf(3), rows_removed: 1 };
    const redacted = (data: object) =>
      changes(lakeLog().add("batch/b1", "BatchRedacted", { ...erased, ...data })).batches[0]
        ?.columns;

    it("hold what is left, and are counted by month as they were appended", () => {
      const log = lakeLog()
        .add("batch/b1", "AppendIngestionRequested", { ...appendRequested, revision: 1 })
        .add("batch/b1", "DataAppended", {
          ...{ bytes: 40, rows: 4, revision: 1, looks_personal: [] },
        })
        .add("batch/b1", "QualityCheckPassed", checked(true, 2))
        .add("batch/b1", "BatchRedacted", { ...erased, objects: [raw], diverted_rows: 1 });
      expect(changes(log).batches[0]?.columns).toMatchObject({
        ...{ size_bytes: 30, row_count: 3, quarantined_rows: 1, published_rows: 0 },
      });
      const counts = changes(log).monthly_counts.map(({ id, columns }) => [id[2], columns.count]);
      expect(counts).toEqual([
        ["batches_appended", 1],
        ["rows_appended", 4],
        ["rows_quarantined", 2],
      ]);
    });

    it("hold what was derived of a file that is lost", () => {
      const lost = { objects: [{ ...raw, to: null }] };
      const published = { publication: { rows: 1, objects: [objectOf(1)] } };
      const run = { run: { object: objectOf(2) } };
      expect(redacted({ ...lost, ...run, ...published })).toMatchObject({ row_count: 2 });
      expect(redacted({ ...lost, ...published })).toMatchObject({
        row_count: 1,
        published_rows: 1,
      });
    });

    it("have left out what the check says where an older log does not", () => {
      expect(redacted({ objects: [raw] })).toEqual({
        ...{ stage: "appended", size_bytes: 30, row_count: 3, published_rows: 0 },
      });
    });
  });

  it("keep the stage while the batch is in quarantine", () => {
    const log = lakeLog()
      .add("batch/b1", "DataAnonymized", {})
      .add("batch/b1", "BatchQuarantined", { cause: "manual", reason: "doubt" });
    expect(changes(log).batches[0]?.columns).toEqual({ stage: "anonymized", quarantined: true });
    log.add("batch/b1", "QuarantineReleased", { reason: "fine" });
    expect(changes(log).batches[0]?.columns.quarantined).toBe(false);
  });
});

describe("the rollups of a deletion", () => {
  it("hold the deadlines and never anything about the subject", () => {
    const deadline = "2026-12-23T22:59:59.999Z";
    const [change] = changes(lakeLog().deletion("d1", { deadline })).deletions;
    expect(change).toEqual({
      table: "deletions",
      id: ["d1"],
      opens: true,
      columns: {
        status: "pending",
        requested_by: "petra",
        received_at: MORNING,
        requested_at: MORNING,
        deadline,
        statutory_deadline: deadline,
        missed_deadline: null,
        completed_at: null,
        extended_at: null,
        rejected_at: null,
      },
    });
  });

  it("follow holding, releasing and rejecting", () => {
    const log = lakeLog().add("deletion/d1", "GDPRDeletionHeld", { ground: "Art. 17(3)(e)" });
    expect(changes(log).deletions[0]?.columns).toEqual({ status: "held" });
    log.add("deletion/d1", "GDPRDeletionHoldReleased", {});
    expect(changes(log).deletions[0]?.columns).toEqual({ status: "pending" });
    log.add("deletion/d1", "GDPRDeletionRejected", { ground: "Art. 17(3)(e)" });
    expect(changes(log).deletions[0]?.columns).toEqual({
      status: "rejected",
      rejected_at: MORNING,
    });
  });

  it("remember the deadline that was missed when a later one is set", () => {
    const [missed, later] = ["2026-12-23T00:00:00.000Z", "2027-02-23T00:00:00.000Z"];
    const log = lakeLog()
      .add("deletion/d1", "GDPRDeletionOverdue", { deadline: missed, statutory_deadline: later })
      .add("deletion/d1", "GDPRDeletionExtended", { deadline: later, statutory_deadline: later });
    expect(changes(log).deletions[0]?.columns).toEqual({
      missed_deadline: missed,
      deadline: later,
      statutory_deadline: later,
      extended_at: MORNING,
    });
  });

  it("take over from a record what a restored log has never heard of", () => {
    const deadline = "2026-12-23T00:00:00.000Z";
    const known = {
      requested_by: "petra",
      received_at: MORNING,
      requested_at: MORNING,
      deadline,
      statutory_deadline: deadline,
      completed_at: "2026-12-24T00:00:00.000Z",
    };
    const data = { ...known, deadline_kept: false, closing: "request" };
    const log = lakeLog().add("deletion/d1", "GDPRDeletionReapplied", data);
    const columns = {
      ...known,
      status: "completed",
      missed_deadline: deadline,
      extended_at: null,
      rejected_at: null,
    };
    expect(changes(log).deletions).toEqual([
      { table: "deletions", id: ["d1"], opens: true, columns },
    ]);
    const later = { ...data, closing: "remainder", completed_at: "2027-01-01T00:00:00.000Z" };
    log.add("deletion/d1", "GDPRDeletionReapplied", later);
    expect(changes(log).deletions).toMatchObject([{ columns }]);
  });

  it("start anew when the same id is requested again", () => {
    const deadline = "2026-12-23T00:00:00.000Z";
    const log = lakeLog()
      .deletion("d1", { deadline })
      .add("deletion/d1", "GDPRDeletionOverdue", { deadline, statutory_deadline: deadline })
      .add("deletion/d1", "GDPRDeletionRejected", { ground: "Art. 17(3)(e)" })
      .deletion("d1", { deadline });
    expect(changes(log).deletions[0]?.columns).toMatchObject({
      status: "pending",
      missed_deadline: null,
    });
  });
});

describe("the counts of accesses", () => {
  it("are one per day, dataset, accessor and action", () => {
    const log = lakeLog()
      .accessed("alice", "sales", "read", "2026-11-22T23:59:59.999Z")
      .accessed("alice", "sales", "read", "2026-11-23T00:00:00.000Z")
      .accessed("alice", "sales", "read", "2026-11-23T12:00:00.000Z")
      .accessed("alice", "sales", "write", "2026-11-23T12:00:00.000Z")
      .accessed("bob", null, "read", "2026-11-23T12:00:00.000Z");
    const access = (day: string, dataset: string, who: string, action: string, count: number) => ({
      table: "access_daily",
      id: [day, dataset, who, action],
      opens: false,
      columns: { count },
    });
    expect(rollups("north", log.events).access_daily).toEqual([
      access("2026-11-22", "sales", "alice", "read", 1),
      access("2026-11-23", "sales", "alice", "read", 2),
      access("2026-11-23", "sales", "alice", "write", 1),
      access("2026-11-23", "", "bob", "read", 1),
    ]);
  });

  it("are one per purpose, long ones by their beginning", () => {
    const long = `${"why ".repeat(29)}wh🐢`;
    const audited = (purpose: string | null) => ({
      accessor_id: "alice",
      dataset_id: "sales",
      action: "read",
      purpose,
      object: null,
    });
    const log = lakeLog()
      .add("access", "AccessAudited", audited("audit"))
      .add("access", "AccessAudited", audited(null))
      .add("access", "AccessAudited", audited("audit"))
      .add("access", "AccessAudited", audited(`${long} once`))
      .add("access", "AccessAudited", audited(`${long} more`));
    const counted = rollups("north", log.events).access_purposes.map(({ id, columns }) => [
      id[3],
      columns.count,
    ]);
    expect(counted).toEqual([
      ["audit", 2],
      ["", 1],
      [`${long}…`, 2],
    ]);
  });

  it("know since when somebody has accessed a dataset, and until when", () => {
    const [first, last] = ["2026-11-22T23:59:59.999Z", "2026-11-23T12:00:00.000Z"];
    const log = lakeLog()
      .accessed("alice", "sales", "read", first)
      .accessed("alice", "sales", "write", last);
    expect(rollups("north", log.events).accessors).toMatchObject([
      { id: ["sales", "alice"], columns: { first_at: first, last_at: last, accesses: 2 } },
    ]);
  });
});

describe("the rollups of a contract", () => {
  const content = {
    dataset: "sales",
    schema: { id: "int", name: "string" },
    retention_days: 30,
    privacy_rules: { id: "hash", name: { strategy: "redact", text: "Olga Example" } },
    quality_rules: { id: "not_null" },
    k_anonymity: null,
  };

  it("hold what it says of columns and how they are protected, and no option of it", () => {
    const log = lakeLog()
      .add("contract/c1", "DataContractDefined", { contract_id: "c1", version: 1, ...content })
      .add("contract/c1", "DataContractApproved", { approver: "olga" });
    expect(changes(log).contracts).toEqual([
      {
        table: "contracts",
        id: ["c1"],
        opens: true,
        columns: {
          dataset: "sales",
          status: "approved",
          version: 1,
          retention_days: 30,
          columns: '{"id":"int","name":"string"}',
          strategies: '{"id":"hash","name":"redact"}',
          quality_rules: 1,
          k_anonymity: 0,
          defined_at: MORNING,
          updated_at: MORNING,
          approved_at: MORNING,
          approver: "olga",
          ended_at: null,
        },
      },
    ]);
  });

  it("do not list columns without end", () => {
    const schema = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`${"ż".repeat(250)}${index}`, "int"]),
    );
    const log = lakeLog().add("contract/c1", "DataContractDefined", {
      ...content,
      schema,
      version: 1,
    });
    expect(changes(log).contracts[0]?.columns.columns).toBe("null");
  });
});

describe("events without a rollup", () => {
  it("change nothing, whether this code knows their type or not", () => {
    const log = lakeLog()
      .add("token/t1", "TokenUsed", {})
      .add("access", "SignedUrlCreated", { dataset: null, filename: "a.csv", method: "PUT" })
      .add("deletion/d1", "SomethingNew", { anything: 1 });
    expect(rollups("north", log.events)).toEqual(rollups("north", []));
  });
});
