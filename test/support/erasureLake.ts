/** A lake in which people are forgotten: a dataset that names them, requests, and what is left. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type Answer, inTheEnd, type Lake, newLake } from "./lakeClient.ts";

export const PEOPLE = { id: "int", person: "string", amount: "float" } as const;

/** Rows of `id,person,amount`, the header first. */
export const csvOf = (...rows: readonly (readonly [number, string, number])[]): string =>
  ["id,person,amount", ...rows.map((row) => row.join(","))].join("\n").concat("\n");

export const JANE = "jane.canary@example.org";

export const WITH_JANE = csvOf([1, "anna", 10], [2, JANE, 20], [3, "otto", 30]);
export const WITHOUT_JANE = csvOf([1, "anna", 10], [3, "otto", 30]);

/** The dataset `people`, whose rows are of the person in `person`, under contract `c`. */
export const peopleLake = async (
  terms: Readonly<Record<string, unknown>> = {},
  dataset: Readonly<Record<string, unknown>> = {},
  level: "gdpr" | "strict" = "gdpr",
): Promise<Lake> => {
  const lake = await newLake(level);
  const about = { schema: PEOPLE, subject_column: "person", contains_pii: true, ...dataset };
  await lake.done("/datasets", { name: "people", ...about });
  const contract = { dataset: "people", contract_id: "c", retention_days: 365, ...terms };
  await lake.done("/contracts", contract);
  return lake;
};

/** Lands a file and appends it as a batch of `people`. */
export const appendPeople = async (
  lake: Lake,
  batch_id: string,
  content: string | ArrayBuffer = WITH_JANE,
  file_url = `${batch_id}.csv`,
): Promise<Answer> => {
  await lake.land(file_url, content);
  const about = { dataset: "people", contract_id: "c", batch_id, file_url };
  return lake.post("/append-batch", about);
};

/** Three batches, two of them with Jane, `c` of those published without telling who is who. */
export const threeBatches = async (): Promise<Lake> => {
  const lake = await peopleLake({ privacy_rules: { person: "redact" } });
  await appendPeople(lake, "a");
  await appendPeople(lake, "b", WITHOUT_JANE);
  await appendPeople(lake, "c");
  await lake.done("/run-dq", { batch_id: "c", quality_rules: { amount: ">0" } });
  await lake.done("/run-privacy", { batch_id: "c" });
  await lake.done("/publish-batch", { batch_id: "c" });
  return lake;
};

export const requestErasure = async (lake: Lake, subject_id: string = JANE): Promise<string> => {
  const asked = { subject_id, reason: `please forget ${subject_id}`, requested_by: "petra" };
  return (await lake.done("/deletions", asked)).text("deletion", "deletion_id");
};

/** Rings until the request is what it is to be; resolves to it. */
export const until = async (lake: Lake, id: string, status: string): Promise<Answer> => {
  let answer = await lake.get(`/deletions/${id}`);
  await inTheEnd(async () => {
    await lake.ring();
    answer = await lake.get(`/deletions/${id}`);
    expect(answer.at("status"), JSON.stringify(answer.body)).toBe(status);
  });
  return answer;
};

/** Requests it, begins it, waits for its end; resolves to its id. */
export const forget = async (lake: Lake, subject_id: string = JANE): Promise<string> => {
  const id = await requestErasure(lake, subject_id);
  const begun = await lake.post(`/deletions/${id}/execute`);
  expect(begun.status, JSON.stringify(begun.body)).toBe(202);
  await until(lake, id, "completed");
  return id;
};

/** Every object of the lake that holds a text, as bytes, uploads included. */
export const holding = async (lake: Lake, text: string): Promise<readonly string[]> => {
  const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/` });
  const found: string[] = [];
  for (const { key } of objects) {
    const bytes = await (await env.OBJECTS.get(key))?.bytes();
    if (Buffer.from(bytes ?? []).includes(text)) found.push(key);
  }
  return found;
};

/** The raw object of a batch as text. */
export const rawText = async (lake: Lake, batch_id: string): Promise<string> => {
  const keys = await lake.keys();
  const raw = keys.filter((key) => new RegExp(`/batches/${batch_id}/.*/raw/.*\\.csv$`).test(key));
  expect(raw).toHaveLength(1);
  return (await (await env.OBJECTS.get(raw[0] ?? ""))?.text()) ?? "";
};
