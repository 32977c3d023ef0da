/** A lake with one of everything in it, and the names by which a request may mean what is there. */
import { env } from "cloudflare:workers";
import type { Env } from "../../../src/env.ts";
import type { KnownCallers } from "../knownCallers.ts";
import { append, type Lake, lakeOf, salesLake } from "../lakeClient.ts";
import type { Known } from "./schemaValues.ts";

export interface World {
  readonly lake: Lake;
  readonly known: Known;
  /** The root routes mean this lake. */
  readonly bindings: Env;
  /** What callers show: tokens of members, of strangers, and what is none; null for nothing. */
  readonly credentials: readonly (string | null)[];
}

const IN_AN_HOUR = () => new Date(Date.now() + 3_600_000).toISOString();

const MEMBERS = {
  "olga-1": ["owner"],
  "ann-1": ["engineer"],
  "pia-1": ["privacy_officer", "steward"],
  "udo-1": ["auditor"],
} as const;

/** `number` makes names that no other world has; with `callers` they are told apart. */
export const newWorld = async (number: number, callers: KnownCallers | null): Promise<World> => {
  const lake = await salesLake(
    { quality_rules: { amount: { rule: ">0", on_fail: "quarantine_rows", threshold: "90%" } } },
    "gdpr",
  );
  await append(lake, "b1");
  await lake.done("/run-dq", { batch_id: "b1" });
  await lake.done("/run-privacy", { batch_id: "b1", privacy_rules: { id: "mask" } });
  await lake.done("/publish-batch", { batch_id: "b1" });
  await append(lake, "b2");
  await append(lake, "b3");
  await append(lake, "misfit", "id,amount\nx,y\n");
  for (const filename of ["new1.csv", "new2.csv", "dir/new3.csv"]) {
    await lake.land(filename, "id,amount\n7,1.5\n8,-2\n");
  }
  await lake.land("broken.parquet", "PAR1 this is none PAR1");
  await lake.done("/quarantine-batch", { batch_id: "b3", reason: "odd" });
  await lake.done("/datasets", {
    name: "people",
    schema: { id: "int", email: "string" },
    contains_pii: true,
    encryption_enabled: true,
    subject_column: "id",
  });
  await lake.done("/contracts", { contract_id: "c2", dataset: "people", retention_days: 30 });
  await lake.land("people.csv", "id,email\n1,a@example.com\n2,b@example.com\n");
  const batch = { dataset: "people", contract_id: "c2", batch_id: "p1", file_url: "people.csv" };
  await lake.done("/append-batch", batch);
  const asked = { subject_id: "1", reason: "asked", requested_by: "support-1" };
  const deletion = (await lake.done("/deletions", asked)).text("deletion", "deletion_id");
  const access = (
    await lake.done("/subject-access", { subject_id: "2", requested_by: "support-1" })
  ).text("subject_access", "subject_access_id");
  const hook = { url: "https://hooks.example.com/x", events: ["BatchQuarantined"] };
  const webhook = (await lake.done("/webhooks", hook)).text("webhook", "webhook_id");
  for (const [subject, roles] of Object.entries(MEMBERS)) {
    await lake.done("/members", { subject, roles });
  }
  const ci = { name: "ci", roles: ["analyst"], expires_at: IN_AN_HOUR() };
  const issued = await lake.done("/tokens", ci);
  const token = issued.text("token", "token_id");
  const replay = (await lake.done("/replay", { dataset: "sales" })).text("replay", "replay_id");
  const rejected = (await lake.get("/batches/p1/quarantine")).text("download_url");

  const columns = ["id", "amount", "email"];
  return {
    lake,
    bindings: { ...(callers?.bindings ?? env), DEFAULT_LAKE: lake.id } as Env,
    credentials: callers === null ? [null] : await credentialsOf(callers, issued.text("secret")),
    known: {
      lake_id: [lake.id, lake.id, lake.id, lake.id, lake.id, `fuzz-${number}-1`],
      "datasets/name": ["sales", "people", "none"],
      "contracts/id": ["c1", "c2", "none"],
      "batches/id": ["b1", "b2", "b3", "misfit", "p1", "none"],
      "deletions/id": [deletion, "none"],
      "replays/id": [replay, "none"],
      "webhooks/id": [webhook, "none"],
      "tokens/id": [token, "none"],
      "subject-access/id": [access, "none"],
      token: [rejected.split("/").at(-1) ?? "", "a.b"],
      run: ["b1~2", "b2~1", "p1~1", "none~1"],
      subject: ["ann-1", "bob-2"],
      delivery: ["none"],
      dataset: ["sales", "people"],
      dataset_id: ["sales", "people", "elsewhere"],
      name: ["sales2", "people2", "Ann"],
      contract_id: ["c1", "c2", "c3"],
      batch_id: ["b1", "b2", "b3", "b4", "b5", "misfit", "p1"],
      file_url: [
        "new1.csv",
        "new2.csv",
        "dir/new3.csv",
        "people.csv",
        "broken.parquet",
        "none.csv",
      ],
      filename: ["new1.csv", "f.csv", "none.parquet"],
      subject_id: ["1", "2", "3"],
      expires_at: [IN_AN_HOUR()],
      version: [1, 2, 20, 99],
      at: [new Date().toISOString()],
      seq: [1, 2, 9],
      size: [9, 12],
      from: [0, 1, 5],
      to: [2, 9],
      month: ["2026-11"],
      url: [hook.url],
      schema: [
        { id: "int", amount: "float" },
        { id: "int", email: "string" },
      ],
      quality_rules: [{ amount: ">0" }, { id: ["not_null", "unique"], "*": "row_count:>=1" }],
      privacy_rules: [{ id: "mask" }, { email: { strategy: "hash" }, id: "keep" }],
      column: columns,
      region: ["eu", "us"],
      country: ["DE"],
      time_zone: ["Europe/Berlin"],
      limit: [1, 5, 1000],
      cursor: [btoa("after:1").replaceAll("=", "")],
      compliance_level: ["gdpr", "gdpr", "standard", "strict"],
      roles: [["analyst"], ["engineer", "auditor"]],
      secret: [`whsec_${btoa("k".repeat(32))}`],
      delimiter: [",", ";"],
      reading: [{ decimal_separator: ",", null_values: ["-"] }, { encoding: "windows-1252" }],
      after: [1, 5],
      ground: ["Art. 17(3)(b)", "Art. 18(1)(a)", "Art. 12(5)"],
      k_anonymity: [{ columns: ["amount"], k: 2 }],
    },
  };
};

const credentialsOf = async ({ jwt }: KnownCallers, token: string) => [
  null,
  token,
  `${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`,
  "lethe_",
  "a.b.c",
  await jwt("stranger-1"),
  await jwt("olga-1", { exp: 1 }),
  ...(await Promise.all([...Object.keys(MEMBERS), ...Object.keys(MEMBERS)].map((who) => jwt(who)))),
];

/** Correlation ids of everything in the log of a lake. */
export const correlationsOf = async (id: string): Promise<ReadonlySet<string>> =>
  new Set((await lakeOf(id).events()).map(({ correlation_id }) => correlation_id));
