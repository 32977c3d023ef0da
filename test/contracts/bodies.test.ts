import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as adminBodies from "../../src/contracts/adminBodies.ts";
import * as commandBodies from "../../src/contracts/bodies.ts";
import { MAX_AUDITS } from "../../src/contracts/fields.ts";
import { archiveReport, sweepAlarms } from "../../src/contracts/upkeep.ts";
import * as webhookBodies from "../../src/contracts/webhooks.ts";
import { ROUTES } from "../../src/http/routes/all.ts";

const bodies = {
  ...{ ...commandBodies, ...adminBodies, ...webhookBodies },
  ...{ archiveReport, sweepAlarms },
};

/** A body of each command that has all it needs and nothing else. */
const least = {
  createLake: { name: "North", region: "eu-west-1", compliance_level: "gdpr" },
  changeComplianceLevel: { compliance_level: "strict" },
  registerDataset: { name: "sales", schema: { id: "int" } },
  activateVersion: { version: 1 },
  ingestDataset: { dataset_id: "sales", data_source: "s3", record_count: 1 },
  createContract: { dataset: "sales", retention_days: 365 },
  updateContract: { retention_days: 365 },
  approveContract: {},
  reason: { reason: "because" },
  uploadUrl: { filename: "sales.csv" },
  downloadUrl: { filename: "sales.csv" },
  appendBatch: {
    dataset: "sales",
    contract_id: "contract1",
    batch_id: "batch1",
    file_url: "sales.csv",
  },
  runQuality: { batch_id: "batch1" },
  runPrivacy: { batch_id: "batch1" },
  approvePrivacyRun: {},
  executeDeletion: {},
  reapplyErasures: {},
  rewrapKeys: {},
  rebuildReports: {},
  archiveReport: {},
  sweepAlarms: {},
  aboutBatch: { batch_id: "batch1", reason: "because" },
  cancel: {},
  publishBatch: { batch_id: "batch1" },
  consumeBatch: { batch_id: "batch1" },
  consumeDataset: {},
  replay: { dataset: "sales" },
  auditAccess: { dataset_id: "sales", action: "read", purpose: "research" },
  requestDeletion: { subject_id: "jane", reason: "please" },
  requestAccess: { subject_id: "jane" },
  holdDeletion: { reason: "a lawsuit" },
  rejectDeletion: { reason: "excessive" },
  rejectAccess: { reason: "excessive" },
  registerWebhook: { url: "https://example.com/lethe", events: ["GDPRDeletionOverdue"] },
  grantMember: { subject: "248289761001", roles: ["engineer"] },
  issueToken: { name: "ci", roles: ["engineer"], expires_at: "2027-01-01T00:00:00Z" },
  noteIdentity: { reason: "by passport", verified: true },
} as const satisfies Partial<Record<keyof typeof bodies, object>>;

/** As clients send them, without the names under which the OpenAPI document refers to them. */
const jsonSchemaOf = (body: z.ZodType) =>
  z.toJSONSchema(body, {
    io: "input",
    unrepresentable: "any",
    metadata: z.registry<z.core.JSONSchemaMeta>(),
  });

const names = Object.keys(least) as (keyof typeof least)[];
const schemas = new Map<string, z.ZodType>(Object.entries(bodies));
const bodyOf = (name: keyof typeof least): z.ZodType => {
  const body = schemas.get(name);
  if (body === undefined) throw new Error(`there is no body ${name}`);
  return body;
};
const fits = (name: keyof typeof least, body: unknown) => bodyOf(name).safeParse(body).success;

describe("the bodies", () => {
  it("are all looked at here", () => {
    const lists = ["auditAccesses"];
    expect([...schemas.keys()].sort()).toEqual([...names, ...lists].sort());
  });

  it.each(names)("of %s need no more than they must have", (name) => {
    expect(bodyOf(name).safeParse(least[name])).toMatchObject({ success: true });
  });

  it.each(names)("of %s take no field they do not know: a typo is no flag", (name) => {
    expect(fits(name, { ...least[name], contain_pii: true })).toBe(false);
  });

  it.each(names)("of %s miss each field they need", (name) => {
    for (const field of Object.keys(least[name])) {
      const { [field]: _, ...rest } = least[name] as Readonly<Record<string, unknown>>;
      expect([field, fits(name, rest)]).toEqual([field, false]);
    }
  });

  it.each(names)("of %s are objects", (name) => {
    for (const body of [null, [], "text", 7, undefined]) expect(fits(name, body)).toBe(false);
  });
});

describe("what is left out", () => {
  it.each([
    ["registerDataset", { description: null, contains_pii: null, encryption_enabled: false }],
    ["registerDataset", { subject_column: null }],
    ["createLake", { lake_id: null, owner_id: null, country: null, time_zone: null }],
    ["createContract", { contract_id: null, schema: null, privacy_rules: {}, quality_rules: {} }],
    ["createContract", { k_anonymity: null }],
    ["runPrivacy", { privacy_rules: null, dry_run: false }],
    ["consumeBatch", { purpose: null, format: "parquet", expires_in: 900 }],
    ["requestDeletion", { received_at: null }],
    ["requestAccess", { received_at: null }],
    ["replay", { batch_id: null }],
    ["holdDeletion", { ground: null }],
    ["rejectDeletion", { ground: null }],
    ["rejectAccess", { ground: null }],
  ] as const)("of %s is %j", (name, defaults) => {
    expect(bodyOf(name).parse(least[name])).toMatchObject(defaults);
  });

  it.each(names)("of %s may be said by null, whatever it is", (name) => {
    const body: Readonly<Record<string, unknown>> = least[name];
    const { properties = {} } = jsonSchemaOf(bodyOf(name));
    const members = Object.keys(properties).filter((member) => !Object.hasOwn(body, member));
    for (const nulls of [...members.map((one) => [one]), members]) {
      const with_nulls = { ...body, ...Object.fromEntries(nulls.map((one) => [one, null])) };
      expect([nulls, bodyOf(name).safeParse(with_nulls)]).toEqual([
        nulls,
        { success: true, data: bodyOf(name).parse(body) },
      ]);
    }
  });

  it("may be said by null at any depth of any route's body", () => {
    const checked: string[] = [];
    const walk = (schema: z.core.JSONSchema._JSONSchema, where: string): void => {
      if (typeof schema !== "object") return;
      const { properties = {}, required = [], items, anyOf = [], additionalProperties } = schema;
      for (const [member, inner] of Object.entries(properties)) {
        const path = `${where}.${member}`;
        walk(inner, path);
        if (required.includes(member) || typeof inner !== "object") continue;
        checked.push(path);
        const takesNull = [inner, ...(inner.anyOf ?? [])].some(
          (one) => typeof one === "object" && [one.type].flat().includes("null"),
        );
        expect([path, takesNull]).toEqual([path, true]);
      }
      for (const inner of [items, additionalProperties, ...anyOf].flat()) {
        if (inner !== undefined) walk(inner, where);
      }
    };
    for (const { method, path, body, body_type } of ROUTES) {
      if (body === null || body_type === "ndjson") continue;
      walk(jsonSchemaOf(body), `${method} ${path}`);
    }
    expect(checked).toContain("post /contracts.k_anonymity.on_violation");
    expect(checked.length).toBeGreaterThan(60);
  });

  it("of a rule may be said by null", () => {
    const quality = { rule: ">0", severity: null, threshold: null, on_fail: null };
    const privacy = { strategy: "mask", keep_last: null, preserve_null: null };
    expect(fits("runQuality", { batch_id: "b", quality_rules: { amount: quality } })).toBe(true);
    expect(fits("runPrivacy", { batch_id: "b", privacy_rules: { email: privacy } })).toBe(true);
    for (const rule of [{ rule: "in", values: null }, { rule: null }]) {
      expect(fits("runQuality", { batch_id: "b", quality_rules: { amount: rule } })).toBe(false);
    }
  });
});

describe("limits", () => {
  it.each([
    ["createContract", "retention_days", [1, 36_500], [0, 36_501, 1.5, "365", -1]],
    ["updateContract", "retention_days", [1, 36_500], [0, 36_501]],
    ["ingestDataset", "record_count", [1, 1e15], [0, -1, 0.5, "1"]],
    ["activateVersion", "version", [1, 99], [0, 1.5]],
    ["uploadUrl", "expires_in", [1, 604_800], [0, 604_801]],
    ["requestDeletion", "subject_id", ["x", "x".repeat(1024)], ["", "x".repeat(1025), 7]],
    ["requestAccess", "subject_id", ["x", "x".repeat(1024)], ["", "x".repeat(1025), 7]],
    ["consumeBatch", "format", ["parquet", "csv"], ["jsonl", "PARQUET", ""]],
    ["auditAccess", "action", ["read", "write", "delete", "query"], ["reads", ""]],
    ["createLake", "compliance_level", ["standard", "gdpr", "strict"], ["none", "GDPR"]],
    ["createLake", "country", ["DE", "FR"], ["de", "DEU", "D1", "XX", "ZZ", ""]],
    ["createLake", "time_zone", ["Europe/Berlin", "UTC"], ["Mars/Olympus", "", "Berlin"]],
    ["holdDeletion", "ground", ["Art. 18(1)(a)", "Art. 17(3)(b)"], ["Art. 12(5)", "because"]],
    ["rejectDeletion", "ground", ["Art. 12(2)", "Art. 17(3)(b)"], ["Art. 18(1)(a)", ""]],
    ["rejectAccess", "ground", ["Art. 12(2)", "Art. 12(5)"], ["Art. 17(3)(b)", ""]],
  ] as const)("of %s.%s are kept", (name, field, good, bad) => {
    for (const value of good)
      expect([value, fits(name, { ...least[name], [field]: value })]).toEqual([value, true]);
    for (const value of bad)
      expect([value, fits(name, { ...least[name], [field]: value })]).toEqual([value, false]);
  });
});

describe("audits", () => {
  const audits = (n: number) => Array.from({ length: n }, () => least.auditAccess);
  const taken = (body: unknown) => bodies.auditAccesses.safeParse(body).success;

  it("come one by one or as a list with a limit", () => {
    for (const body of [least.auditAccess, audits(1), audits(MAX_AUDITS)]) {
      expect(taken(body)).toBe(true);
    }
    for (const body of [[], audits(MAX_AUDITS + 1), [audits(1)], {}, null]) {
      expect(taken(body)).toBe(false);
    }
  });

  it("are all of them whole", () => {
    const { purpose: _, ...rest } = least.auditAccess;
    expect(taken([least.auditAccess, rest])).toBe(false);
    expect(taken([least.auditAccess, { ...least.auditAccess, purposes: "x" }])).toBe(false);
  });
});

describe("an ingestion", () => {
  const { data_source, ...rest } = least.ingestDataset;

  it("may call its source by either name", () => {
    expect(bodies.ingestDataset.parse({ ...rest, source: data_source })).toEqual(
      bodies.ingestDataset.parse(least.ingestDataset),
    );
  });

  it("must not give both names, or none", () => {
    expect(fits("ingestDataset", { ...least.ingestDataset, source: "other" })).toBe(false);
    expect(fits("ingestDataset", rest)).toBe(false);
  });
});

describe("how files are read, in a body", () => {
  const taken = (reading: unknown) =>
    fits("createContract", { ...least.createContract, reading }) &&
    fits("updateContract", { ...least.updateContract, reading }) &&
    fits("appendBatch", { ...least.appendBatch, reading });

  it.each([
    ["encoding", ["utf-8", "utf-16le", "windows-1252", "ibm850"], ["latin1", "UTF-8", ""]],
    ["header", [true, false], ["no", 0]],
    ["decimal_separator", [".", ","], [";", ""]],
    ["thousands_separator", [",", " ", "'", "’", "\u00a0", "\u202f"], ["", "_", "  "]],
    ["date_format", ["DD.MM.YYYY", "YYYYMMDD"], ["DD.MM.YY", "", "x", "DD.MM.YYYY HH:mm"]],
    ["datetime_format", ["DD.MM.YYYY HH:mm"], ["DD.MM.YYYY", `DD.MM.YYYY HH:mm${" ".repeat(40)}`]],
    ["time_zone", ["Europe/Berlin", "UTC"], ["Berlin", "", 1]],
    ["null_values", [[], ["", "NA"], Array(20).fill("x")], ["NA", Array(21).fill("x"), [1]]],
    ["true_values", [["ja"]], [[], "ja", ["x".repeat(41)]]],
    ["trim", [true, false], ["yes"]],
    ["delimiter", [";", "\t"], ["", ";;", "a"]],
    ["skip_lines", [], [1]],
  ])("%s is one of %j and none of %j", (option, good, bad) => {
    for (const value of good) expect([value, taken({ [option]: value })]).toEqual([value, true]);
    for (const value of bad) expect([value, taken({ [option]: value })]).toEqual([value, false]);
  });

  it("null says nothing in a contract, and takes away what a contract says in an append", () => {
    const reading = { trim: null, header: false };
    const contract = bodies.createContract.parse({ ...least.createContract, reading });
    expect(contract.reading).toEqual({ header: false });
    const append = bodies.appendBatch.parse({ ...least.appendBatch, reading });
    expect(append.reading).toEqual(reading);
    expect(bodies.appendBatch.parse(least.appendBatch).reading).toBeNull();
  });
});

describe("rules in a body", () => {
  it("are refused where they stand", () => {
    const parsed = bodies.createContract.safeParse({
      ...least.createContract,
      quality_rules: { amount: "resembles nothing", id: "not_null" },
      privacy_rules: { id: "vanish" },
    });
    const paths = parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join("."));
    expect(paths.sort()).toEqual(["privacy_rules.id", "quality_rules.amount"]);
  });

  it("may not hold a number that was rounded on the way, in whatever body", () => {
    const rules = JSON.parse('{"id":{"rule":"!=","value":9007199254740993}}');
    const buckets = JSON.parse('{"id":{"strategy":"bucket","buckets":[0,9007199254740993]}}');
    expect(fits("createContract", { ...least.createContract, quality_rules: rules })).toBe(false);
    expect(fits("createContract", { ...least.createContract, privacy_rules: buckets })).toBe(false);
    expect(fits("updateContract", { ...least.updateContract, quality_rules: rules })).toBe(false);
    expect(fits("runQuality", { ...least.runQuality, quality_rules: rules })).toBe(false);
    expect(fits("runPrivacy", { ...least.runPrivacy, privacy_rules: buckets })).toBe(false);
    const written = { id: { rule: "!=", value: "9007199254740993" } };
    expect(fits("runQuality", { ...least.runQuality, quality_rules: written })).toBe(true);
  });

  it("are kept as they were written", () => {
    const privacy_rules = { id: { strategy: "mask", keep_last: 2 }, email: "hash" };
    const parsed = bodies.runPrivacy.parse({ ...least.runPrivacy, privacy_rules });
    expect(parsed.privacy_rules).toEqual(privacy_rules);
  });

  it("may not bring a pattern that cannot be matched in linear time", () => {
    const body = { ...least.runQuality, quality_rules: { email: "matches:(a)\\1" } };
    expect(fits("runQuality", body)).toBe(false);
  });
});
