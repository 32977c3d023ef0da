/** What those who use data are told of it, over the life of a batch and of its contract. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { append, eventually, type Lake, salesLake } from "../support/lakeClient.ts";
import { type Received, receiver, register } from "../support/webhookReceiver.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const FOR_CONSUMERS = [
  "DataAppended",
  "DataPublished",
  "BatchQuarantined",
  "QuarantineReleased",
  "BatchRedacted",
  "BatchExpired",
  "ReplayCompleted",
  "SchemaVersionUpdated",
  "DataContractUpdated",
  "GDPRDeletionRequested",
];

/** Values, names and reasons that stand in the lake, and in no notification. */
const PRIVATE = ["jane@example.com", "odd Ann", "petra", "secret.csv"];

const told = (received: readonly Received[]) =>
  received
    .map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> })
    .sort((one, other) => Number(one.data.sequence) - Number(other.data.sequence))
    .map(({ type, data }) => [type, data.subject, data.dataset]);

const people = async (): Promise<Lake> => {
  const lake = await salesLake({}, "gdpr");
  const schema = { id: "int", email: "string" };
  const about = { name: "people", schema, contains_pii: true, subject_column: "email" };
  await lake.done("/datasets", about);
  const terms = { contract_id: "c2", dataset: "people", privacy_rules: { email: "redact" } };
  await lake.done("/contracts", { ...terms, retention_days: 30 });
  await lake.land("secret.csv", "id,email\n1,jane@example.com\n2,joe@example.com\n");
  return lake;
};

describe("those who use data", () => {
  test("are told when it comes, changes and goes, without a word of what is in it", async () => {
    const received = receiver(() => new Response(null, { status: 204 }));
    const lake = await people();
    await register(lake, { events: FOR_CONSUMERS });
    const batch = { dataset: "people", contract_id: "c2", batch_id: "p1", file_url: "secret.csv" };
    await lake.done("/append-batch", batch);
    await lake.done("/run-privacy", { batch_id: "p1" });
    await lake.done("/publish-batch", { batch_id: "p1" });
    await lake.done("/quarantine-batch", { batch_id: "p1", reason: "odd Ann" });
    await lake.done("/release-batch", { batch_id: "p1", reason: "odd Ann" });
    const asked = { subject_id: "jane@example.com", reason: "odd Ann", requested_by: "petra" };
    const id = (await lake.done("/deletions", asked)).text("deletion", "deletion_id");
    await lake.done(`/deletions/${id}/execute`);
    await eventually(async () =>
      expect((await lake.get(`/deletions/${id}`)).at("status")).toBe("completed"),
    );
    const wide = { id: "int", email: "string", region: "string" };
    await lake.put("/contracts/c2", { retention_days: 30, schema: wide });
    await eventually(async () =>
      expect(told(received)).toEqual([
        ["DataAppended", "batch/p1", "people"],
        ["DataPublished", "batch/p1", "people"],
        ["BatchQuarantined", "batch/p1", "people"],
        ["QuarantineReleased", "batch/p1", "people"],
        ["GDPRDeletionRequested", `deletion/${id}`, undefined],
        ["BatchRedacted", "batch/p1", "people"],
        ["DataContractUpdated", "contract/c2", "people"],
        ["SchemaVersionUpdated", "dataset/people", "people"],
      ]),
    );
    for (const { body } of received) for (const clear of PRIVATE) expect(body).not.toContain(clear);
  });

  test("are told of their datasets alone, and of what is about none", async () => {
    const received = receiver(() => new Response(null, { status: 204 }));
    const lake = await people();
    const narrowed = await register(lake, { events: FOR_CONSUMERS, datasets: ["people"] });
    expect(narrowed.answer.at("webhook", "datasets")).toEqual(["people"]);
    await append(lake, "s1");
    const batch = { dataset: "people", contract_id: "c2", batch_id: "p1", file_url: "secret.csv" };
    await lake.done("/append-batch", batch);
    await lake.done("/deletions", { subject_id: "s", reason: "r", requested_by: "p" });
    await eventually(async () => expect(received).toHaveLength(2));
    expect(told(received).map(([type, , dataset]) => [type, dataset])).toEqual([
      ["DataAppended", "people"],
      ["GDPRDeletionRequested", undefined],
    ]);
    const unknown = { url: "https://example.com/x", events: ["DataPublished"], datasets: ["none"] };
    const refused = await lake.post("/webhooks", unknown);
    expect([refused.status, refused.at("code")]).toEqual([404, "dataset-not-found"]);
    const whole = await register(lake);
    expect(whole.answer.at("webhook", "datasets")).toBeNull();
  });
});
