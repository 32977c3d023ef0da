/** What the alarm does: legal deadlines, clearing away, trying again, giving up visibly. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LakeGateway } from "../../src/application/lakeGateway.ts";
import { MAX_ATTEMPTS } from "../../src/application/runDuties.ts";
import { PART_BYTES, r2ObjectStore, unfinishedNote } from "../../src/storage/r2ObjectStore.ts";
import {
  type Answer,
  append,
  bucketWith,
  eventually,
  type Lake,
  newLake,
  ONLY_A_CHECKPOINT,
  rebind,
  salesLake,
} from "../support/lakeClient.ts";

const DAY_MS = 86_400_000;

/** Only `Date` is faked: the platform's own timers and alarms go on. */
const travel = (time: string | number) => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(time);
};

afterEach(() => {
  vi.useRealTimers();
});

/** As long as it is in doubt who asks, nobody is erased: what is late stays to be seen. */
const requestDeletion = async (lake: Lake, more: Readonly<Record<string, unknown>> = {}) => {
  const answer = await lake.done("/deletions", {
    subject_id: crypto.randomUUID(),
    reason: "asked to be forgotten",
    requested_by: "olga",
    identity_verified: false,
    ...more,
  });
  return {
    id: answer.text("deletion", "deletion_id"),
    deadline: answer.text("deletion", "deadline"),
  };
};

const overdueEvents = async (lake: Lake) =>
  (await lake.events()).filter(({ type }) => type === "GDPRDeletionOverdue");

const dueAt = (lake: Lake, id: string) =>
  lake.sql("SELECT due_at FROM schedule WHERE kind = 'deletion_due' AND ref = ?", id);

const ids = (answer: Answer) =>
  (answer.at("items") as { deletion_id: string }[]).map(({ deletion_id }) => deletion_id);

/** A bucket whose `delete` takes until it is released. Flags, because promises stay in one object. */
const slowDelete = () => {
  let started = false;
  let released = false;
  const until = async (done: () => boolean) => {
    while (!done()) await scheduler.wait(5);
  };
  return {
    bucket: bucketWith(async (keys) => {
      started = true;
      await until(() => released);
      await env.OBJECTS.delete(keys);
    }),
    started: () => until(() => started),
    release: () => {
      released = true;
    },
  };
};

describe("the deadline of a deletion request", () => {
  test("that has passed is recorded once, and the request stays open, overdue and in sight", async () => {
    const lake = await newLake("gdpr");
    const late = await requestDeletion(lake, { received_at: "2026-01-31T12:00:00Z" });
    const fresh = await requestDeletion(lake);
    await eventually(async () => expect(await overdueEvents(lake)).toHaveLength(1));
    await lake.ring();
    await evictDurableObject(lake.stub);
    await lake.ring();
    // Nobody begins what is in doubt, however late it is.
    await lake.sql("UPDATE schedule SET due_at = '2020' WHERE ref = ?", late.id);
    await lake.ring();
    expect(await overdueEvents(lake)).toMatchObject([
      { stream: `deletion/${late.id}`, actor: "lethe", data: { deadline: late.deadline } },
    ]);
    expect((await lake.get(`/deletions/${late.id}`)).body).toMatchObject({
      status: "pending",
      overdue: true,
    });
    expect((await lake.get("/report")).body).toMatchObject({
      pending_deletions: 2,
      overdue_deletions: 1,
    });
    expect(ids(await lake.get("/deletions?overdue=true"))).toEqual([late.id]);
    expect(ids(await lake.get("/deletions?overdue=false"))).toEqual([fresh.id]);
    expect(ids(await lake.get("/deletions?status=pending"))).toEqual([late.id, fresh.id]);
    // The later deadline is what the lake waits for now.
    expect(await lake.owed()).toEqual([
      { kind: "deletion_due", ref: fresh.id },
      { kind: "deletion_reminder", ref: fresh.id },
      { kind: "execution_due", ref: fresh.id },
      ...ONLY_A_CHECKPOINT,
    ]);
    expect(await dueAt(lake, fresh.id)).toEqual([{ due_at: fresh.deadline }]);
    const armed = await lake.inside((_, { storage }) => storage.getAlarm());
    expect(armed).toBeLessThanOrEqual(Date.parse(fresh.deadline));
  });

  test("is neither early nor late: the alarm before it records nothing, the one at it does", async () => {
    const lake = await newLake("gdpr");
    const { id, deadline } = await requestDeletion(lake);
    travel(Date.parse(deadline) - 1);
    expect(await lake.ring()).toBe(true);
    expect(await overdueEvents(lake)).toEqual([]);
    expect((await lake.get(`/deletions/${id}`)).at("overdue")).toBe(false);
    // By the clock it is overdue before the alarm was heard.
    travel(Date.parse(deadline) + 1);
    expect((await lake.get(`/deletions/${id}`)).at("overdue")).toBe(true);
    expect((await lake.get("/report")).at("overdue_deletions")).toBe(1);
    expect(ids(await lake.get("/deletions?overdue=true"))).toEqual([id]);
    expect(await overdueEvents(lake)).toEqual([]);
    expect(await lake.ring()).toBe(true);
    expect(await overdueEvents(lake)).toHaveLength(1);
    await lake.ring();
    expect(await overdueEvents(lake)).toHaveLength(1);
  });

  test("moves with an extension, holds through a hold, and ends with a rejection", async () => {
    const lake = await newLake("gdpr");
    const [extended, held, rejected] = [
      await requestDeletion(lake),
      await requestDeletion(lake),
      await requestDeletion(lake),
    ];
    await lake.done(`/deletions/${extended.id}/extend`, { reason: "many systems" });
    await lake.done(`/deletions/${held.id}/hold`, { reason: "court", ground: "Art. 17(3)(e)" });
    await lake.done(`/deletions/${rejected.id}/reject`, { reason: "no", ground: "Art. 12(5)" });
    travel(Date.parse(held.deadline) + DAY_MS);
    await lake.ring();
    expect((await overdueEvents(lake)).map(({ stream }) => stream)).toEqual([
      `deletion/${held.id}`,
    ]);
    expect((await lake.get(`/deletions/${held.id}`)).body).toMatchObject({
      status: "held",
      overdue: true,
    });
    travel(Date.parse(extended.deadline) + 70 * DAY_MS);
    await lake.ring();
    expect((await overdueEvents(lake)).map(({ stream }) => stream)).toEqual([
      `deletion/${held.id}`,
      `deletion/${extended.id}`,
    ]);
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });

  test("that is moved while the alarm is busy with another duty is not forgotten", async () => {
    const lake = await newLake("gdpr");
    const { id, deadline } = await requestDeletion(lake);
    const slow = slowDelete();
    await rebind(lake, { OBJECTS: slow.bucket });
    await lake.sql(
      "INSERT INTO schedule (kind, ref, due_at, payload) VALUES ('delete_objects', 'x', ?, ?)",
      "2020-01-01T00:00:00.000Z",
      JSON.stringify({ keys: [`lakes/${lake.id}/nowhere`] }),
    );
    // Both duties are due when the alarm starts; the deletion's is extended while it waits.
    await lake.sql("UPDATE schedule SET due_at = '2020-01-02' WHERE kind = 'deletion_due'");
    const ringing = lake.inside((instance) => instance.alarm());
    await slow.started();
    const extended = await lake.done(`/deletions/${id}/extend`, { reason: "many systems" });
    expect(extended.text("deletion", "deadline") > deadline).toBe(true);
    slow.release();
    await ringing;
    expect(await overdueEvents(lake)).toEqual([]);
    expect(await lake.owed()).toEqual([
      { kind: "deletion_due", ref: id },
      { kind: "deletion_reminder", ref: id },
      { kind: "execution_due", ref: id },
      ...ONLY_A_CHECKPOINT,
    ]);
    expect(await dueAt(lake, id)).toEqual([{ due_at: extended.text("deletion", "deadline") }]);
  });

  test("is tried for ever: it is never parked, however often it fails", async () => {
    const lake = await newLake("gdpr");
    const { id, deadline } = await requestDeletion(lake);
    travel(Date.parse(deadline) + 1);
    await lake.sql(
      "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk'); END",
    );
    for (let attempt = 1; attempt <= MAX_ATTEMPTS + 2; attempt += 1) {
      await lake.ringFor("deletion_due");
    }
    const [duty] = await lake.sql(
      "SELECT * FROM schedule WHERE kind = 'deletion_due' AND ref = ?",
      id,
    );
    expect(duty).toMatchObject({ attempts: MAX_ATTEMPTS + 2, parked: 0 });
    expect(String(duty?.last_error)).toContain("disk");
    // At most an hour until the next try, and the alarm is set for it.
    expect(Date.parse(String(duty?.due_at))).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expect(await lake.inside((_, { storage }) => storage.getAlarm())).not.toBeNull();
    await lake.sql("DROP TRIGGER broken");
    await lake.ringFor("deletion_due");
    expect(await overdueEvents(lake)).toHaveLength(1);
  });
});

describe("the time before a deadline", () => {
  const reminders = async (lake: Lake) =>
    (await lake.events())
      .filter(({ type }) => type === "GDPRDeletionDeadlineApproaching")
      .map(({ data }) => data.days_left);

  test("is announced at seven, three and one days, each once, also when alarms come late", async () => {
    const lake = await newLake("gdpr");
    const { id, deadline } = await requestDeletion(lake);
    const end = Date.parse(deadline);
    travel(end - 7 * DAY_MS - 1);
    await lake.ring();
    expect(await reminders(lake)).toEqual([]);
    travel(end - 7 * DAY_MS);
    await lake.ring();
    await evictDurableObject(lake.stub);
    await lake.ring();
    expect(await reminders(lake)).toEqual([7]);
    // The alarm of the third day before is heard when two are left.
    travel(end - 2 * DAY_MS);
    await lake.ring();
    expect(await reminders(lake)).toEqual([7, 2]);
    travel(end - DAY_MS);
    await lake.ring();
    travel(end);
    await lake.ring();
    expect(await reminders(lake)).toEqual([7, 2, 1]);
    expect(await overdueEvents(lake)).toHaveLength(1);
    expect((await lake.get(`/deletions/${id}`)).at("overdue")).toBe(true);
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });

  test("runs on during a hold, which ends by itself when its time has come", async () => {
    const lake = await newLake("gdpr");
    const { id, deadline } = await requestDeletion(lake);
    const until = new Date(Date.now() + 2 * DAY_MS).toISOString();
    const ground = "Art. 18(1)(a)";
    const held = await lake.done(`/deletions/${id}/hold`, { reason: "disputed", ground, until });
    expect(held.at("deletion")).toMatchObject({ status: "held", held_until: until, deadline });
    travel(Date.parse(until) - 1);
    await lake.ring();
    expect((await lake.get(`/deletions/${id}`)).at("status")).toBe("held");
    travel(Date.parse(until));
    await lake.ring();
    expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({
      status: "pending",
      ground: null,
      held_until: null,
    });
    expect((await lake.events()).at(-1)).toMatchObject({
      type: "GDPRDeletionHoldExpired",
      actor: "lethe",
      data: { until },
    });
    const over = await lake.post(`/deletions/${id}/hold`, { reason: "x", until });
    expect(over.status).toBe(422);
    expect(over.at("errors", 0, "path")).toBe("until");
  });

  test("runs on while the person is asked who they are, and says so", async () => {
    const lake = await newLake("gdpr");
    const { id, deadline } = await requestDeletion(lake, { identity_verified: false });
    expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({ identity: "questioned" });
    const known = await lake.done(`/deletions/${id}/identity`, {
      reason: "passport seen",
      verified: true,
    });
    expect(known.at("deletion")).toMatchObject({ identity: "verified", deadline });
    const shown = await lake.get(`/deletions/${id}?reveal=true`);
    expect(shown.at("answers")).toMatchObject([
      { decision: "identity_verified", reason: "passport seen" },
    ]);
    const rejection = { reason: "unknown", ground: "Art. 12(6)" };
    expect((await lake.post(`/deletions/${id}/reject`, rejection)).status).toBe(409);
    await lake.done(`/deletions/${id}/identity`, { reason: "forged", verified: false });
    const rejected = await lake.done(`/deletions/${id}/reject`, rejection);
    expect(rejected.text("deletion", "remedies", "complaint")).toContain("Art. 77");
  });

  test("erases nobody while it is in doubt who asks, not even when it has passed", async () => {
    const lake = await newLake("gdpr");
    const { id } = await requestDeletion(lake, { received_at: "2026-01-31T12:00:00Z" });
    await lake.ringFor("execution_due");
    expect((await lake.get(`/deletions/${id}`)).at("status")).toBe("pending");
    const head = (await lake.events()).length;
    const refused = await lake.post(`/deletions/${id}/execute`);
    expect(refused.status).toBe(409);
    expect(refused.text("detail")).toContain("identity");
    expect((await lake.post("/deletions/nobody/execute")).status).toBe(404);
    expect((await lake.events()).length).toBe(head);
  });
});

describe("a duty that fails", () => {
  test("is put off longer each time, is in sight after ten, and deletes its objects in the end", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    const rules = { amount: { rule: ">0", on_fail: "quarantine_rows" } };
    await lake.done("/run-dq", { batch_id: "b", quality_rules: rules });
    await rebind(lake, {
      OBJECTS: bucketWith(async () => {
        throw new Error("R2 is down");
      }),
    });
    await lake.done("/run-dq", { batch_id: "b", quality_rules: rules });
    const duty = async () =>
      (await lake.sql("SELECT * FROM schedule WHERE kind = 'delete_objects'"))[0];
    await eventually(async () => expect((await duty())?.attempts).toBeGreaterThanOrEqual(1));
    const delays: number[] = [];
    for (let attempt = Number((await duty())?.attempts); attempt < MAX_ATTEMPTS - 1; ) {
      await lake.ringFor("delete_objects");
      attempt = Number((await duty())?.attempts);
      delays.push(Math.round((Date.parse(String((await duty())?.due_at)) - Date.now()) / 1000));
    }
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays.at(-1)).toBeGreaterThan(60);
    expect((await lake.get("/report")).at("parked_duties")).toBe(0);
    await lake.ringFor("delete_objects");
    expect(await duty()).toMatchObject({ parked: 0, attempts: MAX_ATTEMPTS });
    expect(String((await duty())?.last_error)).toContain("R2 is down");
    expect((await lake.get("/report")).at("parked_duties")).toBe(1);
    // Commands go on all the while, and what is still in use was never touched.
    await lake.done("/publish-batch", { batch_id: "b" });
    const keys = await lake.keys();
    for (const key of await lake.referenced()) expect(keys).toContain(key);
    await rebind(lake, { OBJECTS: env.OBJECTS });
    await lake.ringFor("delete_objects");
    expect(await duty()).toBeUndefined();
    expect((await lake.get("/report")).at("parked_duties")).toBe(0);
  });

  test("waits for no reports: a database that never answers does not hold the alarm up", async () => {
    const lake = await salesLake();
    const REPORTS = new Proxy(env.REPORTS, {
      get(database, name) {
        if (name === "batch") return () => new Promise(() => undefined);
        const value: unknown = Reflect.get(database, name);
        return typeof value === "function" ? value.bind(database) : value;
      },
    });
    await rebind(lake, { REPORTS });
    await append(lake, "b");
    await lake.sql("UPDATE schedule SET due_at = '2020' WHERE kind = 'write_checkpoint'");
    const started = Date.now();
    await lake.ring();
    expect((await lake.keys()).some((key) => key.includes("/checkpoints/"))).toBe(true);
    expect(await lake.inside((_, { storage }) => storage.getAlarm())).not.toBeNull();
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  test("does not keep the others of the same alarm from being done", async () => {
    const lake = await newLake("gdpr");
    await lake.sql(
      `INSERT INTO schedule (kind, ref, due_at, payload) VALUES
         ('replay_step', 'of-no-replay', '2020-01-01', '{}'),
         ('delete_objects', 'x', '2020-01-02', '{"keys": "nonsense"}'),
         ('sweep_attempt', 'y', '2020-01-03', '{}')`,
    );
    const late = await requestDeletion(lake, { received_at: "2026-01-31T12:00:00Z" });
    await lake.inside((instance) => instance.alarm());
    await lake.inside((instance) => instance.alarm());
    expect(await overdueEvents(lake)).toHaveLength(1);
    expect((await lake.get(`/deletions/${late.id}`)).at("overdue")).toBe(true);
    await lake.ringFor("execution_due");
    const others = await lake.sql("SELECT kind, ref FROM schedule WHERE kind <> 'replay_step'");
    expect(others).toEqual(ONLY_A_CHECKPOINT);
  });
});

describe("work whose machine has died", () => {
  const open = (lake: Lake) =>
    lake.gateway.open(lake.call(), {
      kind: "append",
      dataset: "sales",
      contract_id: "c1",
      batch_id: "b",
      file_url: "b.csv",
      format: "csv",
    } as Parameters<LakeGateway["open"]>[1]);

  /** Opens an append, writes its object, and says nothing more. */
  const dying = async (lake: Lake) => {
    const opened = await open(lake);
    if (!opened.ok || opened.value.plan.kind !== "append" || !opened.value.attempt) {
      throw new Error("no append was planned");
    }
    const { plan, attempt } = opened.value;
    await env.OBJECTS.put(plan.target, "id,amount\n1,2\n");
    const command = {
      type: "AppendData",
      dataset: "sales",
      contract_id: "c1",
      batch_id: "b",
      file_url: "b.csv",
      format: "csv",
      taken: {
        object: { key: plan.target, format: "csv", bytes: 14, sha256: "0".repeat(64), rows: 1 },
        misfit: null,
        unexpected_columns: [],
        suspicions: [],
      },
    } as unknown as Parameters<LakeGateway["command"]>[1];
    return { target: plan.target, attempt, command };
  };

  test("is swept: its objects go, and a result that comes after all is refused", async () => {
    const lake = await salesLake();
    const { target, attempt, command } = await dying(lake);
    expect(await lake.keys()).toEqual([target]);
    const head = (await lake.events()).length;
    // Not before its time.
    await lake.ring();
    expect(await lake.keys()).toEqual([target]);
    await lake.ringFor("sweep_attempt");
    await eventually(async () => expect(await lake.keys()).toEqual([]));
    const late = await lake.gateway.command(lake.call(), command, { attempt });
    expect(late).toMatchObject({ ok: false, error: { code: "work-expired" } });
    expect((await lake.events()).length).toBe(head);
    expect((await lake.get("/batches/b")).status).toBe(404);
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
    // The same batch id is free for the next attempt.
    expect((await append(lake, "b")).status).toBe(201);
  });

  test("is swept with the parts of an object in the middle of which it died", async () => {
    const lake = await salesLake();
    const { target } = await dying(lake);
    await env.OBJECTS.delete(target);
    await r2ObjectStore(env.OBJECTS)
      .writer(target, "text/csv")
      .write(new Uint8Array(PART_BYTES + 1));
    expect(await lake.keys()).toEqual([unfinishedNote(target)]);
    const upload_id = (await (await env.OBJECTS.get(unfinishedNote(target)))?.text()) ?? "";
    await lake.ringFor("sweep_attempt");
    await eventually(async () => expect(await lake.keys()).toEqual([]));
    const upload = env.OBJECTS.resumeMultipartUpload(target, upload_id);
    const further = async () => upload.uploadPart(2, new Uint8Array(1));
    await expect(further()).rejects.toThrow("does not exist");
  });

  test("is not swept once its result is on record, not even by an alarm that had begun", async () => {
    const lake = await salesLake();
    const { target, attempt, command } = await dying(lake);
    const slow = slowDelete();
    await rebind(lake, { OBJECTS: slow.bucket });
    await lake.sql("UPDATE schedule SET due_at = '2020-01-02' WHERE kind = 'sweep_attempt'");
    await lake.sql(
      `INSERT INTO schedule (kind, ref, due_at, payload) VALUES
         ('delete_objects', 'x', '2020-01-01', ?)`,
      JSON.stringify({ keys: [`lakes/${lake.id}/nowhere`] }),
    );
    const ringing = lake.inside((instance) => instance.alarm());
    await slow.started();
    expect((await lake.gateway.command(lake.call(), command, { attempt })).ok).toBe(true);
    slow.release();
    await ringing;
    await lake.inside((instance) => instance.alarm());
    expect(await lake.keys()).toEqual([target]);
    expect(await lake.referenced()).toEqual([target]);
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });
});
