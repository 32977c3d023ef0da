/** A lake on a started server in which persons are found: Jane, twice, and John, whom Alice has read. */
import { expect } from "vitest";

export type Fields = Record<string, unknown>;

/** What a command that is taken answers. */
export const post = async (url: string, body: object): Promise<Fields> => {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const read = (await answer.json()) as Fields;
  expect(answer.status, JSON.stringify(read)).toBeLessThan(300);
  return read;
};

const CSV = "id,amount\njane,1.5\njohn,2\njane,3\n";

/** Makes the lake `people` at level gdpr, with one batch; the reader's name looks like a formula. */
export const personsLake = async (server: string): Promise<void> => {
  const lake = `${server}/lakes/people`;
  const made = { lake_id: "people", name: "People", region: "eu", compliance_level: "gdpr" };
  await post(`${server}/lakes`, { ...made, country: "DE" });
  await post(`${lake}/datasets`, {
    name: "people",
    schema: { id: "string", amount: "float" },
    contains_pii: true,
    subject_column: "id",
  });
  await post(`${lake}/contracts`, { contract_id: "c1", dataset: "people", retention_days: 30 });
  const { upload_url } = await post(`${lake}/upload-url`, { filename: "p.csv" });
  const { status } = await fetch(String(upload_url), { method: "PUT", body: CSV });
  expect(status).toBeLessThan(300);
  const batch = { dataset: "people", contract_id: "c1", batch_id: "b1", file_url: "p.csv" };
  await post(`${lake}/append-batch`, batch);
  const read = { accessor_id: "=alice", dataset_id: "people", action: "read" };
  await post(`${lake}/audit-access`, { ...read, purpose: "to see, and count" });
};
