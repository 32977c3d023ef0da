/** An encrypted dataset from its registration to its last reader, in a lake of level strict. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  bucketWith,
  eventually,
  newLake,
  ONLY_A_CHECKPOINT,
  rebind,
  send,
} from "../support/lakeClient.ts";
import {
  anonymizePeople,
  appendPeople,
  fetched,
  NAMES,
  PEOPLE_CSV,
  publishPeople,
  storedTexts,
  strictLake,
  urlOf,
} from "../support/sealedLake.ts";

const LIFE = [
  "DataLakeCreated",
  "DatasetRegistered",
  "DataContractDefined",
  "DataContractApproved",
  "AppendIngestionRequested",
  "DataAppended",
  "SchemaValidated",
  "QualityCheckPassed",
  "PrivacyRunProposed",
  "PrivacyRunApproved",
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
  "DataAnonymized",
  "DataPublished",
  "ReplayCompleted",
];

describe("a strict lake", () => {
  test("takes an encrypted dataset through its whole life", async () => {
    const lake = await strictLake();
    await publishPeople(lake, "b");
    const csv = await fetched(await urlOf(lake, "b"));
    expect(csv.status).toBe(200);
    expect(csv.text).toMatch(/^id,name,amount\n1,[0-9a-f]{64},100\.5\n2,[0-9a-f]{64},40\.5\n$/);
    const rejected = await fetched((await lake.get("/batches/b/quarantine")).text("download_url"));
    expect(JSON.parse(rejected.text)).toMatchObject({ row_number: 3 });
    const replay = await lake.done("/replay", { dataset: "people" });
    expect(replay.at("replay")).toMatchObject({
      status: "completed",
      outcomes: [{ outcome: "replayed" }],
    });
    const types = (await lake.events()).map(({ type }) => type);
    expect(types.filter((type) => !/^QualityCheck/.test(type))).toEqual(
      LIFE.filter((type) => !/^QualityCheck/.test(type)),
    );
    expect((await fetched(await urlOf(lake, "b"))).text).toBe(csv.text);
    const parquet = await fetched(await urlOf(lake, "b", "parquet"));
    expect(parquet.text.slice(0, 4)).toBe("PAR1");
    const file = (await lake.get("/batches/b")).at("published", "files", 0) as { bytes: number };
    expect(parquet.bytes.length).toBe(file.bytes);
  });

  test("is the same when it is evicted from memory between any two steps", async () => {
    const lake = await strictLake();
    await evictDurableObject(lake.stub);
    expect((await appendPeople(lake, "b")).status).toBe(201);
    await evictDurableObject(lake.stub);
    const run = await lake.done("/run-privacy", { batch_id: "b" });
    await evictDurableObject(lake.stub);
    await lake.done(`/run-privacy/${run.text("run", "run_id")}/approve`);
    await evictDurableObject(lake.stub);
    await lake.done("/publish-batch", { batch_id: "b" });
    await evictDurableObject(lake.stub);
    const url = await urlOf(lake, "b");
    await evictDurableObject(lake.stub);
    expect((await fetched(url)).text.split("\n")).toHaveLength(5);
  });

  test("still refuses a dataset without encryption", async () => {
    const lake = await newLake("strict");
    const refused = await lake.post("/datasets", { name: "plain", schema: { id: "int" } });
    expect(refused.status).toBe(422);
    expect(refused.at("code")).toBe("encryption-required");
    expect(await lake.sql("SELECT id FROM keys")).toEqual([{ id: "lake" }]);
  });
});

describe("the objects of an encrypted dataset", () => {
  test("hold in clear neither what was uploaded nor what was made of it", async () => {
    const lake = await strictLake("gdpr");
    await publishPeople(lake, "b");
    const published = (await fetched(await urlOf(lake, "b"))).text;
    const hashes = published.match(/[0-9a-f]{64}/g) ?? [];
    expect(hashes).toHaveLength(2);
    await eventually(async () => {
      const keys = [...(await storedTexts(lake)).keys()];
      expect(keys.filter((key) => key.includes("/landing/"))).toEqual([]);
    });
    const texts = await storedTexts(lake);
    const kinds = [...texts.keys()].map((key) => /raw|clean|quarantine|published/.exec(key)?.[0]);
    expect([...new Set(kinds)].sort()).toEqual(["clean", "published", "quarantine", "raw"]);
    for (const [key, text] of texts) {
      expect(text.slice(0, 4), key).toBe("LSO\u0001");
      for (const clear of [...NAMES, ...hashes, "amount", "PAR1", "row_number"]) {
        expect(text.includes(clear), `${clear} in ${key}`).toBe(false);
      }
    }
    expect(await lake.dump()).not.toContain(NAMES[0]);
  });

  test("cannot be read by the object store's own signed URLs, which are not handed out", async () => {
    const lake = await strictLake();
    await publishPeople(lake, "b");
    expect(await urlOf(lake, "b")).toContain(`http://localhost/lakes/${lake.id}/sealed/`);
    const rejected = (await lake.get("/batches/b/quarantine")).text("download_url");
    expect(rejected).toContain(`http://localhost/lakes/${lake.id}/sealed/`);
  });

  test("do not open in the place of another batch's", async () => {
    const lake = await strictLake();
    for (const batch of ["a", "b"]) expect((await appendPeople(lake, batch)).status).toBe(201);
    const keys = await lake.keys();
    const [a, b] = ["a", "b"].map((batch) => keys.find((key) => key.includes(`/${batch}/1/raw/`)));
    const bytes = await (await env.OBJECTS.get(a ?? ""))?.arrayBuffer();
    await env.OBJECTS.put(b ?? "", bytes ?? "");
    const refused = await lake.post("/run-privacy", { batch_id: "b" });
    expect([refused.status, refused.at("code")]).toEqual([409, "object-damaged"]);
    await lake.done("/run-privacy", { batch_id: "a" });
    // Its raw object and the index of that: nothing was made of it.
    const ofB = (key: string) => key.includes("/batches/b/");
    expect((await lake.keys()).filter(ofB)).toEqual(keys.filter(ofB));
  });

  test("that were cut off are refused before anything is written or sent", async () => {
    const lake = await strictLake();
    await publishPeople(lake, "b");
    const url = await urlOf(lake, "b");
    const keys = await lake.keys();
    for (const key of keys.filter((name) => /\/raw\/|\.csv$/.test(name))) {
      const object = await (await env.OBJECTS.get(key))?.bytes();
      await env.OBJECTS.put(key, object?.subarray(0, object.length - 1) ?? "");
    }
    const read = await fetched(url);
    expect([read.status, read.code]).toEqual([409, "object-damaged"]);
    const replay = await lake.post("/replay", { dataset: "people" });
    expect(replay.status).toBe(202);
    expect(await lake.keys()).toEqual(keys);
  });
});

describe("the upload for an encrypted dataset", () => {
  const landed = async (lake: Awaited<ReturnType<typeof strictLake>>, name: string) =>
    (await env.OBJECTS.head(`lakes/${lake.id}/landing/${name}`)) !== null;

  test("is deleted once a batch has taken it over, also one that does not fit", async () => {
    const lake = await strictLake();
    expect((await appendPeople(lake, "b")).status).toBe(201);
    await lake.land("bad.csv", "id,name,amount\nx,Ada,1\n");
    const bad = { dataset: "people", contract_id: "c1", batch_id: "bad", file_url: "bad.csv" };
    expect((await lake.post("/append-batch", bad)).status).toBe(422);
    await eventually(async () => {
      expect([await landed(lake, "b.csv"), await landed(lake, "bad.csv")]).toEqual([false, false]);
    });
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });

  test("is deleted in the end when the store fails at first: the deletion is owed", async () => {
    const lake = await strictLake();
    await rebind(lake, {
      OBJECTS: bucketWith(async () => {
        throw new Error("the store is down");
      }),
    });
    expect((await appendPeople(lake, "b")).status).toBe(201);
    await eventually(async () => {
      const [duty] = await lake.sql("SELECT * FROM schedule WHERE kind = 'delete_objects'");
      expect(duty).toMatchObject({ attempts: 1, last_error: "Error: the store is down" });
    });
    expect(await landed(lake, "b.csv")).toBe(true);
    await rebind(lake, { OBJECTS: env.OBJECTS });
    await lake.ringFor("delete_objects");
    expect(await landed(lake, "b.csv")).toBe(false);
  });

  test("stays when the append is refused", async () => {
    const lake = await strictLake();
    expect((await appendPeople(lake, "b")).status).toBe(201);
    await eventually(async () => expect(await landed(lake, "b.csv")).toBe(false));
    const again = await appendPeople(lake, "b");
    expect([again.status, again.at("code")]).toEqual([409, "batch-exists"]);
    await lake.ring();
    expect(await landed(lake, "b.csv")).toBe(true);
  });

  test("that took its place before the first was deleted is not lost, and goes unless it is appended", async () => {
    const lake = await strictLake();
    await lake.done("/upload-url", { filename: "b.csv" });
    expect((await appendPeople(lake, "b")).status).toBe(201);
    // Before the alarm: the URL is valid still, and another file comes through it.
    const again = `${PEOPLE_CSV}9,Nina,1.0\n`;
    await lake.land("b.csv", again);
    await lake.ringFor("delete_objects");
    expect(await (await env.OBJECTS.get(`lakes/${lake.id}/landing/b.csv`))?.text()).toBe(again);
    await lake.ringFor("sweep_upload");
    expect(await landed(lake, "b.csv")).toBe(false);
  });

  test("that came under the same name later is another file and stays", async () => {
    const lake = await strictLake();
    expect((await appendPeople(lake, "b")).status).toBe(201);
    await eventually(async () => expect(await landed(lake, "b.csv")).toBe(false));
    await lake.land("b.csv", PEOPLE_CSV);
    const payload = JSON.stringify({
      keys: [`lakes/${lake.id}/landing/b.csv`],
      uploaded_until: new Date(Date.now() - 60_000).toISOString(),
    });
    await lake.sql(
      "INSERT INTO schedule (kind, ref, due_at, payload) VALUES ('delete_objects', 'x', ?, ?)",
      "2020-01-01T00:00:00.000Z",
      payload,
    );
    await lake.ringFor("delete_objects");
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
    expect(await landed(lake, "b.csv")).toBe(true);
  });

  test("of a dataset that is not encrypted stays where it is", async () => {
    const lake = await newLake();
    await lake.done("/datasets", { name: "open", schema: { id: "int" } });
    await lake.done("/contracts", { contract_id: "c", dataset: "open", retention_days: 1 });
    await lake.land("o.csv", "id\n1\n");
    const body = { dataset: "open", contract_id: "c", batch_id: "o", file_url: "o.csv" };
    await lake.done("/append-batch", body);
    await lake.ring();
    expect(await landed(lake, "o.csv")).toBe(true);
  });
});

describe("a dataset whose key was destroyed", () => {
  test("is gone for every reader and every step, said so with 410", async () => {
    const lake = await strictLake();
    await publishPeople(lake, "b");
    expect((await appendPeople(lake, "c")).status).toBe(201);
    await anonymizePeople(lake, "c");
    const url = await urlOf(lake, "b", "parquet");
    const keys = await lake.sql("SELECT id FROM keys ORDER BY id");
    expect(keys).toEqual([{ id: "dataset/people" }, { id: "lake" }]);
    await lake.sql("DELETE FROM keys WHERE id = 'dataset/people'");
    const expectGone = (answer: { status: number }, code: unknown) =>
      expect([answer.status, code]).toEqual([410, "dataset-key-destroyed"]);
    const read = await fetched(url);
    expectGone(read, read.code);
    for (const [route, body] of [
      ["/run-dq", { batch_id: "c", quality_rules: { id: ">0" } }],
      ["/run-privacy", { batch_id: "c" }],
      ["/publish-batch", { batch_id: "c" }],
      ["/consume-batch", { batch_id: "b", consumer: "alice", format: "csv" }],
    ] as const) {
      const refused = await lake.post(route, body);
      expectGone(refused, refused.at("code"));
    }
    const appended = await appendPeople(lake, "d");
    expectGone(appended, appended.at("code"));
    const replay = await lake.done("/replay", { dataset: "people" });
    expect(replay.at("replay")).toMatchObject({
      status: "completed",
      outcomes: [
        { outcome: "skipped", reason: "the key of its dataset was destroyed" },
        { outcome: "skipped", reason: "the key of its dataset was destroyed" },
      ],
    });
  });

  test("does not open under a key that another dataset of the name is given", async () => {
    const lake = await strictLake();
    await publishPeople(lake, "b");
    const url = await urlOf(lake, "b");
    const other = await strictLake();
    const [row] = await other.sql("SELECT wrapped FROM keys WHERE id = 'dataset/people'");
    await lake.sql("UPDATE keys SET wrapped = ? WHERE id = 'dataset/people'", row?.wrapped ?? "");
    const read = await fetched(url);
    expect(read.status).toBe(410);
    expect(read.code).toBe("dataset-key-destroyed");
  });
});

test("a dataset that is not encrypted gets no key and is read from the object store", async () => {
  const lake = await newLake();
  await lake.done("/datasets", { name: "open", schema: { id: "int" } });
  await lake.done("/contracts", { contract_id: "c", dataset: "open", retention_days: 1 });
  await lake.land("o.csv", "id\n1\n");
  const body = { dataset: "open", contract_id: "c", batch_id: "o", file_url: "o.csv" };
  await lake.done("/append-batch", body);
  await lake.done("/publish-batch", { batch_id: "o" });
  expect(await urlOf(lake, "o")).toContain("/cdn-cgi/local/r2/s3/");
  expect(await lake.sql("SELECT id FROM keys")).toEqual([{ id: "lake" }]);
  expect((await send(`/lakes/${lake.id}/datasets/open`)).at("encryption_enabled")).toBe(false);
});
