/** A batch from its upload to its consumer and through a replay, over HTTP, against real storage. */
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";
import {
  append,
  at,
  eventually,
  type Lake,
  newLake,
  ONLY_A_CHECKPOINT,
  salesLake,
  typesOf,
} from "../support/lakeClient.ts";

const parquet = (): ArrayBuffer =>
  parquetWriteBuffer({
    columnData: [
      { name: "id", data: [1n, 2n, 3n], type: "INT64" },
      { name: "amount", data: [100, 200, -5], type: "DOUBLE" },
    ],
  });

const FILES = {
  "sales.csv": () => "id,amount\n1,100.0\n2,200.0\n3,-5.0\n",
  "sales.jsonl": () => '{"id":1,"amount":100}\n{"amount":200.0,"id":2}\n{"id":3,"amount":-5}\n',
  "sales.ndjson": () => '{"id":1,"amount":100}\r\n{"id":2,"amount":2e2}\r\n{"id":3,"amount":-5.0}',
  "sales.parquet": parquet,
} as const;

const LIFE = [
  "DataLakeCreated",
  "DatasetRegistered",
  "DataContractDefined",
  "SignedUrlCreated",
  "AppendIngestionRequested",
  "DataAppended",
  "SchemaValidated",
  "QualityCheckPassed",
  "DataAnonymized",
  "DataPublished",
  "DataExported",
  "ConsumptionGranted",
  "AccessAudited",
  "SignedUrlCreated",
  "AccessAudited",
  "ReplayRequested",
  "BatchDerived",
  "ReplayProgressed",
  "BatchReplayed",
  "SchemaValidated",
  "QualityCheckPassed",
  "DataAnonymized",
  "DataPublished",
  "ReplayCompleted",
];

/** The whole life, `between` called between any two steps; ends with the published rows as text. */
const live = async (
  lake: Lake,
  file: string,
  content: string | ArrayBuffer,
  between: () => Promise<void>,
): Promise<string> => {
  const step = async (route: string, body: unknown, status = 200) => {
    await between();
    const answer = await lake.post(route, body);
    expect(answer.status, `${route}: ${JSON.stringify(answer.body)}`).toBe(status);
    return answer;
  };
  await step("/datasets", { name: "sales", schema: { id: "int", amount: "float" } }, 201);
  await step("/contracts", { dataset: "sales", retention_days: 365 }, 201);
  const upload = await step("/upload-url", { filename: file });
  expect(upload.at("file_url")).toBe(file);
  await lake.land(file, content);
  const appended = await step(
    "/append-batch",
    { dataset: "sales", contract_id: "contract1", batch_id: "b", file_url: file },
    201,
  );
  expect(appended.at("batch")).toMatchObject({ state: "appended", rows: 3, revision: 1 });
  const diverting = { rule: ">0", on_fail: "quarantine_rows" };
  const checked = await step("/run-dq", { batch_id: "b", quality_rules: { amount: diverting } });
  expect(checked.body).toMatchObject({
    passed: true,
    report: { rows: 3, passed_rows: 2, failed_rows: 1, rules: [{ sample_rows: [3] }] },
    batch: { state: "checked" },
  });
  await step("/run-privacy", { batch_id: "b", privacy_rules: { id: "mask" } });
  const publication = await step("/publish-batch", { batch_id: "b" });
  expect(publication.at("batch")).toMatchObject({ state: "published", published: { rows: 2 } });
  const granted = await step("/consume-batch", { batch_id: "b", consumer: "alice", format: "csv" });
  expect(granted.at("method")).toBe("GET");
  const key = new URL(granted.text("download_url")).pathname.split(`${env.OBJECTS_BUCKET}/`)[1];
  const text = (await (await env.OBJECTS.get(key ?? ""))?.text()) ?? "nothing";
  await between();
  const rejected = await lake.get("/batches/b/quarantine");
  expect(rejected.status).toBe(200);
  const replay = await step("/replay", { dataset: "sales" });
  expect(replay.at("replay")).toMatchObject({ status: "completed", done: 1 });
  await between();
  expect((await lake.get("/batches/b")).body).toMatchObject({
    state: "published",
    consumptions: 1,
    published: { rows: 2, files: [{ format: "parquet" }] },
    last_replay: replay.at("replay", "replay_id"),
  });
  return text;
};

const EXPECTED_CSV = /^id,amount\n[^\n]*,100(\.0)?\n[^\n]*,200(\.0)?\n$/;

describe("the whole life of a batch", () => {
  for (const [file, content] of Object.entries(FILES)) {
    test(`that came as ${file} ends in the same published rows`, async () => {
      const lake = await newLake();
      const text = await live(lake, file, content(), async () => {});
      expect(text).toMatch(EXPECTED_CSV);
      expect(text).not.toMatch(/^1,|^2,|^3,/m);
      expect(typesOf(await lake.get("/events?limit=1000"))).toEqual(LIFE);
    });
  }

  test("is the same when the lake is evicted from memory between any two steps", async () => {
    const lake = await newLake();
    const text = await live(lake, "sales.csv", FILES["sales.csv"](), () =>
      evictDurableObject(lake.stub),
    );
    expect(text).toMatch(EXPECTED_CSV);
    const events = await lake.events();
    expect(events.map(({ type }) => type)).toEqual(LIFE);
    expect(events.map(({ seq }) => seq)).toEqual(LIFE.map((_, index) => index + 1));
  });

  test("is the same when the lake crashes between any two steps", async () => {
    const lake = await newLake();
    await live(lake, "sales.csv", FILES["sales.csv"](), () => abortAllDurableObjects());
    expect((await lake.events()).map(({ type }) => type)).toEqual(LIFE);
    await eventually(async () => expect(await lake.keys()).toEqual(await lake.referenced()));
  });
});

describe("what was acknowledged", () => {
  test("is there after a crash: every one of many commands, also those sent at once", async () => {
    const lake = await newLake("gdpr");
    const names = Array.from({ length: 40 }, (_, index) => `d${index}`);
    const answers = await Promise.all(
      names.map((name) => lake.post("/datasets", { name, schema: { id: "int" } })),
    );
    await abortAllDurableObjects();
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
    for (const [index, name] of names.entries()) {
      const seq = answers[index]?.at("events", 0, "seq");
      expect(seq).toBeTypeOf("number");
      const event = (await lake.get(`/events?after=${Number(seq) - 1}&limit=1`)).at("items", 0);
      expect(event).toMatchObject({ sequence: seq, subject: `dataset/${name}` });
    }
    const listed = (await lake.get("/datasets")).at("items") as { name: string }[];
    expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
    const deletion = await lake.done("/deletions", {
      subject_id: "subject",
      reason: "asked",
      requested_by: "olga",
    });
    await abortAllDurableObjects();
    const id = deletion.text("deletion", "deletion_id");
    expect((await lake.get(`/deletions/${id}`)).at("status")).toBe("pending");
    expect(await lake.owed()).toEqual([
      { kind: "deletion_due", ref: id },
      { kind: "deletion_reminder", ref: id },
      { kind: "execution_due", ref: id },
      ...ONLY_A_CHECKPOINT,
    ]);
    // The same keys open what was sealed before the crash.
    const revealed = await lake.get(`/deletions/${id}?reveal=true`);
    expect(revealed.body).toMatchObject({ subject_id: "subject", reason: "asked" });
  });
});

describe("a batch that is not in order", () => {
  test("that does not fit is recorded, in quarantine, and answered 422 with the reasons", async () => {
    const lake = await salesLake();
    const answer = await append(lake, "b", "id,sum\n1,2\n");
    expect(answer.status).toBe(422);
    expect(answer.headers.get("Content-Type")).toContain("application/problem+json");
    expect(answer.body).toMatchObject({ code: "does-not-fit", status: 422 });
    expect((answer.at("errors") as unknown[]).length).toBeGreaterThan(0);
    expect((await lake.get("/batches/b")).body).toMatchObject({
      state: "quarantined",
      quarantine: { cause: "schema" },
    });
    expect(await lake.keys()).toEqual(await lake.referenced());
    for (const [route, body] of [
      ["/run-dq", { batch_id: "b", quality_rules: { id: ">0" } }],
      ["/run-privacy", { batch_id: "b", privacy_rules: { id: "mask" } }],
      ["/publish-batch", { batch_id: "b" }],
      ["/consume-batch", { batch_id: "b", consumer: "x" }],
    ] as const) {
      const refused = await lake.post(route, body);
      expect(refused.status, route).toBe(409);
      expect(refused.at("code")).toBe("batch-quarantined");
    }
  });

  test("that is no table at all is answered 415 and leaves nothing behind", async () => {
    const lake = await salesLake();
    const head = (await lake.events()).length;
    for (const [file, content] of [
      ["a.parquet", "id,amount\n1,2\n"],
      ["b.jsonl", "id,amount\n1,2\n"],
      ["c.xlsx", "PK"],
    ] as const) {
      const answer = await append(lake, "b", content, file);
      expect(answer.status, file).toBe(415);
    }
    expect((await append(lake, "b", "", "d.parquet")).status).toBe(415);
    expect(await lake.keys()).toEqual([]);
    expect((await lake.events()).length).toBe(head);
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });

  test("that fails beyond the threshold is quarantined, and goes on once it is released", async () => {
    const lake = await salesLake();
    expect((await append(lake, "b")).status).toBe(201);
    const checked = await lake.done("/run-dq", {
      batch_id: "b",
      quality_rules: { amount: ">0" },
    });
    expect(checked.body).toMatchObject({ passed: false, batch: { state: "quarantined" } });
    expect((await lake.get("/batches/b/quarantine")).status).toBe(200);
    expect((await lake.post("/publish-batch", { batch_id: "b" })).status).toBe(409);
    const released = await lake.done("/release-batch", { batch_id: "b", reason: "looked at it" });
    expect(released.at("batch", "state")).toBe("appended");
    expect((await lake.done("/publish-batch", { batch_id: "b" })).at("batch", "state")).toBe(
      "published",
    );
  });

  test("is not changed by a dry run, nor by an upload to the same name", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    const before = { events: await lake.events(), keys: await lake.keys() };
    const dry = await lake.done("/run-privacy", {
      batch_id: "b",
      privacy_rules: { id: "mask" },
      dry_run: true,
    });
    expect(dry.at("dry_run")).toBe(true);
    // Rows were shown, so that somebody saw them is on record; nothing else is.
    expect(typesOf(dry)).toEqual(["AccessAudited"]);
    expect(dry.at("preview")).toHaveLength(3);
    expect(dry.at("preview", 0, "before", "id")).toEqual({ hidden: true });
    expect((await lake.events()).slice(0, -1)).toEqual(before.events);
    expect(await lake.keys()).toEqual(before.keys);
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
    await lake.land("b.csv", "id,amount\n9,9\n");
    await lake.done("/publish-batch", { batch_id: "b" });
    expect((await lake.get("/batches/b")).at("published", "rows")).toBe(3);
  });
});

describe("a consumption that is refused", () => {
  test("exports nothing first: nothing is written, and nothing is on record", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    // At level strict nothing goes out under a contract that nobody has approved.
    await lake.done("/compliance-level", { compliance_level: "strict" });
    const before = { events: await lake.events(), keys: await lake.keys() };
    const refused = await lake.post("/consume-batch", {
      batch_id: "b",
      consumer: "alice",
      format: "csv",
    });
    expect([refused.status, refused.at("code")]).toEqual([409, "contract-not-approved"]);
    expect(await lake.events()).toEqual(before.events);
    expect(await lake.keys()).toEqual(before.keys);
  });
});

describe("a contract that is deprecated at level strict", () => {
  test("takes nothing in any more, and what it has goes on: published, handed out, replayed", async () => {
    const lake = await newLake("strict");
    const about = { contains_pii: true, encryption_enabled: true };
    await lake.done("/datasets", {
      name: "sales",
      schema: { id: "int", amount: "float" },
      ...about,
    });
    const terms = { retention_days: 30, privacy_rules: { id: "hash" } };
    await lake.done("/contracts", { dataset: "sales", contract_id: "c1", ...terms });
    await lake.done("/contracts/c1/approve");
    for (const batch_id of ["a", "b"]) {
      expect((await append(lake, batch_id)).status).toBe(201);
      const proposed = await lake.done("/run-privacy", { batch_id });
      await lake.done(`/run-privacy/${proposed.text("run", "run_id")}/approve`);
    }
    await lake.done("/publish-batch", { batch_id: "a" });
    const deprecated = await lake.done("/contracts/c1/deprecate");
    expect(deprecated.at("contract")).toMatchObject({ status: "deprecated", approver: "local" });
    const refused = await append(lake, "late");
    expect([refused.status, refused.at("code")]).toEqual([409, "contract-deprecated"]);
    await lake.done("/publish-batch", { batch_id: "b" });
    const replayed = await lake.done("/replay", { dataset: "sales" });
    expect(replayed.at("replay"), JSON.stringify(replayed.body)).toMatchObject({
      status: "completed",
      outcomes: [
        { batch_id: "a", outcome: "replayed" },
        { batch_id: "b", outcome: "replayed" },
      ],
    });
    for (const batch_id of ["a", "b"]) {
      await lake.done("/consume-batch", { batch_id, consumer: "alice", format: "csv" });
    }
  });
});

describe("objects that a newer result has replaced", () => {
  test("are deleted by the alarm: only what the batch refers to is left", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    const rules = { amount: { rule: ">0", on_fail: "quarantine_rows" } };
    await lake.done("/run-dq", { batch_id: "b", quality_rules: rules });
    await lake.done("/run-privacy", { batch_id: "b", privacy_rules: { id: "mask" } });
    const first = await lake.keys();
    expect(first).toHaveLength(3);
    await lake.done("/run-dq", { batch_id: "b", quality_rules: rules });
    await lake.done("/run-privacy", { batch_id: "b", privacy_rules: { id: "redact" } });
    await lake.done("/publish-batch", { batch_id: "b" });
    await lake.done("/consume-batch", { batch_id: "b", consumer: "alice", format: "csv" });
    await lake.done("/replay", { dataset: "sales" });
    await eventually(async () => {
      const keys = await lake.keys();
      expect(keys).toEqual(await lake.referenced());
      expect(keys.filter((key) => first.includes(key))).toHaveLength(1);
    });
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
    expect(at((await lake.get("/report")).body, "parked_duties")).toBe(0);
  });
});
