/** What the process says of a lake's commands: a line for each, and nobody's data in any. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { setLogLevel } from "../../src/application/logging.ts";
import { append, inTheEnd, type Lake, newLake, rebind, salesLake } from "../support/lakeClient.ts";

let said: string[] = [];

beforeEach(() => {
  said = [];
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, level).mockImplementation((...words) => {
      said.push(words.map(String).join(" "));
    });
  }
  setLogLevel("debug");
});
afterEach(() => {
  vi.restoreAllMocks();
  setLogLevel(env.LOG_LEVEL);
});

type Line = Readonly<Record<string, unknown>>;

const lines = (): readonly Line[] => said.map((line) => JSON.parse(line));

const commandsOf = (lake: Lake): readonly Line[] =>
  lines().filter(({ message, lake_id }) => message === "command" && lake_id === lake.id);

const REQUEST = "0af7651916cd43dd8448eb211c80319c";

describe("a command", () => {
  test("is told in one line: which one, how it ended, how long it took, its last event", async () => {
    const lake = await newLake();
    said = [];
    const asked = { name: "sales", schema: { id: "int" } };
    const first = await lake.post("/datasets", asked, { "X-Request-Id": REQUEST });
    expect(commandsOf(lake)).toEqual([
      {
        level: "info",
        time: expect.any(String),
        message: "command",
        lake_id: lake.id,
        command: "RegisterDataset",
        outcome: "ok",
        ms: expect.any(Number),
        events: 1,
        seq: first.at("events", 0, "seq"),
        request_id: REQUEST,
      },
    ]);
  });

  test("is told when it is refused, answered again, on record as unfit, or broken", async () => {
    const lake = await salesLake();
    said = [];
    const keyed = { "Idempotency-Key": "once" };
    const contract = { contract_id: "c2", dataset: "sales", retention_days: 3 };
    for (let n = 0; n < 2; n += 1) await lake.post("/contracts", contract, keyed);
    await lake.post("/contracts", contract);
    await append(lake, "b", "id,amount\nx,y\n");
    await lake.post("/publish-batch", { batch_id: "none" });
    await lake.inside((_, { storage }) =>
      storage.sql.exec("ALTER TABLE directory RENAME TO directory_away"),
    );
    const broken = await lake.post("/datasets", { name: "more", schema: { id: "int" } });
    await lake.inside((_, { storage }) =>
      storage.sql.exec("ALTER TABLE directory_away RENAME TO directory"),
    );
    expect(broken.status).toBe(500);
    const told = commandsOf(lake).map(({ command, outcome, code, events }) => [
      command,
      outcome,
      code,
      Number(events) > 0,
    ]);
    expect(told).toEqual([
      ["CreateContract", "ok", undefined, true],
      ["CreateContract", "replayed", undefined, false],
      ["CreateContract", "refused", "contract-exists", false],
      ["AppendData", "refused", "does-not-fit", true],
      ["plan:publish", "refused", "batch-not-found", false],
      ["RegisterDataset", "failed", undefined, false],
    ]);
    const last = commandsOf(lake).at(-1);
    expect(last).toMatchObject({ level: "error", error: { name: "Error" } });
  });

  test("that the clock sets in motion is told like any other", async () => {
    const long_ago = "2020-01-01T00:00:00.000Z";
    const gdpr = await newLake("gdpr");
    const asked = { subject_id: "1", reason: "r", requested_by: "dpo", received_at: long_ago };
    await gdpr.done("/deletions", asked);
    await gdpr.ringFor("deletion_due");
    const own = commandsOf(gdpr).filter(({ command }) => command === "NoteDeletionDue");
    expect(own).toMatchObject([{ outcome: "ok", events: 1, level: "info" }]);
  });
});

/** Texts that are somebody's: none may come out in any line. */
const PLANTED = {
  subject: "planted-subject-jane.doe@example.org",
  reason: "planted-reason Jane Doe asked by phone",
  file: "planted-file-jane-doe.csv",
  accessor: "planted-accessor",
  purpose: "planted purpose for Jane",
  cell: "planted-cell-4711",
  token: "planted-webhook-path",
  name: "planted lake of Jane Doe",
} as const;

describe("the log of many commands", () => {
  test("has no person, no file's name, no reason, no actor and no URL in it", async () => {
    const lake = await salesLake({}, "gdpr");
    const { subject, reason, file, accessor, purpose, cell, token, name } = PLANTED;
    await lake.post("/compliance-level", { compliance_level: name });
    await lake.post("/datasets", { name: "people", schema: { who: name }, description: name });
    await lake.done("/datasets", {
      name: "people",
      schema: { who: "string", n: "int" },
      description: name,
      contains_pii: true,
      subject_column: "who",
    });
    await lake.done("/contracts", {
      contract_id: "c-people",
      dataset: "people",
      retention_days: 30,
      privacy_rules: { who: "hash" },
    });
    for (const batch_id of ["p1", "p2"]) {
      await lake.land(file, `who,n\n${subject},${batch_id === "p1" ? "1" : cell}\n`);
      const body = { dataset: "people", contract_id: "c-people", batch_id, file_url: file };
      await lake.post("/append-batch", body, { "Idempotency-Key": `${subject}-${batch_id}` });
      await lake.post("/append-batch", body, { "Idempotency-Key": `${subject}-${batch_id}` });
    }
    await lake.post("/run-dq", { batch_id: "p1", quality_rules: { who: `!=${reason}` } });
    await lake.post("/quarantine-batch", { batch_id: "p1", reason });
    await lake.post("/release-batch", { batch_id: "p1", reason });
    await lake.post("/run-privacy", { batch_id: "p1" });
    await lake.post("/publish-batch", { batch_id: "p1" });
    await lake.post("/consume-batch", { batch_id: "p1", consumer: accessor, purpose });
    await lake.post("/upload-url", { filename: file });
    await lake.post("/download-url", { filename: file, purpose });
    await lake.post("/download-url", { filename: `${cell}.csv`, purpose });
    const access = { accessor_id: accessor, dataset_id: "people", action: "read", purpose };
    await lake.post("/audit-access", access);
    await lake.post("/audit-access", [access, { ...access, dataset_id: cell }]);
    await lake.post("/webhooks", {
      url: `http://127.0.0.1:9/${token}`,
      events: ["GDPRDeletionRequested", "GDPRDeletionCompleted"],
    });
    const asked = { subject_id: subject, reason, requested_by: accessor };
    const deletion = await lake.done("/deletions", asked);
    await lake.done("/deletions", asked);
    const id = deletion.text("deletion", "deletion_id");
    await lake.post(`/deletions/${id}/hold`, { reason, ground: "Art. 18(1)(a)" });
    await lake.post(`/deletions/${id}/release`, { reason });
    await lake.get(`/deletions/${id}?reveal=true`);
    await lake.post("/subject-access", { subject_id: subject, requested_by: accessor });
    // Half of it fails: the stores, the reports, whoever is to be told.
    const landed = `lakes/${lake.id}/landing/${file}`;
    const dead = { get: () => Promise.reject(new Error(`no ${landed} of "${subject}"`)) };
    await rebind(lake, {
      OBJECTS: dead as unknown as R2Bucket,
      REPORTS: {
        prepare: () => {
          throw new Error(`D1 refuses '${subject}' at https://example.org/${token}`);
        },
      } as unknown as D1Database,
    });
    await lake.post(`/deletions/${id}/execute`, { reason });
    await lake.sql("UPDATE schedule SET due_at = '2020-01-01T00:00:00.000Z'");
    await lake.inside((instance) => instance.alarm());
    await lake.inside((instance) => instance.settle());
    await rebind(lake, { OBJECTS: env.OBJECTS, REPORTS: env.REPORTS });
    await lake.done(`/deletions/${id}/execute`);
    await lake.sql("UPDATE schedule SET due_at = '2020-01-01T00:00:00.000Z'");
    await inTheEnd(async () => {
      await lake.inside((instance) => instance.alarm());
      expect((await lake.get(`/deletions/${id}`)).text("status")).toBe("completed");
    });

    const told = lines();
    expect(commandsOf(lake).length).toBeGreaterThan(25);
    const outcomes = new Set(commandsOf(lake).map(({ outcome }) => outcome));
    expect([...outcomes].sort()).toEqual(["ok", "refused", "replayed"]);
    // What fails is told too, so the lines of failures are looked through as well.
    expect(told.some(({ message }) => message === "a delivery failed")).toBe(true);
    expect(told.some(({ message }) => message === "a duty failed")).toBe(true);
    const log = said.join("\n");
    for (const text of [...Object.values(PLANTED), "jane", "landing/p"]) {
      expect(log.toLowerCase()).not.toContain(text.toLowerCase());
    }
    expect(log).not.toContain("X-Amz-");
    for (const key of told.flatMap((line) => Object.keys(line))) expect(FIELDS).toContain(key);
  });
});

const FIELDS = [
  ...["level", "time", "message", "lake_id", "request_id", "command", "outcome", "code", "ms"],
  ...["seq", "events", "duty", "attempt", "sink", "retry_at", "step", "batch_id", "deletion_id"],
  ...["replay_id", "webhook_id", "delivery_id", "error"],
];
