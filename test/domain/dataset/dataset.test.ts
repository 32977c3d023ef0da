import { describe, expect, it } from "vitest";
import {
  activeSchema,
  type DatasetEvent,
  evolveDataset,
  initialDataset,
  sameSchema,
} from "../../../src/domain/dataset/dataset.ts";
import {
  type DatasetContext,
  decideDataset,
  type IngestDataset,
  type RegisterDataset,
  schemaVersion,
} from "../../../src/domain/dataset/decide.ts";
import { COMPLIANCE_LEVELS } from "../../../src/domain/lake/lake.ts";
import type { ColumnType, Schema } from "../../../src/domain/table.ts";
import { deciderSpec, FIRST_RECORDED_AT } from "../../support/deciderSpec.ts";
import {
  datasetDeprecated,
  datasetRegistered,
  lakeAt,
  SALES,
  SCHEMA,
} from "../../support/facts.ts";

const standard: DatasetContext = { lake: lakeAt("standard") };
const gdpr: DatasetContext = { lake: lakeAt("gdpr") };
const strict: DatasetContext = { lake: lakeAt("strict") };

const given = deciderSpec(
  { decide: decideDataset, evolve: evolveDataset, initialState: initialDataset },
  standard,
);

const register = (more: Partial<RegisterDataset> = {}): RegisterDataset => ({
  type: "RegisterDataset",
  ...datasetRegistered().data,
  ...more,
});
const ingest = (more: Partial<IngestDataset> = {}): IngestDataset => ({
  type: "IngestDataset",
  dataset_id: SALES,
  data_source: "s3://elsewhere",
  record_count: 10,
  contains_pii: false,
  ...more,
});
const ingested = (
  contains_pii: boolean | null,
  record_count = 10,
  warnings: readonly string[] = [],
): DatasetEvent => ({
  type: "DatasetIngested",
  data: { dataset_id: SALES, data_source: "s3://elsewhere", record_count, contains_pii, warnings },
});
const versionAdded = (version: number, schema: Schema): DatasetEvent => ({
  type: "SchemaVersionUpdated",
  data: { dataset: SALES, version, schema, contract_id: "contract1" },
});
const activated = (version: number): DatasetEvent => ({
  type: "DatasetVersionActivated",
  data: { version },
});
const WIDER: Schema = { ...SCHEMA, note: "string" };

describe("registering a dataset", () => {
  it("records everything that was said about it", () => {
    const said = { description: "Sales", contains_pii: true, subject_column: "email" };
    given().when(register(said)).then(datasetRegistered(said));
  });

  it("does not require a word on personal data, at any level that takes datasets", () => {
    for (const context of [standard, gdpr]) {
      given()
        .knowing(context)
        .when(register({ contains_pii: null }))
        .then(datasetRegistered({ contains_pii: null }));
    }
  });

  it("is refused for a name that is taken, deprecated or not", () => {
    given(datasetRegistered()).when(register()).thenRejected("dataset-exists", "already_exists");
    given(datasetRegistered(), datasetDeprecated).when(register()).thenRejected("dataset-exists");
  });

  it("is refused at level strict without encryption", () => {
    const refused = given()
      .knowing(strict)
      .when(register())
      .thenRejected("encryption-required", "compliance");
    expect(refused.detail).toMatch(/^Encryption required/);
  });

  it.each(COMPLIANCE_LEVELS)("with encryption is possible at level %s", (level) => {
    given()
      .knowing({ lake: lakeAt(level) })
      .when(register({ encryption_enabled: true }))
      .then(datasetRegistered({ encryption_enabled: true }));
  });

  it("is refused when the schema lacks the subject column, even if every object has it", () => {
    for (const subject_column of ["person", "toString"]) {
      const refused = given()
        .when(register({ subject_column }))
        .thenRejected("unknown-column", "invalid");
      expect(refused.errors?.at(0)?.path).toBe("subject_column");
    }
  });
});

describe("the column that names persons", () => {
  const naming = (type: ColumnType) =>
    register({ schema: { who: type, amount: "float" }, subject_column: "who" });

  it.each(["int", "decimal", "string"] as const)("may be of type %s", (type) => {
    const { type: _, ...said } = naming(type);
    given().when(naming(type)).then(datasetRegistered(said));
  });

  it.each(["float", "boolean", "date", "datetime"] as const)(
    "is not of type %s, of which several people may have the same value",
    (type) => {
      const refused = given().when(naming(type)).thenRejected("subject-column-type", "invalid");
      expect(refused.detail).toMatch(
        new RegExp(`^The column who is of type ${type} .*; declare it as int, decimal or string.$`),
      );
      expect(refused.errors?.at(0)?.path).toBe("subject_column");
    },
  );
});

describe("recording an ingestion", () => {
  it("registers a dataset that is new, without a schema, before it records", () => {
    given()
      .when(ingest())
      .then(datasetRegistered({ schema: {}, contains_pii: false }), ingested(false));
  });

  it("only records for a dataset that is known", () => {
    given(datasetRegistered()).when(ingest()).then(ingested(false));
  });

  it("is refused for a deprecated dataset", () => {
    given(datasetRegistered(), datasetDeprecated)
      .when(ingest())
      .thenRejected("dataset-deprecated", "wrong_state");
  });

  it("at level gdpr takes the dataset's declaration when it makes none of its own", () => {
    given(datasetRegistered({ contains_pii: true }))
      .knowing(gdpr)
      .when(ingest({ contains_pii: null }))
      .then(ingested(null));
  });

  it("at level gdpr is refused when nobody ever said whether there is personal data", () => {
    const asked = ingest({ contains_pii: null });
    for (const spec of [given(), given(datasetRegistered({ contains_pii: null }))]) {
      const refused = spec.knowing(gdpr).when(asked).thenRejected("pii-flag-required");
      expect(refused.reason).toBe("compliance");
      expect(refused.detail).toMatch(/^PII flag required for GDPR/);
    }
  });

  it("at level standard takes personal data with a warning in the event", () => {
    const [event] = given(datasetRegistered())
      .when(ingest({ contains_pii: true }))
      .events();
    expect(event?.type === "DatasetIngested" && event.data.warnings).toHaveLength(1);
  });

  it("at level strict is refused without encryption, also for a dataset that is new", () => {
    given(datasetRegistered()).knowing(strict).when(ingest()).thenRejected("encryption-required");
    given().knowing(strict).when(ingest()).thenRejected("encryption-required");
  });

  it("at level strict is recorded for a dataset that is encrypted", () => {
    given(datasetRegistered({ encryption_enabled: true }))
      .knowing(strict)
      .when(ingest())
      .then(ingested(false));
  });
});

describe("activating a schema version", () => {
  const activate = (version: number) =>
    ({ type: "ActivateDatasetVersion", dataset: SALES, version }) as const;
  const twoVersions = [datasetRegistered(), versionAdded(2, WIDER)];

  it("makes a known version the active one", () => {
    given(...twoVersions)
      .when(activate(2))
      .then(activated(2));
  });

  it("does nothing when it is active already", () => {
    given(...twoVersions)
      .when(activate(1))
      .thenNothing();
    given(...twoVersions, activated(2))
      .when(activate(2))
      .thenNothing();
  });

  it("can go back to an older version", () => {
    given(...twoVersions, activated(2))
      .when(activate(1))
      .then(activated(1));
  });

  it("is refused for a version without the column that names the person", () => {
    const { email: _, ...without } = SCHEMA;
    given(datasetRegistered({ subject_column: null }), versionAdded(2, without), {
      type: "DatasetAmended",
      data: { subject_column: "email" },
    })
      .when(activate(2))
      .thenRejected("subject-column-missing", "wrong_state");
  });

  it("is refused for a version there is none of, naming those there are", () => {
    const refused = given(...twoVersions)
      .when(activate(3))
      .thenRejected("schema-version-not-found", "not_found");
    expect(refused.detail).toContain("1, 2");
  });

  it("is refused for an unknown dataset and for a deprecated one", () => {
    given().when(activate(1)).thenRejected("dataset-not-found", "not_found");
    given(...twoVersions, datasetDeprecated)
      .when(activate(2))
      .thenRejected("dataset-deprecated");
  });
});

describe("deprecating a dataset", () => {
  const deprecate = { type: "DeprecateDataset", dataset: SALES } as const;

  it("is done once and then already so", () => {
    given(datasetRegistered()).when(deprecate).then(datasetDeprecated);
    given(datasetRegistered(), datasetDeprecated).when(deprecate).thenNothing();
  });

  it("is refused for an unknown dataset", () => {
    given().when(deprecate).thenRejected("dataset-not-found", "not_found");
  });
});

describe("a dataset's state", () => {
  it("begins with the registered schema as version 1", () => {
    expect(given(datasetRegistered()).state()).toMatchObject({
      status: "active",
      name: "sales",
      schema_versions: [{ version: 1, schema: SCHEMA }],
      active_version: 1,
      ingestions: { count: 0, records: 0 },
      registered_at: FIRST_RECORDED_AT,
    });
  });

  it("counts ingestions and their records", () => {
    const state = given(datasetRegistered(), ingested(false, 10), ingested(false, 5)).state();
    expect(state).toMatchObject({ ingestions: { count: 2, records: 15 } });
  });

  it.each([
    { before: null, said: null, after: null },
    { before: null, said: false, after: false },
    { before: null, said: true, after: true },
    { before: false, said: null, after: false },
    { before: false, said: false, after: false },
    { before: false, said: true, after: true },
    { before: true, said: null, after: true },
    { before: true, said: false, after: true },
    { before: true, said: true, after: true },
  ])("declared $before, then $said, holds personal data: $after", ({ before, said, after }) => {
    const state = given(datasetRegistered({ contains_pii: before }), ingested(said)).state();
    expect(state).toMatchObject({ contains_pii: after });
  });

  it("shows the schema of the active version", () => {
    const state = given(datasetRegistered(), versionAdded(2, WIDER), activated(2)).state();
    expect(state.status !== "absent" && activeSchema(state)).toEqual(WIDER);
  });

  it("shows no column when the active version is unknown", () => {
    const state = given(datasetRegistered(), activated(7)).state();
    expect(state.status !== "absent" && activeSchema(state)).toEqual({});
  });

  it("stays absent whatever follows without a registration", () => {
    const orphans = [ingested(true), versionAdded(2, WIDER), activated(2), datasetDeprecated];
    expect(given(...orphans).state()).toEqual({ status: "absent" });
  });
});

describe("a contract's schema", () => {
  const versionsFor = (schema: Schema) => {
    const state = given(datasetRegistered(), versionAdded(4, WIDER)).state();
    return state.status === "absent" ? [] : schemaVersion(state, schema, "contract1");
  };

  it("is no new version when the dataset knows it, in whatever order its columns stand", () => {
    expect(versionsFor(SCHEMA)).toEqual([]);
    expect(versionsFor({ note: "string", amount: "float", email: "string", id: "int" })).toEqual(
      [],
    );
  });

  it("is otherwise the version behind the highest", () => {
    expect(versionsFor({ id: "int" })).toEqual([versionAdded(5, { id: "int" })]);
    expect(versionsFor({ ...SCHEMA, id: "string" })).toEqual([
      versionAdded(5, { ...SCHEMA, id: "string" }),
    ]);
  });

  it.each([
    [{ a: "int" }, { a: "int" }, true],
    [{ a: "int" }, { a: "float" }, false],
    [{ a: "int" }, { b: "int" }, false],
    [{ a: "int" }, { a: "int", b: "int" }, false],
    [{ a: "int", b: "int" }, { a: "int" }, false],
    [{ a: "int", b: "date" }, { b: "date", a: "int" }, true],
  ] as const)("%j is the same as %j: %s", (a, b, same) => {
    expect(sameSchema(a, b)).toBe(same);
  });
});
