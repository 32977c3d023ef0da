/**
 * `npm run demo`: the main job, told call by call. It starts a server of its own with throw-away
 * state, or uses the one that `--url http://…` names, and takes a small made-up file of orders
 * through the whole life of a batch, then answers a person's request to be forgotten.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Server, startServer } from "./support/server.ts";
import { type Json, type Story, story } from "./support/story.ts";

const FILE = path.join(import.meta.dirname, "demo/orders.csv");

const SCHEMA = {
  order_id: "int",
  customer_id: "string",
  name: "string",
  email: "string",
  birth_date: "date",
  city: "string",
  amount: "decimal",
  ordered_at: "datetime",
};

const QUALITY = {
  order_id: "not_null and unique",
  email: { rule: "not_null", severity: "warn" },
  amount: { rule: ">=0", on_fail: "quarantine_rows" },
};

const PRIVACY = {
  customer_id: "hash",
  name: { strategy: "pseudonymize", as: "name" },
  email: { strategy: "mask", preserve_format: true },
  birth_date: { strategy: "generalize", as: "date" },
};

const download = async (url: unknown): Promise<string> => (await fetch(String(url))).text();

const indent = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n");

/** From the contract to the consumer. */
const firstRun = async ({ chapter, say, call }: Story, lake: string): Promise<void> => {
  chapter("A dataset and its contract: what the data is, what it must be, how it is protected");
  await call("POST", `${lake}/datasets`, {
    name: "orders",
    schema: SCHEMA,
    contains_pii: true,
    subject_column: "customer_id",
  });
  await call("POST", `${lake}/contracts`, {
    dataset: "orders",
    retention_days: 365,
    quality_rules: QUALITY,
    privacy_rules: PRIVACY,
  });

  chapter("Upload a file through a signed URL");
  const upload = await call("POST", `${lake}/upload-url`, { filename: "orders.csv" });
  const bytes = await readFile(FILE);
  say(`PUT <upload_url>  (${bytes.length} bytes)`);
  say(indent(bytes.toString()));
  const put = await fetch(String(upload.upload_url), { method: "PUT", body: bytes });
  if (!put.ok) throw new Error(`the upload answered ${put.status}`);

  chapter("Append it: every cell is checked against the contract, every byte hashed");
  await call("POST", `${lake}/append-batch`, {
    dataset: "orders",
    contract_id: "contract1",
    batch_id: "orders-2026-10",
    file_url: "orders.csv",
  });

  chapter("Check quality: one order has a negative amount, its row is diverted");
  await call("POST", `${lake}/run-dq`, { batch_id: "orders-2026-10" });
  const rejected = await call("GET", `${lake}/batches/orders-2026-10/quarantine`);
  say("the rejected rows:");
  say(indent(await download(rejected.download_url)));

  chapter("It contains personal data, so it cannot be published yet");
  await call("POST", `${lake}/publish-batch`, { batch_id: "orders-2026-10" }, 422);

  chapter("Anonymise: first a dry run, then for real");
  await call("POST", `${lake}/run-privacy`, { batch_id: "orders-2026-10", dry_run: true });
  await call("POST", `${lake}/run-privacy`, { batch_id: "orders-2026-10" });

  chapter("Publish, and let an analyst consume it: recorded before the URL is handed out");
  await call("POST", `${lake}/publish-batch`, { batch_id: "orders-2026-10" });
  const consumed = await call("POST", `${lake}/consume-batch`, {
    batch_id: "orders-2026-10",
    consumer: "alice",
    purpose: "October revenue",
    format: "csv",
  });
  say("what alice reads:");
  say(indent(await download(consumed.download_url)));

  chapter("Replay: the batch is derived again from the raw object, under the present contract");
  await call("POST", `${lake}/replay`, { dataset: "orders" });
};

/** From the request to the report. */
const gdprRequest = async ({ chapter, say, call }: Story, lake: string): Promise<void> => {
  chapter("A person asks to be forgotten: the id and the reason are sealed, the deadline is set");
  const { deletion } = await call("POST", `${lake}/deletions`, {
    subject_id: "C-0042",
    reason: "I do not order there any more.",
    requested_by: "support-agent-12",
  });
  const id = String((deletion as Json).deletion_id);
  await call("GET", `${lake}/deletions?status=pending`);
  say("the privacy officer opens the sealed fields, and that is recorded too:");
  await call("GET", `${lake}/deletions/${id}?reveal=true`);

  chapter("Who read what, and where the lake stands");
  await call("GET", `${lake}/access-log`);
  await call("GET", `${lake}/report`);
};

/** The whole log, one line an event. */
const events = async ({ chapter, say, call }: Story, lake: string): Promise<void> => {
  chapter("Everything that happened, as the log tells it");
  const { items } = await call("GET", `${lake}/events?limit=1000`);
  for (const event of items as Json[]) {
    const { sequence, time, type, subject } = event;
    say(`${String(sequence).padStart(4)}  ${time}  ${String(type).padEnd(24)} ${subject}`);
  }
};

const { values } = parseArgs({ options: { url: { type: "string" } } });
let server: Server | null = null;
const state = await mkdtemp(path.join(tmpdir(), "lethe-demo-"));
try {
  if (!values.url) {
    process.stdout.write("Starting a Lethe of its own (free port, throw-away state) …\n");
    server = await startServer({ persistTo: state });
  }
  const base = (values.url ?? server?.url ?? "").replace(/\/$/, "");
  const told = story(base);
  const lake_id = `demo-${Date.now().toString(36)}`;
  told.chapter(`A lake of its own at ${base}, at level gdpr`);
  await told.call("POST", "/lakes", {
    lake_id,
    name: "Demo lake",
    region: "eu",
    country: "PT",
    compliance_level: "gdpr",
  });
  await firstRun(told, `/lakes/${lake_id}`);
  await gdprRequest(told, `/lakes/${lake_id}`);
  await events(told, `/lakes/${lake_id}`);
  process.stdout.write("\nThat was the main job: every step is an event.\n");
} finally {
  await server?.stop();
  await rm(state, { recursive: true, force: true });
}
