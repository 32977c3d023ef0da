/** What a lake holds about a person, collected in the background and handed out as one file. */
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { DeletionId, SubjectAccessId } from "../../src/domain/ids.ts";
import { eventually, type Lake, newLake, send } from "../support/lakeClient.ts";

const SUBJECT = "jane.doe@example.com";
const PEOPLE = `person,amount\n${SUBJECT},1\njohn@example.com,2\n${SUBJECT},3\n`;
const DAY_MS = 86_400_000;

const peopleLake = async (more: object = {}) => {
  const lake = await newLake("gdpr");
  await lake.done("/datasets", {
    name: "people",
    schema: { person: "string", amount: "int" },
    description: "who bought what",
    contains_pii: true,
    subject_column: "person",
    ...more,
  });
  await lake.done("/contracts", { contract_id: "c1", dataset: "people", retention_days: 365 });
  return lake;
};

const append = async (lake: Lake, batch_id: string, content = PEOPLE) => {
  await lake.land(`${batch_id}.csv`, content);
  const about = { dataset: "people", contract_id: "c1", batch_id, file_url: `${batch_id}.csv` };
  const answer = await lake.post("/append-batch", about);
  expect([200, 201, 422]).toContain(answer.status);
};

const requested = async (lake: Lake, subject_id = SUBJECT) => {
  const answer = await lake.post("/subject-access", { subject_id, requested_by: "petra" });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.text("subject_access", "subject_access_id");
};

const ready = async (lake: Lake, id: string) => {
  await eventually(async () => {
    expect((await lake.get(`/subject-access/${id}`)).at("status")).toBe("ready");
  });
  return lake.get(`/subject-access/${id}`);
};

type Line = Readonly<Record<string, unknown>>;

const linesOf = async (url: string): Promise<readonly Line[]> => {
  const file = await send(url);
  expect(file.status).toBe(200);
  expect(file.headers.get("Content-Type")).toBe("application/x-ndjson");
  const text = typeof file.body === "string" ? file.body : JSON.stringify(file.body);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
};

const rowsOf = (lines: readonly Line[]) => lines.filter(({ record }) => record !== undefined);

describe("a request for access", () => {
  it("is answered with 202, where to look, the deadlines of the law and the person sealed", async () => {
    const lake = await peopleLake();
    const answer = await lake.post("/subject-access", {
      subject_id: SUBJECT,
      requested_by: "petra",
      received_at: "2026-01-31T10:00:00Z",
    });
    expect(answer.status).toBe(202);
    const id = answer.text("subject_access", "subject_access_id");
    expect(answer.headers.get("Location")).toBe(`/lakes/${lake.id}/subject-access/${id}`);
    expect(answer.at("subject_access")).toMatchObject({
      subject_id: { sealed: true },
      received_at: "2026-01-31T10:00:00.000Z",
      deadline: "2026-03-02T10:00:00.000Z",
    });
    expect(JSON.stringify(answer.body)).not.toContain(SUBJECT);
  });

  it("collects the person's rows of every batch, whatever became of it, and nobody else's", async () => {
    const lake = await peopleLake();
    await append(lake, "b1");
    await append(lake, "b2", "person,amount\njohn@example.com,5\n");
    await append(lake, "misfit", `person,amount,x\n${SUBJECT},7,y\nann@example.com,8,y\n`);
    const id = await requested(lake);
    const answer = await ready(lake, id);
    expect(answer.at("batches")).toMatchObject({ looked_at: 3, waiting: 0, unreadable: [] });
    const lines = await linesOf(answer.text("download_url"));
    expect(rowsOf(lines)).toMatchObject([
      { dataset: "people", batch_id: "b1", row_number: 1, record: { person: SUBJECT } },
      { dataset: "people", batch_id: "b1", row_number: 3, record: { person: SUBJECT } },
      { dataset: "people", batch_id: "misfit", row_number: 1 },
    ]);
    expect(answer.at("rows")).toBe(3);
    expect(JSON.stringify(lines)).not.toMatch(/john@|ann@/);
  });

  it("hands no row out that only mentions the person, and says which batch to look into", async () => {
    const schema = { person: "int", amount: "int", diagnosis: "string" };
    const lake = await peopleLake({ schema });
    await append(lake, "told", "person,amount,diagnosis\n1,9,flu\n7,1,HIV\n8,oops,cold\n");
    await append(lake, "untold", "who,amount\n1,9\n7,1\n");
    await append(lake, "others", "who,amount\n5,9\n7,2\n");
    const answer = await ready(lake, await requested(lake, "1"));
    const unreadable = ["untold"];
    expect(answer.at("batches")).toMatchObject({ looked_at: 3, waiting: 0, opened: 3, unreadable });
    const lines = await linesOf(answer.text("download_url"));
    expect(lines[0]).toMatchObject({ kind: "subject_access", unreadable_batches: unreadable });
    expect(rowsOf(lines)).toMatchObject([{ batch_id: "told", record: ["1", "9", "flu"] }]);
  });

  it("says who received the data, what for, how long it is kept and what the person asked", async () => {
    const lake = await peopleLake();
    await append(lake, "b1");
    await lake.done("/run-privacy", { batch_id: "b1", privacy_rules: { amount: "nullify" } });
    await lake.done("/publish-batch", { batch_id: "b1" });
    await lake.done("/consume-batch", { batch_id: "b1", consumer: "alice", purpose: "revenue" });
    await lake.done("/audit-access", {
      accessor_id: "bob",
      dataset_id: "people",
      action: "query",
      purpose: "churn",
    });
    const asked = { subject_id: SUBJECT, reason: "forget me", requested_by: "petra" };
    await lake.done("/deletions", asked);
    await lake.done("/ingest-dataset", {
      dataset_id: "elsewhere",
      data_source: "s3://somewhere",
      record_count: 1,
      contains_pii: true,
    });
    const answer = await ready(lake, await requested(lake));
    const lines = await linesOf(answer.text("download_url"));
    expect(lines[0]).toMatchObject({
      kind: "subject_access",
      subject_id: SUBJECT,
      rows: 2,
      held_elsewhere: ["elsewhere"],
      not_searched: [],
      to_complete: [
        { article: "Art. 15(1)(a)", what: expect.stringContaining("purposes") },
        { article: "Art. 15(1)(h)", what: expect.stringContaining("automated") },
        { article: "Art. 15(2)", what: expect.stringContaining("third country") },
        { article: "Art. 15(3)", what: expect.stringContaining("uploaded") },
      ],
      to_review: [{ article: "Art. 15(4)", what: expect.stringContaining("purposes") }],
    });
    expect(lines.filter(({ kind }) => kind !== undefined && kind !== "subject_access")).toEqual([
      expect.objectContaining({
        kind: "dataset",
        description: "who bought what",
        categories: ["person", "amount"],
      }),
      expect.objectContaining({ kind: "batch", batch_id: "b1", source: "b1.csv" }),
      expect.objectContaining({ kind: "request", reason: "forget me" }),
      expect.objectContaining({ kind: "recipient", recipient: "alice", purposes: ["revenue"] }),
      expect.objectContaining({ kind: "recipient", recipient: "bob", purposes: ["churn"] }),
    ]);
    expect(answer.at("recipients")).toBe(2);
  });

  it("finds the person in a column of numbers however the number is written", async () => {
    const lake = await peopleLake({ schema: { person: "int", amount: "int" } });
    await append(lake, "b1", "person,amount\n7,1\n77,2\n+7,3\n");
    const answer = await ready(lake, await requested(lake, "007"));
    const rows = rowsOf(await linesOf(answer.text("download_url")));
    expect(rows.map(({ row_number }) => row_number)).toContain(1);
    expect(rows.every(({ row_number }) => row_number !== 2)).toBe(true);
  });

  it("is sealed where it lies, also for a dataset that is not encrypted", async () => {
    const lake = await peopleLake();
    await append(lake, "b1");
    const id = await requested(lake);
    await ready(lake, id);
    const prefix = `lakes/${lake.id}/subject-access/`;
    await eventually(async () => {
      const { objects } = await env.OBJECTS.list({ prefix });
      expect(objects).toHaveLength(1);
    });
    const { objects } = await env.OBJECTS.list({ prefix });
    const bytes = await (await env.OBJECTS.get(objects[0]?.key ?? ""))?.text();
    expect(bytes).toBeDefined();
    expect(bytes).not.toContain(SUBJECT);
  });

  it("reads encrypted datasets too", async () => {
    const lake = await peopleLake({ encryption_enabled: true });
    await append(lake, "b1");
    const answer = await ready(lake, await requested(lake));
    expect(rowsOf(await linesOf(answer.text("download_url")))).toHaveLength(2);
  });

  it("records who was given the file, and who has seen the person's name", async () => {
    const lake = await peopleLake();
    const id = await requested(lake);
    await ready(lake, id);
    const revealed = await lake.get(`/subject-access/${id}?reveal=true`);
    expect(revealed.at("subject_id")).toBe(SUBJECT);
    const { items } = (await lake.get("/access-log")).body as { items: Line[] };
    const objects = items.map(({ object }) => object);
    expect(objects).toContain(`subject-access/${id}.jsonl`);
    expect(objects).toContain(`subject-access/${id}`);
  });

  it("is the same one while it is being answered, and is listed", async () => {
    const lake = await peopleLake();
    const first = await requested(lake);
    await ready(lake, first);
    const listed = await lake.get("/subject-access?status=ready");
    expect((listed.at("items") as Line[]).map((item) => item.subject_access_id)).toEqual([first]);
    expect(await requested(lake)).not.toBe(first);
    expect((await lake.get("/subject-access/none")).status).toBe(404);
  });

  it("is owed until somebody was given the file, and late when nobody is in time", async () => {
    const lake = await peopleLake();
    await append(lake, "b1");
    const id = await requested(lake);
    const listed = async () => (await lake.get("/subject-access")).at("items", 0) as Line;
    await eventually(async () => {
      expect(await listed()).toMatchObject({ status: "ready", handed_out_at: null });
    });
    const kinds = async () => (await lake.owed()).map(({ kind }) => kind);
    expect(await kinds()).toEqual(expect.arrayContaining(["access_due", "access_reminder"]));
    expect(await kinds()).not.toContain("access_expiry");
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      vi.setSystemTime(Date.parse(String((await listed()).deadline)));
      await lake.ringFor("access_due");
      expect(await listed()).toMatchObject({ status: "ready", overdue: true, expires_at: null });
      const answer = await lake.get(`/subject-access/${id}`);
      const { handed_out_at, expires_at } = answer.body as Record<string, string>;
      expect(Date.parse(expires_at ?? "") - Date.parse(handed_out_at ?? "")).toBeLessThanOrEqual(
        30 * DAY_MS,
      );
      expect(rowsOf(await linesOf(answer.text("download_url")))).toHaveLength(2);
      expect(await kinds()).toContain("access_expiry");
      expect(await kinds()).not.toContain("access_reminder");
      // Given out once more, it counts from the first time.
      expect((await lake.get(`/subject-access/${id}`)).at("expires_at")).toBe(expires_at);
    } finally {
      vi.useRealTimers();
    }
    const types = (await lake.events()).map(({ type }) => type);
    expect(types.filter((type) => type === "SubjectAccessAnswered")).toHaveLength(1);
    expect(types.filter((type) => type === "SubjectAccessOverdue")).toHaveLength(1);
  });

  it("loses its file and its key after its days", async () => {
    const lake = await peopleLake();
    await append(lake, "b1");
    const id = await requested(lake);
    const answer = await ready(lake, id);
    const url = answer.text("download_url");
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      vi.setSystemTime(Date.parse(answer.text("expires_at")) - DAY_MS);
      await lake.ringFor("access_expiry");
      expect((await lake.get(`/subject-access/${id}`)).at("status")).toBe("ready");
      vi.setSystemTime(Date.parse(answer.text("expires_at")));
      await lake.ringFor("access_expiry");
    } finally {
      vi.useRealTimers();
    }
    const expired = await lake.get(`/subject-access/${id}`);
    expect(expired.body).toMatchObject({ status: "expired", file: null });
    expect(expired.at("download_url")).toBeUndefined();
    expect(await lake.sql("SELECT id FROM keys WHERE id LIKE 'access/%'")).toEqual([]);
    await lake.ringFor("delete_objects");
    expect((await lake.keys()).filter((key) => key.includes("subject-access"))).toEqual([]);
    expect([403, 404]).toContain((await send(url)).status);
  });
});

describe("what was collected for a person who is forgotten then", () => {
  it("goes with its key, also while it is being collected", async () => {
    const lake = await peopleLake();
    await append(lake, "b1");
    const id = await requested(lake);
    await ready(lake, id);
    const erased = await lake.gateway.command(lake.call(), {
      type: "EraseSubjectAccess",
      subject_access_id: id as SubjectAccessId,
      deletion_id: "d1" as DeletionId,
    });
    expect(erased.ok).toBe(true);
    expect((await lake.get(`/subject-access/${id}`)).at("status")).toBe("erased");
    expect(await lake.sql("SELECT id FROM keys WHERE id LIKE 'access/%'")).toEqual([]);
    await eventually(async () => {
      expect((await lake.keys()).filter((key) => key.includes("subject-access"))).toEqual([]);
    });
  });
});

describe("a request for access that is not simply answered", () => {
  const why = { reason: `${SUBJECT} asks every day` };

  it("is rejected with the remedies, and what was collected goes with its key", async () => {
    const lake = await peopleLake();
    await append(lake, "b1");
    const id = await requested(lake);
    const url = (await ready(lake, id)).text("download_url");
    const answer = await lake.done(`/subject-access/${id}/reject`, {
      ...why,
      ground: "Art. 12(5)",
    });
    expect(answer.at("message")).toContain("Art. 12(4)");
    const shown = await lake.get(`/subject-access/${id}`);
    expect(shown.body).toMatchObject({
      status: "rejected",
      file: null,
      remedies: { complaint: expect.stringContaining("Art. 77"), court: expect.any(String) },
      answers: [{ decision: "rejected", ground: "Art. 12(5)", reason: { sealed: true } }],
    });
    expect(JSON.stringify(await lake.events())).not.toContain(SUBJECT);
    const revealed = await lake.get(`/subject-access/${id}?reveal=true`);
    expect(revealed.at("answers", 0, "reason")).toBe(why.reason);
    expect(await lake.sql("SELECT id FROM keys WHERE id LIKE 'access/%'")).toEqual([]);
    await eventually(async () => {
      expect((await lake.keys()).filter((key) => key.includes("subject-access"))).toEqual([]);
    });
    expect([403, 404]).toContain((await send(url)).status);
    const again = await lake.post(`/subject-access/${id}/reject`, why);
    expect([again.status, again.at("code")]).toEqual([409, "subject-access-wrong-state"]);
    // Who was refused may ask anew.
    expect(await requested(lake)).not.toBe(id);
  });

  it("is not extended once it is answered: there is nothing left to wait for", async () => {
    const lake = await peopleLake();
    const id = await requested(lake);
    await ready(lake, id);
    const late = await lake.post(`/subject-access/${id}/extend`, why);
    expect([late.status, late.at("code")]).toEqual([409, "subject-access-wrong-state"]);
  });
});
