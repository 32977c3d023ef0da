/** A person is taken out of files of every format, of encrypted ones, and of one that was lost. */
import { env } from "cloudflare:workers";
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LOOKS_AFTER_MS } from "../../src/domain/deletion/missed.ts";
import {
  appendPeople,
  csvOf,
  forget,
  holding,
  JANE,
  peopleLake,
  requestErasure,
  until,
  WITH_JANE,
  WITHOUT_JANE,
} from "../support/erasureLake.ts";
import { inTheEnd, type Lake, typesOf } from "../support/lakeClient.ts";
import {
  appendPeople as appendSealed,
  NAMES,
  publishPeople,
  strictLake,
} from "../support/sealedLake.ts";

const ROWS = [
  [1, "anna", 10],
  [2, JANE, 20],
  [3, "otto", 30],
  [4, JANE, 40],
] as const;

const jsonl = (rows: readonly (readonly [number, string, number])[]): string =>
  rows.map(([id, person, amount]) => `${JSON.stringify({ id, person, amount })}\n`).join("");

const parquet = (): ArrayBuffer =>
  parquetWriteBuffer({
    columnData: [
      { name: "id", data: ROWS.map(([id]) => BigInt(id)), type: "INT64" },
      { name: "person", data: ROWS.map(([, person]) => person), type: "STRING" },
      { name: "amount", data: ROWS.map(([, , amount]) => amount), type: "DOUBLE" },
    ],
  });

/** The one raw object of a batch. */
const rawOf = async (lake: Lake, batch_id: string): Promise<ArrayBuffer> => {
  const keys = (await lake.keys()).filter((key) => key.includes(`/batches/${batch_id}/`));
  const raw = keys.filter((key) => key.includes("/raw/") && !key.endsWith(".subjects"));
  expect(raw).toHaveLength(1);
  return (await (await env.OBJECTS.get(raw[0] ?? ""))?.arrayBuffer()) ?? new ArrayBuffer(0);
};

const published = async (lake: Lake, batch_id: string): Promise<void> => {
  await lake.done("/run-dq", { batch_id, quality_rules: { amount: ">0" } });
  await lake.done("/run-privacy", { batch_id, privacy_rules: { person: "hash" } });
  await lake.done("/publish-batch", { batch_id });
};

describe("erasing a person", () => {
  test("from JSON Lines leaves the other lines as they were", async () => {
    const lake = await peopleLake();
    expect((await appendPeople(lake, "b", jsonl(ROWS), "b.jsonl")).status).toBe(201);
    await published(lake, "b");
    const id = await forget(lake);
    const left = ROWS.filter(([, person]) => person !== JANE);
    expect(new TextDecoder().decode(await rawOf(lake, "b"))).toBe(jsonl(left));
    expect((await lake.get("/batches/b")).at("published", "rows")).toBe(2);
    expect((await lake.get(`/deletions/${id}`)).at("erasure", "rows_removed")).toBe(2);
    expect(await holding(lake, JANE)).toEqual([]);
  });

  test("from Parquet leaves a table of the other rows", async () => {
    const lake = await peopleLake();
    expect((await appendPeople(lake, "b", parquet(), "b.parquet")).status).toBe(201);
    await published(lake, "b");
    const id = await forget(lake);
    const rows = await parquetReadObjects({ file: await rawOf(lake, "b") });
    expect(rows.map(({ id: of, person }) => [Number(of), person])).toEqual([
      [1, "anna"],
      [3, "otto"],
    ]);
    expect((await lake.get("/batches/b")).at("published", "rows")).toBe(2);
    expect((await lake.get(`/deletions/${id}`)).at("erasure", "rows_removed")).toBe(2);
    expect(await holding(lake, JANE)).toEqual([]);
  });

  test("from files of an 8-bit encoding, appended or not, leaves the others as they were", async () => {
    const lake = await peopleLake();
    const latin = (text: string) => Uint8Array.from(text, (sign) => sign.charCodeAt(0)).buffer;
    const csv = "id,person,amount\n1,Müller,2\n2,Müllers,3\n";
    expect((await appendPeople(lake, "b", latin(csv))).status).toBe(422);
    await lake.land("theirs.csv", latin(csv));
    await lake.land("others.csv", latin("id,person\n2,Müllers\n"));
    await forget(lake, "Müller");
    const left = latin("id,person,amount\n2,Müllers,3\n");
    expect(new Uint8Array(await rawOf(lake, "b"))).toEqual(new Uint8Array(left));
    const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/landing/` });
    expect(objects.map(({ key }) => key.split("/").at(-1))).toEqual(["others.csv"]);
  });

  test("from an encrypted dataset leaves no byte of them, sealed or not", async () => {
    const lake = await strictLake();
    await publishPeople(lake, "b");
    expect((await appendSealed(lake, "raw")).status).toBe(201);
    const before = await lake.keys();
    const [ada = ""] = NAMES;
    const id = await forget(lake, ada);
    const after = await lake.keys();
    // The one row that was rejected is another person's: it stays where it is.
    const kept = after.filter((key) => before.includes(key) && /\/(batches|published)\//.test(key));
    expect(kept.map((key) => key.split("/")[5])).toEqual(["quarantine"]);
    expect((await lake.get("/batches/raw")).at("rows")).toBe(2);
    expect((await lake.get("/batches/b")).at("state")).toBe("published");
    expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({
      erasure: { rows_removed: 2, batches: { hit: 2 } },
    });
    // Landed uploads are in clear until they are swept: hers are gone.
    expect(await holding(lake, ada)).toEqual([]);
  });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Another batch and the lost one hold the person; everything but the lost one is erased. */
const begun = async (prepare: (lake: Lake) => Promise<void> = async () => {}) => {
  const lake = await peopleLake();
  await appendPeople(lake, "lost", WITH_JANE);
  await appendPeople(lake, "kept", WITH_JANE);
  await prepare(lake);
  const raw = (await lake.keys()).filter((key) => /\/batches\/lost\/.*\.csv$/.test(key));
  expect(raw).toHaveLength(1);
  await env.OBJECTS.delete([...raw]);
  const id = await requestErasure(lake);
  await lake.post(`/deletions/${id}/execute`);
  await missedTimes(lake, id, 1);
  return { lake, id, key: raw[0] ?? "" };
};

/** Rings until the file was looked for so often; resolves to when it is looked for next. */
const missedTimes = async (lake: Lake, id: string, times: number): Promise<number> => {
  let next = 0;
  await inTheEnd(async () => {
    await lake.ring();
    const shown = await lake.get(`/deletions/${id}`);
    expect(shown.at("erasure", "missing")).toMatchObject([{ batch_id: "lost", times }]);
    next = Date.parse(shown.text("erasure", "missing", 0, "next_at"));
  });
  return next;
};

/** Only `Date` is faked: the platform's own timers and alarms go on. */
const travel = (time: number) => vi.useFakeTimers({ toFake: ["Date"], now: time });

describe("a batch whose file cannot be had", () => {
  test("keeps its other rows when the file is there again", async () => {
    const { lake, id, key } = await begun();
    await inTheEnd(async () => {
      await lake.ring();
      expect((await lake.get("/batches/kept")).at("rows")).toBe(2);
    });
    expect((await lake.get("/batches/lost")).at("state")).toBe("appended");
    await env.OBJECTS.put(key, WITH_JANE);
    travel(await missedTimes(lake, id, 1));
    await until(lake, id, "completed");
    expect((await lake.get("/batches/lost")).body).toMatchObject({ state: "appended", rows: 2 });
    const certificate = await lake.get(`/deletions/${id}/certificate`);
    expect(certificate.at("certificate", "facts", "destroyed")).toEqual([]);
    expect(await holding(lake, JANE)).toEqual([]);
  });

  test("is destroyed once it was looked for often enough, and the certificate says how", async () => {
    const { lake, id } = await begun();
    for (const [looks] of LOOKS_AFTER_MS.entries()) {
      travel(await missedTimes(lake, id, looks + 1));
    }
    await until(lake, id, "completed");
    const certificate = await lake.get(`/deletions/${id}/certificate`);
    const looked_for = { times: LOOKS_AFTER_MS.length + 1, first_at: expect.any(String) };
    expect(certificate.at("certificate", "facts")).toMatchObject({
      destroyed: [{ batch_id: "lost", dataset: "people", reason: "missing", looked_for }],
      rows_removed: expect.any(Number),
    });
    const [event] = (await lake.events()).filter(({ type }) => type === "BatchDestroyed");
    expect(event).toMatchObject({ data: { reason: "missing", looked_for } });
    expect((await lake.get("/batches/lost")).at("state")).toBe("expired");
    expect((await lake.get("/batches/kept")).at("rows")).toBe(2);
    expect(await holding(lake, JANE)).toEqual([]);
  });
});

describe("what was published of a file that is lost", () => {
  const publish = (rules: object) => async (lake: Lake) => {
    await lake.done("/run-privacy", { batch_id: "lost", privacy_rules: rules });
    await lake.done("/publish-batch", { batch_id: "lost" });
    await lake.done("/consume-batch", { batch_id: "lost", consumer: "alice", format: "csv" });
  };

  const forgotten = async (rules: object) => {
    const { lake, id } = await begun(publish(rules));
    for (const [looks] of LOOKS_AFTER_MS.entries()) {
      travel(await missedTimes(lake, id, looks + 1));
    }
    await until(lake, id, "completed");
    const certificate = await lake.get(`/deletions/${id}/certificate`);
    const facts = certificate.at("certificate", "facts");
    return { lake, facts, batch: await lake.get("/batches/lost") };
  };

  test.each([
    ["is what it was", { id: "mask" }],
    ["is a hash", { person: "hash" }],
  ])("stays, without the person, where the column that names them %s", async (_, rules) => {
    const { lake, facts, batch } = await forgotten(rules);
    expect(batch.body).toMatchObject({
      state: "published",
      published: { rows: 2, files: [{ format: "parquet" }, { format: "csv", rows: 2 }] },
    });
    const times = LOOKS_AFTER_MS.length + 1;
    expect(facts).toMatchObject({
      destroyed: [],
      lost_files: [{ batch_id: "lost", dataset: "people", looked_for: { times } }],
      rows_removed: 2,
      verification: { rows_found: 0 },
    });
    expect(await holding(lake, JANE)).toEqual([]);
    await lake.done("/consume-batch", { batch_id: "lost", consumer: "alice", format: "parquet" });
    // The next person is taken out of it at once: nobody looks for the file again.
    vi.useRealTimers();
    travel(Date.now() + 86_400_000);
    await forget(lake, "anna");
    expect((await lake.get("/batches/lost")).at("published", "rows")).toBe(1);
    const left = (await lake.keys()).filter((key) => /\/(batches\/lost|published)\//.test(key));
    expect(await lake.referenced()).toEqual(expect.arrayContaining([...left]));
  });

  test("goes where nobody can be told from others in it any more", async () => {
    const { facts, batch } = await forgotten({ person: "redact" });
    expect(batch.at("state")).toBe("expired");
    expect(facts).toMatchObject({ destroyed: [{ batch_id: "lost" }], lost_files: [] });
  });
});

describe("an object that was lost besides the file itself", () => {
  const loseAndForget = async (which: RegExp): Promise<void> => {
    const lake = await peopleLake({ privacy_rules: { person: "redact" } });
    const quality_rules = { amount: { rule: ">15", on_fail: "quarantine_rows" } };
    for (const batch_id of ["with", "without"]) {
      await appendPeople(lake, batch_id, batch_id === "with" ? WITH_JANE : WITHOUT_JANE);
      await lake.done("/run-dq", { batch_id, quality_rules });
      await lake.done("/run-privacy", { batch_id });
      await lake.done("/publish-batch", { batch_id });
      await lake.done("/consume-batch", { batch_id, consumer: "alice", format: "csv" });
    }
    const lost = (await lake.keys()).filter((key) => which.test(key));
    expect(lost.length).toBeGreaterThanOrEqual(2);
    await env.OBJECTS.delete([...lost]);
    const id = await forget(lake);
    expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({
      erasure: { rows_removed: 1, batches: { hit: 1 }, verification: { rows_found: 0 } },
    });
    expect((await lake.get("/batches/with")).body).toMatchObject({
      state: "published",
      rows: 2,
      published: { rows: 1, files: [{ format: "parquet" }, { format: "csv" }] },
    });
    expect(await holding(lake, JANE)).toEqual([]);
  };

  test.each([
    ["an index: the batch is opened to see", /\.subjects$/],
    ["what the privacy run had made: it is derived anew", /\/clean\//],
    ["what was published: it is derived anew", /\/published\/.*\.(parquet|csv)$/],
    ["rejected rows: the batch goes on without them", /\/quarantine\//],
  ])("is no reason to stop: %s", async (_, which) => {
    await loseAndForget(which);
  });
});

describe("data of a person who was erased that comes again", () => {
  const again = csvOf([1, "anna", 10], [2, JANE, 20]);

  test("is taken with a warning at level gdpr", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b");
    await forget(lake);
    const answer = await appendPeople(lake, "later", again);
    expect(answer.status).toBe(201);
    expect(typesOf(answer)).toContain("ErasedSubjectReappeared");
    expect(answer.text("warnings")).toContain("erased at their request");
    expect((await lake.get("/batches/later")).at("state")).toBe("appended");
  });

  test("is in quarantine at level strict until somebody decides", async () => {
    const lake = await strictLake();
    const [ada = ""] = NAMES;
    await appendSealed(lake, "b");
    await forget(lake, ada);
    const answer = await appendSealed(lake, "later");
    expect(answer.status).toBe(201);
    expect(typesOf(answer)).toEqual(
      expect.arrayContaining(["ErasedSubjectReappeared", "BatchQuarantined"]),
    );
    expect((await lake.get("/batches/later")).body).toMatchObject({
      state: "quarantined",
      quarantine: { cause: "erased_subject" },
    });
    expect((await lake.post("/publish-batch", { batch_id: "later" })).status).toBe(409);
    // Whoever is erased may come back; then a person says so.
    await lake.done("/release-batch", { batch_id: "later", reason: "a customer again" });
    expect((await lake.get("/batches/later")).at("state")).toBe("appended");
  });
});
