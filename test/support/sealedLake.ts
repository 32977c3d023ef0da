/** A strict lake with the encrypted dataset `people`, and what its tests do to it. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type Answer, type Lake, newLake, worker } from "./lakeClient.ts";

/** Values that must not be found anywhere in the store. */
export const NAMES = ["Ada-Lovelace", "Grace-Hopper", "Mary-Somerville"];

export const PEOPLE_CSV = `id,name,amount\n${NAMES.map((name, at) => `${at + 1},${name},${100 - 60 * at}.5`).join("\n")}\n`;

export const strictLake = async (level: "standard" | "gdpr" | "strict" = "strict") => {
  const lake = await newLake(level);
  await lake.done("/datasets", {
    name: "people",
    schema: { id: "int", name: "string", amount: "float" },
    contains_pii: true,
    encryption_enabled: true,
    subject_column: "name",
  });
  await lake.done("/contracts", {
    contract_id: "c1",
    dataset: "people",
    retention_days: 365,
    privacy_rules: { name: "hash" },
  });
  await lake.done("/contracts/c1/approve", { approver: "petra" });
  return lake;
};

export const appendPeople = async (lake: Lake, batch_id: string): Promise<Answer> => {
  await lake.land(`${batch_id}.csv`, PEOPLE_CSV);
  const file_url = `${batch_id}.csv`;
  return lake.post("/append-batch", { dataset: "people", contract_id: "c1", batch_id, file_url });
};

/** Runs the contract's strategies; where the level wants it, somebody approves. */
export const anonymizePeople = async (lake: Lake, batch_id: string): Promise<void> => {
  const run = await lake.done("/run-privacy", { batch_id });
  if (run.at("run", "status") !== "proposed") return;
  await lake.done(`/run-privacy/${run.text("run", "run_id")}/approve`, { approver: "petra" });
};

/** Appends, checks (one row is rejected), anonymises and publishes. */
export const publishPeople = async (lake: Lake, batch_id: string): Promise<void> => {
  expect((await appendPeople(lake, batch_id)).status).toBe(201);
  const quality_rules = { amount: { rule: ">0", on_fail: "quarantine_rows" } };
  await lake.done("/run-dq", { batch_id, quality_rules });
  await anonymizePeople(lake, batch_id);
  await lake.done("/publish-batch", { batch_id });
};

export const urlOf = async (lake: Lake, batch_id: string, format = "csv"): Promise<string> =>
  (await lake.done("/consume-batch", { batch_id, consumer: "alice", format })).text("download_url");

export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly code: unknown;
}

export const fetched = async (url: string, init: RequestInit = {}): Promise<Fetched> => {
  const response = await worker.fetch(new Request(url, init));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const problem = response.headers.get("Content-Type") === "application/problem+json";
  const code = problem && text !== "" ? (JSON.parse(text) as { code: unknown }).code : null;
  return { status: response.status, headers: response.headers, bytes, text, code };
};

/** Every object of the lake in R2 as Latin-1 text, by key. */
export const storedTexts = async (lake: Lake): Promise<ReadonlyMap<string, string>> => {
  const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/` });
  const texts = objects.map(async ({ key }) => {
    const object = await env.OBJECTS.get(key);
    return [key, Buffer.from((await object?.arrayBuffer()) ?? []).toString("latin1")] as const;
  });
  return new Map(await Promise.all(texts));
};
