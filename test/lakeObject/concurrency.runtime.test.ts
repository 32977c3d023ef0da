/** Many at once, the same twice, answers that are lost, and commands that are refused. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { appendBatch, checkQuality, publishBatch } from "../../src/application/work/batchWork.ts";
import type { Workshop } from "../../src/application/work/workshop.ts";
import type { BatchId, ContractId, DatasetName } from "../../src/domain/ids.ts";
import { r2ObjectStore } from "../../src/storage/r2ObjectStore.ts";
import {
  type Answer,
  append,
  eventually,
  type Lake,
  lakeOf,
  newLake,
  ONLY_A_CHECKPOINT,
  SALES_CSV,
  salesLake,
  send,
  sendJson,
} from "../support/lakeClient.ts";
import { workshopOver } from "../support/workshopOver.ts";

const statuses = (answers: readonly { status: number }[]) =>
  answers.map(({ status }) => status).sort();

describe("the same batch appended many times at once", () => {
  test("is appended once: one 201, the rest 409, and no object but the winner's is left", async () => {
    const lake = await salesLake();
    const files = Array.from({ length: 8 }, (_, index) => `f${index}.csv`);
    for (const file of files) await lake.land(file, SALES_CSV);
    const answers = await Promise.all(
      files.map((file_url) =>
        lake.post("/append-batch", {
          dataset: "sales",
          contract_id: "c1",
          batch_id: "b",
          file_url,
        }),
      ),
    );
    expect(statuses(answers)).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    const keys = await lake.keys();
    expect(keys).toHaveLength(1);
    expect(keys).toEqual(await lake.referenced());
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
    expect((await lake.events()).filter(({ type }) => type === "DataAppended")).toHaveLength(1);
  });

  test("under one Idempotency-Key is one effect and one answer", async () => {
    const lake = await salesLake();
    await lake.land("f.csv", SALES_CSV);
    const body = { dataset: "sales", contract_id: "c1", batch_id: "b", file_url: "f.csv" };
    const answers = await Promise.all(
      Array.from({ length: 16 }, () =>
        lake.post("/append-batch", body, { "Idempotency-Key": "k" }),
      ),
    );
    expect(statuses(answers)).toEqual(Array(16).fill(201));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const replayed = answers.filter(
      ({ headers }) => headers.get("Idempotency-Replayed") === "true",
    );
    expect(replayed).toHaveLength(15);
    expect(await lake.keys()).toEqual(await lake.referenced());
    expect(await lake.keys()).toHaveLength(1);
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });
});

describe("an Idempotency-Key", () => {
  test("sent sixteen times at once has one effect and one answer, for every kind of command", async () => {
    const lake = await newLake("gdpr");
    const many = (route: string, body: unknown) =>
      Promise.all(
        Array.from({ length: 16 }, () => lake.post(route, body, { "Idempotency-Key": route })),
      );
    const head = async () => (await lake.events()).length;
    for (const [route, body, status, events] of [
      ["/datasets", { name: "d", schema: { id: "int" }, contains_pii: true }, 201, 1],
      ["/contracts", { dataset: "d", retention_days: 1 }, 201, 1],
      [
        "/ingest-dataset",
        { dataset_id: "d", source: "s", record_count: 1, contains_pii: true },
        200,
        1,
      ],
      [
        "/audit-access",
        { accessor_id: "a", dataset_id: "d", action: "read", purpose: "p" },
        201,
        1,
      ],
      ["/upload-url", { filename: "f.csv" }, 200, 1],
      ["/deletions", { subject_id: "s", reason: "r", requested_by: "o" }, 201, 1],
      ["/replay", { dataset: "d" }, 200, 2],
      ["/datasets/d/deprecate", undefined, 200, 1],
    ] as const) {
      const before = await head();
      const answers = await many(route, body);
      expect(statuses(answers), route).toEqual(Array(16).fill(status));
      expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size, route).toBe(1);
      expect((await head()) - before, route).toBe(events);
      // And again later, when the state has moved on.
      const again = await lake.post(route, body, { "Idempotency-Key": route });
      expect(again.status).toBe(status);
      expect(again.body).toEqual(answers[0]?.body);
      expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    }
  });

  test("that comes back with another body or another route is refused", async () => {
    const lake = await newLake();
    const key = { "Idempotency-Key": "k" };
    const body = { name: "d", schema: { id: "int", at: "date" }, description: "x" };
    expect((await lake.post("/datasets", body, key)).status).toBe(201);
    // The same content in another order is the same.
    const reordered = { schema: { id: "int", at: "date" }, description: "x", name: "d" };
    expect((await lake.post("/datasets", reordered, key)).headers.get("Idempotency-Replayed")).toBe(
      "true",
    );
    for (const [route, other] of [
      ["/datasets", { ...body, description: "y" }],
      ["/datasets", { ...body, name: "e" }],
      ["/contracts", { dataset: "d", retention_days: 1 }],
      ["/append-batch", { dataset: "d", contract_id: "c", batch_id: "b", file_url: "f.csv" }],
    ] as const) {
      const refused = await lake.post(route, other, key);
      expect(refused.status).toBe(422);
      expect(refused.at("code")).toBe("idempotency-key-reused");
    }
    expect((await lake.events()).length).toBe(2);
  });

  test("is free again when the command was refused", async () => {
    const lake = await newLake();
    const key = { "Idempotency-Key": "k" };
    const contract = { dataset: "d", retention_days: 1 };
    expect((await lake.post("/contracts", contract, key)).status).toBe(404);
    await lake.done("/datasets", { name: "d", schema: { id: "int" } });
    const answer = await lake.post("/contracts", contract, key);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("Idempotency-Replayed")).toBeNull();
  });

  test("of a signed URL gives the same URL again", async () => {
    const lake = await newLake();
    const key = { "Idempotency-Key": "k" };
    const first = await lake.post("/upload-url", { filename: "f.csv" }, key);
    const second = await lake.post("/upload-url", { filename: "f.csv" }, key);
    expect(second.text("upload_url")).toBe(first.text("upload_url"));
    expect(await lake.dump()).not.toContain("X-Amz-Signature");
  });

  test("makes one lake of a creation that is sent twice, with an id or without", async () => {
    const body = { name: "x", region: "eu", compliance_level: "standard" };
    for (const named of [{ ...body, lake_id: `twice-${crypto.randomUUID()}` }, body]) {
      const key = { "Idempotency-Key": crypto.randomUUID() };
      const first = await sendJson("POST", "/lakes", named, key);
      const second = await sendJson("POST", "/lakes", named, key);
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(second.at("lake", "lake_id")).toBe(first.at("lake", "lake_id"));
      expect(second.headers.get("Idempotency-Replayed")).toBe("true");
      const other = await sendJson("POST", "/lakes", { ...named, name: "y" }, key);
      expect(other.status).toBe(422);
    }
  });
});

describe("commands at once", () => {
  test("that create the same thing create it once", async () => {
    const lake = lakeOf(`at-once-${crypto.randomUUID()}`);
    const sixteen = (make: (index: number) => Promise<Answer>) =>
      Promise.all(Array.from({ length: 16 }, (_, index) => make(index)));
    const body = { lake_id: lake.id, name: "x", region: "eu", compliance_level: "gdpr" };
    const lakes = await sixteen(() => sendJson("POST", "/lakes", body));
    expect(statuses(lakes)).toEqual([201, ...Array(15).fill(409)]);
    const dataset = { name: "d", schema: { id: "int" }, contains_pii: false };
    const datasets = await sixteen(() => lake.post("/datasets", dataset));
    expect(statuses(datasets)).toEqual([201, ...Array(15).fill(409)]);
    const subject = { subject_id: "s", reason: "r", requested_by: "o" };
    const deletions = await sixteen(() => lake.post("/deletions", subject));
    expect(statuses(deletions)).toEqual([...Array(15).fill(200), 201]);
    expect(new Set(deletions.map((answer) => answer.text("deletion", "deletion_id"))).size).toBe(1);
    expect((await lake.events()).length).toBe(3);
    // What has no name of its own gets one each.
    const contract = { dataset: "d", retention_days: 1 };
    const contracts = await sixteen(() => lake.post("/contracts", contract));
    const names = contracts.map((answer) => answer.text("contract", "contract_id")).sort();
    expect(names).toEqual(Array.from({ length: 16 }, (_, index) => `contract${index + 1}`).sort());
  });

  test("on one batch are done or refused, never an error, and leave it whole", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    const rules = { amount: { rule: ">0", on_fail: "quarantine_rows" } };
    const masked = { batch_id: "b", privacy_rules: { id: "mask" } };
    await lake.done("/run-privacy", masked);
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all([
        lake.post("/run-dq", { batch_id: "b", quality_rules: rules }),
        lake.post("/run-privacy", masked),
        lake.post("/publish-batch", { batch_id: "b" }),
        lake.post("/run-privacy", { batch_id: "b", privacy_rules: { id: "redact" } }),
        lake.post("/replay", { dataset: "sales" }),
        lake.post("/consume-batch", { batch_id: "b", consumer: "x", format: "csv" }),
        lake.post("/run-dq", { batch_id: "b" }),
      ]);
      for (const answer of answers) {
        expect([200, 202, 409], JSON.stringify(answer.body)).toContain(answer.status);
      }
    }
    await lake.done("/publish-batch", { batch_id: "b" });
    await eventually(async () => {
      await lake.ringFor("replay_step");
      expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
      expect(await lake.keys()).toEqual(await lake.referenced());
    });
  });
});

describe("one If-Match from 32 clients at once", () => {
  test("lets exactly one of them through, and tells the others where things stand", async () => {
    const lake = await newLake("standard");
    await lake.done("/datasets", { name: "d", schema: { id: "int" } });
    const ETag = (await lake.get("/datasets/d")).headers.get("ETag") ?? "";
    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, n) =>
        lake.post(
          "/ingest-dataset",
          { dataset_id: "d", source: `s3://${n}`, record_count: 1, contains_pii: false },
          { "If-Match": ETag, "Idempotency-Key": `client-${n}` },
        ),
      ),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 31 }, () => 412)]);
    const events = await lake.events();
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    // A refusal holds no key: the same client may try again with what it knows now.
    const loser = answers.findIndex(({ status }) => status === 412);
    const again = await lake.post(
      "/ingest-dataset",
      { dataset_id: "d", source: `s3://${loser}`, record_count: 1, contains_pii: false },
      { "If-Match": '"2"', "Idempotency-Key": `client-${loser}` },
    );
    expect(again.status).toBe(200);
  });
});

describe("commands that are committed together", () => {
  test("are not touched by one among them that the storage refuses", async () => {
    const lake = await newLake("standard");
    for (const name of ["good", "bad"]) {
      await lake.done("/datasets", { name, schema: { id: "int" } });
    }
    await lake.sql(
      `CREATE TRIGGER broken BEFORE INSERT ON events
       WHEN NEW.stream = 'access' AND NEW.dataset = 'bad' BEGIN SELECT RAISE(ABORT, 'bug'); END`,
    );
    const audit = (dataset_id: string, n: number) =>
      lake.post("/audit-access", {
        accessor_id: `a${n}`,
        dataset_id,
        action: "read",
        purpose: "p",
      });
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, n) => audit(n % 8 === 5 ? "bad" : "good", n)),
    );
    expect(answers.map(({ status }) => status)).toEqual(
      Array.from({ length: 24 }, (_, n) => (n % 8 === 5 ? 500 : 201)),
    );
    const events = await lake.sql("SELECT seq, stream_version FROM events WHERE stream = 'access'");
    expect(events.map(({ stream_version }) => stream_version)).toEqual(
      Array.from({ length: 21 }, (_, n) => n + 1),
    );
    // Each was told the seq that its own event has.
    const told = answers
      .filter(({ status }) => status === 201)
      .map((answer) => (answer.at("events") as { seq: number }[])[0]?.seq);
    expect(told.toSorted((a, b) => Number(a) - Number(b))).toEqual(events.map(({ seq }) => seq));
  });
});

describe("work on an object that is replaced under it", () => {
  test("is refused as a conflict, not as an error, and leaves nothing behind", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    await lake.done("/run-privacy", { batch_id: "b", privacy_rules: { id: "mask" } });
    const overtaken = workshopOver(r2ObjectStore(env.OBJECTS), lake.gateway, ({ copy }) => ({
      copy: async (source, target) => {
        await lake.done("/run-privacy", { batch_id: "b", privacy_rules: { id: "redact" } });
        await eventually(async () => expect(await lake.keys()).not.toContain(source.key));
        return copy(source, target);
      },
    }));
    const outcome = await publishBatch(overtaken, lake.call(), {
      kind: "publish",
      batch_id: "b" as BatchId,
    });
    expect(outcome).toMatchObject({ ok: false, error: { reason: "wrong_state" } });
    expect(await lake.keys()).toEqual(await lake.referenced());
    await lake.done("/publish-batch", { batch_id: "b" });
  });
});

describe("a file that no longer fits", () => {
  test("is answered 422 with the reasons, and so it is when the same command comes again", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    const schema = { id: "int", amount: "date" };
    await lake.put("/contracts/c1", { retention_days: 1, schema });
    for (const [route, rules] of [
      ["/run-dq", { quality_rules: { id: ">0" } }],
      ["/run-privacy", { privacy_rules: { id: "mask" } }],
    ] as const) {
      // The batch keeps the schema it was found to fit, until a replay asks for the new one.
      expect((await lake.post(route, { batch_id: "b", ...rules })).status).toBe(200);
    }
    await lake.done("/replay", { dataset: "sales" });
    // What does not fit is released once its contract has changed, to whatever.
    await lake.put("/contracts/c1", { retention_days: 2, schema });
    await lake.done("/release-batch", { batch_id: "b", reason: "have another look" });
    const key = { "Idempotency-Key": "k" };
    const body = { batch_id: "b", quality_rules: { id: ">0" } };
    const first = await lake.post("/run-dq", body, key);
    expect([first.status, first.at("code")]).toEqual([422, "does-not-fit"]);
    expect((first.at("errors") as unknown[]).length).toBeGreaterThan(0);
    const second = await lake.post("/run-dq", body, key);
    expect(second.status).toBe(422);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("Idempotency-Replayed")).toBe("true");
    // An append that does not fit is answered again alike.
    await lake.land("m.csv", "id\nx\n");
    const misfit = { dataset: "sales", contract_id: "c1", batch_id: "m", file_url: "m.csv" };
    const appended = await lake.post("/append-batch", misfit, { "Idempotency-Key": "m" });
    const again = await lake.post("/append-batch", misfit, { "Idempotency-Key": "m" });
    expect([appended.status, again.status]).toEqual([422, 422]);
    expect(again.body).toEqual(appended.body);
  });
});

describe("an answer that is lost on its way", () => {
  const request = {
    kind: "append",
    dataset: "sales" as DatasetName,
    contract_id: "c1" as ContractId,
    batch_id: "b" as BatchId,
    file_url: "b.csv",
    format: "csv",
  } as const;

  /** A machine whose connection to the lake breaks when a command is sent. */
  const workshop = (lake: Lake, reaches: boolean): Workshop => {
    const { gateway } = lake;
    return workshopOver(r2ObjectStore(env.OBJECTS), {
      open: (call, work) => gateway.open(call, work),
      abandon: (call, id) => gateway.abandon(call, id),
      ask: (call, question) => gateway.ask(call, question),
      command: async (call, command, options) => {
        if (reaches) await gateway.command(call, command, options);
        throw new Error("connection lost");
      },
    });
  };

  test("does not cost the batch its object: what was committed stays whole", async () => {
    const lake = await salesLake();
    await lake.land("b.csv", SALES_CSV);
    const lost = async () => appendBatch(workshop(lake, true), lake.call(), request);
    await expect(lost()).rejects.toThrow("connection lost");
    expect((await lake.get("/batches/b")).at("state")).toBe("appended");
    expect(await lake.keys()).toEqual(await lake.referenced());
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
    await lake.done("/publish-batch", { batch_id: "b" });
  });

  test("leaves no object that nobody refers to, although nothing can be deleted after it", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    await lake.done("/run-privacy", { batch_id: "b", privacy_rules: { id: "mask" } });
    let recorded = false;
    const { lake: gateway, ...shop } = workshop(lake, true);
    const dying: Workshop = {
      ...shop,
      store: {
        ...shop.store,
        delete: async (keys) => {
          if (recorded) throw new Error("the machine has died");
          await shop.store.delete(keys);
        },
      },
      lake: {
        ...gateway,
        command: async (...command) => {
          const outcome = await lake.gateway.command(...command);
          recorded = true;
          return outcome;
        },
      },
    };
    // The check fails, so the rows that were anonymised again on the way are not needed.
    const rules = { amount: ">0" };
    await checkQuality(dying, lake.call(), { kind: "quality", batch_id: request.batch_id, rules });
    expect((await lake.get("/batches/b")).at("state")).toBe("quarantined");
    expect(await lake.keys()).toEqual(await lake.referenced());
  });

  test("leaves to the sweep what was never committed", async () => {
    const lake = await salesLake();
    await lake.land("b.csv", SALES_CSV);
    const lost = async () => appendBatch(workshop(lake, false), lake.call(), request);
    await expect(lost()).rejects.toThrow("connection lost");
    expect((await lake.get("/batches/b")).status).toBe(404);
    await lake.ringFor("sweep_attempt");
    await eventually(async () => expect(await lake.keys()).toEqual([]));
  });
});

describe("a command that is refused", () => {
  test("leaves no event, no row in any table, and no object", async () => {
    const lake = await salesLake({ quality_rules: { amount: ">0" } }, "gdpr");
    await append(lake, "b");
    await lake.land("f.csv", SALES_CSV);
    await lake.land("broken.parquet", "PAR1 not really");
    await lake.stub.settle();
    const before = { tables: await lake.dump(), keys: await lake.keys() };
    const key = () => ({ "Idempotency-Key": crypto.randomUUID() });
    const append2 = { dataset: "sales", contract_id: "c1", batch_id: "b2", file_url: "f.csv" };
    for (const [route, body, status] of [
      ["/compliance-level", { compliance_level: "standard" }, 409],
      ["/datasets", { name: "sales", schema: { id: "int" } }, 409],
      ["/datasets", { name: "x", schema: { id: "int" }, subject_column: "no" }, 422],
      ["/contracts", { dataset: "nope", retention_days: 1 }, 404],
      ["/contracts", { dataset: "sales", retention_days: 1, quality_rules: { amount: "~5" } }, 422],
      ["/ingest-dataset", { dataset_id: "new", source: "s", record_count: 1 }, 422],
      ["/append-batch", { ...append2, dataset: "nope" }, 404],
      ["/append-batch", { ...append2, contract_id: "nope" }, 404],
      ["/append-batch", { ...append2, file_url: "nope.csv" }, 404],
      ["/append-batch", { ...append2, file_url: "broken.parquet" }, 415],
      ["/append-batch", { ...append2, batch_id: "b" }, 409],
      ["/run-dq", { batch_id: "b", quality_rules: { nope: ">0" } }, 422],
      ["/run-dq", { batch_id: "nope" }, 404],
      ["/run-privacy", { batch_id: "b", privacy_rules: { id: "scramble" } }, 422],
      ["/publish-batch", { batch_id: "b" }, 409],
      ["/consume-batch", { batch_id: "b", consumer: "x", format: "csv" }, 409],
      ["/release-batch", { batch_id: "b", reason: "r" }, 409],
      ["/replay", { dataset: "nope" }, 404],
      ["/replay", { dataset: "sales", batch_id: "nope" }, 404],
      [
        "/audit-access",
        { accessor_id: "a", dataset_id: "nope", action: "read", purpose: "p" },
        404,
      ],
      ["/download-url", { filename: "nope.csv" }, 404],
      ["/deletions/nope/extend", { reason: "r" }, 404],
      [
        "/deletions",
        { subject_id: "s", reason: "r", requested_by: "o", received_at: "2001-01-01T00:00:00Z" },
        422,
      ],
      ["/publish-batch", { batch_id: "b", extra: 1 }, 422],
    ] as const) {
      const answer = await lake.post(route, body, key());
      expect(answer.status, `${route} ${JSON.stringify(answer.body)}`).toBe(status);
    }
    const stale = { "If-Match": '"77"' };
    expect(
      (await lake.post("/quarantine-batch", { batch_id: "b", reason: "r" }, stale)).status,
    ).toBe(412);
    expect((await lake.post("/run-dq", { batch_id: "b" }, stale)).status).toBe(412);
    expect((await lake.get("/batches/b/quarantine")).status).toBe(404);
    expect((await lake.get("/deletions/nope?reveal=true")).status).toBe(404);
    expect(await lake.dump()).toBe(before.tables);
    expect(await lake.keys()).toEqual(before.keys);
  });

  test("in a standard lake leaves no key of the person it is about", async () => {
    const lake = await newLake();
    const body = { subject_id: "s", reason: "r", requested_by: "o" };
    const refused = await lake.post("/deletions", body);
    expect(refused.status).toBe(422);
    expect(refused.text("detail")).toContain("/compliance-level");
    await lake.done("/datasets", { name: "d", schema: { id: "int" } });
    expect(await lake.sql("SELECT id FROM keys")).toEqual([{ id: "lake" }]);
  });

  test("by the storage itself leaves no key behind for the next one to write", async () => {
    const lake = await newLake("gdpr");
    await lake.sql(
      "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk'); END",
    );
    const body = { subject_id: "s", reason: "r", requested_by: "o" };
    const failed = await lake.post("/deletions", body);
    expect(failed.status).toBe(500);
    expect(JSON.stringify(failed.body)).not.toMatch(/disk|SQL|at \w+ \(/);
    await lake.sql("DROP TRIGGER broken");
    await lake.done("/datasets", { name: "d", schema: { id: "int" } });
    expect(await lake.sql("SELECT id FROM keys")).toEqual([{ id: "lake" }]);
    expect((await lake.get("/deletions")).at("items")).toEqual([]);
    expect((await lake.post("/deletions", body)).status).toBe(201);
  });
});

describe("commands of different lakes", () => {
  test("do not see each other's things, keys or answers", async () => {
    const [one, two] = [await newLake("gdpr"), await newLake("gdpr")];
    const key = { "Idempotency-Key": "same" };
    const body = { subject_id: "s", reason: "r", requested_by: "o" };
    const answers = [
      await one.post("/deletions", body, key),
      await two.post("/deletions", body, key),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const [ref1, ref2] = answers.map((answer) => answer.text("deletion", "subject_ref"));
    expect(ref1).not.toBe(ref2);
    const id = answers[0]?.text("deletion", "deletion_id");
    expect((await two.get(`/deletions/${id}`)).status).toBe(404);
    expect((await send(`/lakes/${one.id}/deletions/${id}`)).status).toBe(200);
  });
});
