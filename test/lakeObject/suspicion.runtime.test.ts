/** What looks like personal data and nobody declared, over HTTP, against real storage. */
import { describe, expect, test } from "vitest";
import { eventually, type Lake, newLake, typesOf } from "../support/lakeClient.ts";

const CONTACTS = ["ada@example.com", "grace@example.com", "mary@example.com"];
const CSV = `id,contact\n${CONTACTS.map((contact, id) => `${id},${contact}\n`).join("")}`;

const lakeWith = async (level: "standard" | "gdpr" | "strict", terms: object = {}) => {
  const lake = await newLake(level);
  await lake.done("/datasets", {
    name: "visits",
    schema: { id: "int", contact: "string" },
    contains_pii: false,
    encryption_enabled: level === "strict",
  });
  const contract = { contract_id: "c1", dataset: "visits", retention_days: 365, ...terms };
  await lake.done("/contracts", contract);
  if (level === "strict") await lake.done("/contracts/c1/approve", { approver: "petra" });
  return lake;
};

const append = async (lake: Lake, batch_id: string, content = CSV) => {
  await lake.land(`${batch_id}.csv`, content);
  const file_url = `${batch_id}.csv`;
  return lake.post("/append-batch", { dataset: "visits", contract_id: "c1", batch_id, file_url });
};

const SUSPICIONS = [
  { column: "contact", signs: [{ kind: "email", found_by: "values", share: 1 }] },
];

describe("a batch with a column that looks like personal data", () => {
  test("is taken with a warning, which the batch and the log keep without a value", async () => {
    const lake = await lakeWith("gdpr");
    const appended = await append(lake, "b");
    expect(appended.status, JSON.stringify(appended.body)).toBe(201);
    expect(appended.at("warnings")).toEqual([
      expect.stringMatching(/^Column contact \(email\) looks like personal data/),
    ]);
    expect(typesOf(appended).at(-1)).toBe("PersonalDataSuspected");
    const batch = await lake.get("/batches/b");
    expect(batch.body).toMatchObject({ state: "appended", suspicions: SUSPICIONS });
    const events = JSON.stringify((await lake.get("/events?batch_id=b")).body);
    expect(events).toContain("PersonalDataSuspected");
    expect(events).not.toContain("@example.com");
  });

  test("is not shown by a dry run that does not treat it", async () => {
    const lake = await lakeWith("gdpr");
    await append(lake, "b");
    const body = { batch_id: "b", privacy_rules: { id: "redact" }, dry_run: true };
    const dry = await lake.done("/run-privacy", body);
    const contact = { hidden: true };
    expect(dry.at("preview", 0)).toMatchObject({ before: { contact }, after: { contact } });
    expect(JSON.stringify(dry.body)).not.toContain("@example.com");
  });

  test("is found as well when its file is taken over in the background", async () => {
    const lake = await lakeWith("strict");
    const rows = Array.from({ length: 1000 }, (_, id) => `${id},person${id}@example.com`);
    const appended = await append(lake, "b", `id,contact\n${rows.join("\n")}\n`);
    expect(appended.status, JSON.stringify(appended.body)).toBe(202);
    await eventually(async () => {
      await lake.ring();
      expect((await lake.get("/batches/b")).body).toMatchObject({
        state: "quarantined",
        work: { state: "completed" },
        suspicions: SUSPICIONS,
        quarantine: { cause: "personal_data" },
      });
    });
  });

  test("is silent where the contract protects the column", async () => {
    const lake = await lakeWith("gdpr", { privacy_rules: { contact: "hash" } });
    const appended = await append(lake, "b");
    expect(appended.at("warnings")).toEqual([]);
    expect(appended.at("batch", "suspicions")).toEqual([]);
  });

  test("is put into quarantine at level strict, and goes on when it is released", async () => {
    const lake = await lakeWith("strict");
    const appended = await append(lake, "b");
    expect(appended.status, JSON.stringify(appended.body)).toBe(201);
    expect(appended.at("batch")).toMatchObject({
      state: "quarantined",
      suspicions: SUSPICIONS,
      quarantine: { cause: "personal_data", reason: expect.stringContaining("contact (email)") },
    });
    expect((await lake.post("/publish-batch", { batch_id: "b" })).status).toBe(409);
    const released = await lake.done("/release-batch", {
      batch_id: "b",
      reason: "addresses of test accounts",
    });
    expect(released.at("batch")).toMatchObject({ state: "appended", suspicions: SUSPICIONS });
    await lake.done("/publish-batch", { batch_id: "b" });
  });

  test("is put into quarantine on publication when the level was raised since its append", async () => {
    const lake = await newLake("gdpr");
    await lake.done("/datasets", {
      name: "visits",
      schema: { id: "int", contact: "string" },
      contains_pii: false,
      encryption_enabled: true,
    });
    await lake.done("/contracts", { contract_id: "c1", dataset: "visits", retention_days: 365 });
    await append(lake, "b");
    await append(lake, "old");
    await lake.done("/publish-batch", { batch_id: "old" });
    await lake.done("/compliance-level", { compliance_level: "strict" });
    await lake.done("/contracts/c1/approve", { approver: "petra" });
    const refused = await lake.post("/publish-batch", { batch_id: "b" });
    expect(refused.status, JSON.stringify(refused.body)).toBe(422);
    expect(refused.body).toMatchObject({
      code: "personal-data-suspected",
      detail: expect.stringContaining("contact (email)"),
      batch: { state: "quarantined", quarantine: { cause: "personal_data" } },
    });
    await lake.done("/release-batch", { batch_id: "b", reason: "addresses of test accounts" });
    await lake.done("/publish-batch", { batch_id: "b" });
    // What is published already is not published anew before somebody has looked at it.
    const replayed = await lake.done("/replay", { dataset: "visits" });
    expect(replayed.at("replay", "outcomes")).toMatchObject([
      { batch_id: "b", outcome: "replayed" },
      { batch_id: "old", outcome: "skipped", reason: expect.stringContaining("contact (email)") },
    ]);
  });
});
