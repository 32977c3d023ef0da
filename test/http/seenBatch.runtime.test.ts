/** How much of a batch's checks each role is shown, wherever it is shown. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Role } from "../../src/domain/member/roles.ts";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { at, lakeOf } from "../support/lakeClient.ts";

let callers: KnownCallers;
beforeAll(async () => {
  callers = await knownCallers([]);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const ROWS = [
  ["Ann", "a", 10],
  ["Bob", "a", 20],
  ["Cem", "b", 30],
  ["Dora", "b", 40],
  ["Eve", "b", 5],
  ["Max Mustermann", "a", 60],
] as const;

const OTHERS = ["steward", "engineer", "analyst", "privacy_officer", "auditor"] as const;

/** Rows at the end make groups of one, and rows without a salary are rejected. */
const published = async (more: readonly string[] = [], terms: object = {}) => {
  const lake = await lakeWith(callers, OTHERS);
  const [steward, engineer] = [lake.as("steward"), lake.as("engineer")];
  const schema = { name: "string", team: "string", salary: "int" };
  const about = { name: "staff", schema, contains_pii: true, subject_column: "name" };
  expect((await steward("POST", "/datasets", about)).status).toBe(201);
  const contract = {
    dataset: "staff",
    contract_id: "c",
    retention_days: 9,
    privacy_rules: { name: "redact", salary: "noise" },
    quality_rules: {
      name: { rule: "!=Max Mustermann", severity: "warn", threshold: 9 },
      salary: [
        { rule: "<40", severity: "warn", threshold: 9 },
        { rule: "not_null", on_fail: "quarantine_rows", threshold: 9 },
      ],
      team: { rule: "==a", severity: "warn", threshold: 9 },
      "*": { rule: "unique:name,team", severity: "warn", threshold: 9 },
    },
    ...terms,
  };
  expect((await steward("POST", "/contracts", contract)).status).toBe(201);
  const lines = ["name,team,salary", ...ROWS.map((row) => row.join(",")), ...more];
  await lakeOf(lake.id).land("s.csv", `${lines.join("\n")}\n`);
  const batch = { dataset: "staff", contract_id: "c", batch_id: "b", file_url: "s.csv" };
  expect((await engineer("POST", "/append-batch", batch)).status).toBe(201);
  for (const step of ["/run-dq", "/run-privacy", "/publish-batch"]) {
    const done = await engineer("POST", step, { batch_id: "b" });
    expect(done.status, JSON.stringify(done.body)).toBe(200);
  }
  return lake;
};

type Staffed = Awaited<ReturnType<typeof published>>;

/** The batch as a role reads it: by its id, in the list, and as it was. */
const readings = async (lake: Staffed, role: Role) => {
  const as = lake.as(role);
  const head = (await lakeOf(lake.id).events()).at(-1)?.seq;
  const alone = (await as("GET", "/batches/b")).body;
  const listed = (await as("GET", "/batches")).at("items", 0);
  const then = (await as("GET", `/batches/b?version=${head}`)).body;
  return [alone, listed, then];
};

const outcomes = (batch: unknown) =>
  (at(batch, "quality", "contract", "report", "rules") as Record<string, unknown>[]).map(
    ({ column, rule, failures, sample_rows }) => [column, rule, failures, sample_rows],
  );

const ALL = [
  ["name", "!=Max Mustermann", 1, [6]],
  ["salary", "<40", 2, [4, 6]],
  ["salary", "not_null", 0, []],
  ["team", "==a", 3, [3, 4, 5]],
  ["*", "unique:name,team", 0, []],
];

describe("the checks of a batch", () => {
  test("are shown whole to whoever may open rejected rows", async () => {
    const lake = await published();
    for (const role of ["owner", "engineer"] as const) {
      for (const batch of await readings(lake, role)) expect(outcomes(batch), role).toEqual(ALL);
    }
  });

  test("have no row numbers of protected columns for those who govern rules", async () => {
    const lake = await published();
    const seen = ALL.map(([column, ...rest]) =>
      column === "team" ? [column, ...rest] : [column, ...rest.slice(0, -1), null],
    );
    for (const role of ["steward", "privacy_officer", "auditor"] as const) {
      for (const batch of await readings(lake, role)) expect(outcomes(batch), role).toEqual(seen);
    }
    // Nor where the contract protects a column only now.
    const contract = { retention_days: 9, privacy_rules: { team: "redact" } };
    expect((await lake.as("steward")("PUT", "/contracts/c", contract)).status).toBe(200);
    for (const batch of await readings(lake, "auditor")) {
      expect(JSON.stringify(batch)).not.toMatch(/"sample_rows":\[/);
    }
  });

  test("are a verdict and counts for an analyst, also in what a consumption answers", async () => {
    const lake = await published();
    const consumed = await lake.as("analyst")("POST", "/consume-batch", { batch_id: "b" });
    expect(consumed.status).toBe(200);
    for (const batch of [...(await readings(lake, "analyst")), consumed.at("batch")]) {
      expect(at(batch, "quality")).toEqual({
        contract: {
          passed: true,
          report: { rows: 6, passed_rows: 6, failed_rows: 0 },
          checked_at: expect.any(String),
        },
        request: null,
      });
      expect(JSON.stringify(batch)).not.toMatch(/Mustermann|sample_rows|failures/);
    }
  });

  test("come whole again under an idempotency key only to whoever may see them", async () => {
    const lake = await published();
    const asked = {
      method: "POST",
      path: `/lakes/${lake.id}/consume-batch`,
      body: { batch_id: "b" },
      headers: { "Idempotency-Key": "k1" },
    };
    const sender = callers.as(lake.name("owner"));
    expect((await sender(asked)).at("batch", "quality", "contract", "rules")).toBeDefined();
    const analyst = callers.as(lake.name("analyst"));
    for (const replayed of [null, "true"]) {
      const answer = await analyst(asked);
      expect(answer.headers.get("Idempotency-Replayed")).toBe(replayed);
      expect(JSON.stringify(answer.body)).not.toMatch(/Mustermann|sample_rows/);
    }
  });
});

describe("what k-anonymity leaves out", () => {
  const demand = { k_anonymity: { columns: ["team"], k: 3, on_violation: "suppress" } };
  const counts = (batch: unknown) => [
    at(batch, "rows"),
    at(batch, "quality", "contract", "report"),
    at(batch, "published", "suppressed_rows"),
    at(batch, "privacy", "report"),
  ];

  test("is not counted for an analyst where it is fewer rows than a group has", async () => {
    const lake = await published(["Flo,c,7"], demand);
    for (const batch of await readings(lake, "analyst")) {
      expect(counts(batch)).toEqual([null, null, null, null]);
      expect(at(batch, "published")).toMatchObject({ rows: 6, ...demand });
      expect(at(batch, "published", "k_anonymity")).toEqual(demand.k_anonymity);
    }
    const [batch] = await readings(lake, "engineer");
    expect(at(batch, "published")).toMatchObject({
      suppressed_rows: 1,
      k_anonymity: { rows_below_k: 1 },
    });
  });

  test("hides few rejected rows too, and is told where it is a group's worth", async () => {
    const rejected = await published(["Flo,a,"], demand);
    const [few] = await readings(rejected, "analyst");
    expect(counts(few)).toEqual([null, null, null, null]);
    const many = await published(["Flo,c,7", "Gil,c,8", "Hal,d,9", "Ida,d,9"], demand);
    const [told] = await readings(many, "analyst");
    expect(counts(told)).toMatchObject([10, { rows: 10, failed_rows: 0 }, 4, { rows: 10 }]);
    expect(at(told, "published", "k_anonymity")).toEqual(demand.k_anonymity);
  });
});
