import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LOOKS_AFTER_MS } from "../../src/domain/deletion/missed.ts";
import { databaseOf, restore } from "../support/databaseCopy.ts";
import {
  eventually,
  inTheEnd,
  type Lake,
  lakeOf,
  newLake,
  sendJson,
} from "../support/lakeClient.ts";

const JANE = "jane-doe-4711";
const CSV = `id,amount\n${JANE},1.5\njohn,2\n${JANE},3\nann,4\n`;
const REQUEST = { subject_id: JANE, reason: "please", requested_by: "petra" };
type Fields = Readonly<Record<string, unknown>>;

const ERASED = { subject_id: { erased: true }, reason: { erased: true } };

const peopleLake = async (): Promise<Lake> => {
  const lake = await newLake("gdpr");
  await lake.done("/datasets", {
    name: "people",
    schema: { id: "string", amount: "float" },
    contains_pii: true,
    subject_column: "id",
  });
  await lake.done("/contracts", {
    contract_id: "c1",
    dataset: "people",
    retention_days: 30,
    privacy_rules: { id: { strategy: "mask" } },
  });
  return lake;
};

const appended = async (lake: Lake, batch_id: string, content = CSV): Promise<void> => {
  await lake.land(`${batch_id}.csv`, content);
  const about = { dataset: "people", contract_id: "c1", batch_id, file_url: `${batch_id}.csv` };
  await lake.done("/append-batch", about);
};

const requested = async (lake: Lake, subject = JANE): Promise<string> =>
  (await lake.done("/deletions", { ...REQUEST, subject_id: subject })).text(
    "deletion",
    "deletion_id",
  );

const completed = (lake: Lake, id: string): Promise<void> =>
  eventually(async () => {
    expect((await lake.get(`/deletions/${id}`)).at("status")).toBe("completed");
  });

const erased = async (lake: Lake, id: string): Promise<void> => {
  expect((await lake.post(`/deletions/${id}/execute`, {})).status).toBe(202);
  await completed(lake, id);
};

/** Rings until a file was looked for so often; resolves to when it is looked for next. */
const missed = async (lake: Lake, id: string, times: number): Promise<number> => {
  let next = 0;
  await inTheEnd(async () => {
    await lake.ring();
    const shown = await lake.get(`/deletions/${id}`);
    expect(shown.at("erasure", "missing")).toMatchObject([{ times }]);
    next = Date.parse(shown.text("erasure", "missing", 0, "next_at"));
  });
  return next;
};

afterEach(() => {
  vi.useRealTimers();
});

/** Everything in the object store that is the lake's, as text. */
const storedTexts = async (lake: Lake): Promise<string> => {
  const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/` });
  const texts = objects.map(async ({ key }) => (await env.OBJECTS.get(key))?.text());
  return (await Promise.all(texts)).join("\n");
};

/** What is left when nobody knows of Jane any more. */
const expectGone = async (lake: Lake, id: string): Promise<void> => {
  expect((await lake.get(`/deletions/${id}?reveal=true`)).body).toMatchObject(ERASED);
  expect(await storedTexts(lake)).not.toContain(JANE);
  expect(await lake.dump()).not.toContain(JANE);
  expect(await lake.sql("SELECT id FROM keys WHERE id LIKE 'subject%'")).toEqual([]);
  for (const key of await lake.referenced()) {
    expect(`${key} ${(await env.OBJECTS.head(key)) === null}`).toBe(`${key} false`);
  }
};

const reported = async (lake: Lake, query: string): Promise<readonly unknown[]> =>
  (await env.REPORTS.prepare(query).bind(lake.id).all()).results;

/** Everything in the log has arrived in the reports, and nothing else is there. */
const delivered = (lake: Lake): Promise<void> =>
  eventually(async () => {
    // And the lake has heard of it: nothing is under way when its database is exchanged.
    await lake.stub.settle();
    const log = (await lake.events()).map(({ seq, type, recorded_at }) => ({
      seq,
      type,
      recorded_at,
    }));
    const events = "SELECT seq, type, recorded_at FROM events WHERE lake_id = ?1 ORDER BY seq";
    expect(await reported(lake, events)).toEqual(log);
  });

const typesOf = async (lake: Lake): Promise<readonly string[]> =>
  (await lake.events()).map(({ type }) => type);

describe("a lake whose database is restored to a moment before an erasure", () => {
  it("erases the person again when the request was made but not carried out", async () => {
    const lake = await peopleLake();
    await appended(lake, "b1");
    await lake.done("/run-privacy", { batch_id: "b1" });
    await lake.done("/publish-batch", { batch_id: "b1" });
    const id = await requested(lake);
    const before = await databaseOf(lake);
    await erased(lake, id);
    await expectGone(lake, id);
    const shown = async () => {
      const { state, rows, bytes, published } = (await lake.get("/batches/b1")).body as Fields;
      const { schema, files } = published as { schema: unknown; files: Fields[] };
      // Written anew, they have other names, and with them other digests.
      return { state, rows, bytes, schema, files: files.map(({ digest: _, ...file }) => file) };
    };
    const after = await shown();
    expect(after).toMatchObject({ state: "published", rows: 2 });

    await restore(lake, before);
    await completed(lake, id);
    await expectGone(lake, id);
    expect(await typesOf(lake)).toEqual(
      expect.arrayContaining(["BatchRedacted", "GDPRDeletionReapplied"]),
    );
    expect(await shown()).toEqual(after);
    // The batch is one to work with: its contract can be applied to it anew.
    await lake.done("/replay", { dataset: "people" });
    expect((await lake.get("/batches/b1")).at("state")).toBe("published");
  });

  it("erases the person again when the log has never heard of the request", async () => {
    const lake = await peopleLake();
    await appended(lake, "b1");
    const before = await databaseOf(lake);
    const id = await requested(lake);
    await erased(lake, id);
    const shown = (await lake.get(`/deletions/${id}`)).body as Fields;

    await restore(lake, before);
    await completed(lake, id);
    await expectGone(lake, id);
    const { requested_at, received_at, deadline, requested_by } = shown;
    expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({
      requested_at,
      received_at,
      deadline,
      requested_by,
    });
    const certificate = await lake.get(`/deletions/${id}/certificate`);
    expect(certificate.at("certificate", "event", "type")).toBe("GDPRDeletionReapplied");
    expect(certificate.at("certificate", "facts", "rebound")).toBe(1);
  });

  it("follows several erasures of the same batch to the last of them", async () => {
    const lake = await peopleLake();
    await appended(lake, "b1");
    await appended(lake, "b2", `id,amount\n${JANE},1\njohn,1\n`);
    const before = await databaseOf(lake);
    const first = await requested(lake);
    await erased(lake, first);
    const second = await requested(lake, "john");
    await erased(lake, second);

    await restore(lake, before);
    await completed(lake, first);
    await completed(lake, second);
    await expectGone(lake, first);
    expect(await storedTexts(lake)).not.toContain("john");
    expect((await lake.get("/batches/b1")).at("rows")).toBe(1);
    expect((await lake.get("/batches/b2")).at("rows")).toBe(0);
  });

  it("tells its reports anew what has become of it", async () => {
    const lake = await peopleLake();
    await appended(lake, "b1");
    const before = await databaseOf(lake);
    const id = await requested(lake);
    await lake.done("/audit-access", {
      accessor_id: "alice",
      dataset_id: "people",
      action: "read",
      purpose: "lost",
    });
    await erased(lake, id);
    await delivered(lake);

    await restore(lake, before);
    await completed(lake, id);
    await delivered(lake);
    const accesses = await reported(lake, "SELECT count FROM access_daily WHERE lake_id = ?1");
    expect(accesses).toEqual([]);
    const deletions = await reported(
      lake,
      "SELECT deletion_id, status, requested_by, overdue FROM deletions WHERE lake_id = ?1",
    );
    expect(deletions).toEqual([
      { deletion_id: id, status: "completed", requested_by: "petra", overdue: 0 },
    ]);
  });

  it("does nothing more when it is asked again, or when nothing was restored", async () => {
    const lake = await peopleLake();
    await appended(lake, "b1");
    const before = await databaseOf(lake);
    const id = await requested(lake);
    await erased(lake, id);
    const seen = await lake.events();
    await evictDurableObject(lake.stub);
    const none = await sendJson("POST", "/admin/reapply-erasures", { lake_id: lake.id });
    expect(none.at("items", 0)).toMatchObject({ records: 1, reapplied: [], rebound: 0 });
    expect(await lake.events()).toEqual(seen);

    await restore(lake, before);
    await completed(lake, id);
    const after = await lake.events();
    await evictDurableObject(lake.stub);
    const again = await sendJson("POST", "/admin/reapply-erasures", { lake_id: lake.id });
    expect(again.at("items", 0)).toMatchObject({ records: 1, reapplied: [], rebound: 0 });
    expect(await lake.events()).toEqual(after);
  });

  it("is restored once more without harm", async () => {
    const lake = await peopleLake();
    await appended(lake, "b1");
    const before = await databaseOf(lake);
    const id = await requested(lake);
    await erased(lake, id);
    for (const _ of [1, 2]) {
      await restore(lake, before);
      await completed(lake, id);
      await expectGone(lake, id);
    }
  });

  it("carries the erasure out once more where the batch had other bytes then", async () => {
    const lake = await peopleLake();
    await lake.land("b1.csv", "id,sum\nann,1\n");
    const about = { dataset: "people", contract_id: "c1", batch_id: "b1", file_url: "b1.csv" };
    expect((await lake.post("/append-batch", about)).status).toBe(422);
    const before = await databaseOf(lake);
    // The corrected file takes its place, and the one in quarantine is deleted.
    await appended(lake, "b1");
    // An upload that nobody appends, which only the clear id could be looked for in.
    await lake.land("stray.txt", "nothing of hers");
    const id = await requested(lake);
    await erased(lake, id);

    await restore(lake, before);
    // The log believes in a file that is gone for good: it is looked for as any other.
    for (const [looks] of LOOKS_AFTER_MS.entries()) {
      vi.useFakeTimers({ toFake: ["Date"], now: await missed(lake, id, looks + 1) });
    }
    await inTheEnd(async () => {
      await lake.ring();
      expect(await typesOf(lake)).toContain("GDPRDeletionCompleted");
    });
    const events = await lake.events();
    const started = events.find(({ type }) => type === "GDPRDeletionStarted");
    expect(started?.data).toMatchObject({ cause: "restore", resumed: false });
    // Its bytes are gone for good: that is said, not left to be found.
    expect((await lake.get("/batches/b1")).at("state")).toBe("expired");
    await expectGone(lake, id);
  });
});

describe("a lake whose database is restored to a moment before a checkpoint that is kept", () => {
  const restores = async (lake: Lake) =>
    (await lake.events()).filter(({ type }) => type === "LakeRestored");

  const begun = async (lake: Lake): Promise<void> => {
    await lake.get("/report");
    await eventually(async () => {
      const owed = await lake.sql("SELECT ref FROM schedule WHERE kind = 'reapply_erasures'");
      expect(owed).toEqual([]);
    });
  };

  const started = async (lake: Lake): Promise<void> => {
    await evictDurableObject(lake.stub);
    await begun(lake);
  };

  it("says so, once, and goes on keeping checkpoints of what it is now", async () => {
    const lake = await peopleLake();
    const before = await databaseOf(lake);
    await appended(lake, "b1");
    const kept = await lake.done("/log/checkpoint");
    const { size, checkpoint } = kept.body as { size: number; checkpoint: string };
    await started(lake);
    expect(await restores(lake)).toEqual([]);

    await restore(lake, before);
    await begun(lake);
    await eventually(async () => expect(await restores(lake)).toHaveLength(1));
    const lost = { lost_size: size, lost_root: checkpoint.split("\n")[2] };
    expect(await restores(lake)).toMatchObject([{ actor: "lethe", stream: "lake", data: lost }]);
    expect((await lake.get("")).at("restored")).toMatchObject(lost);
    await started(lake);
    expect(await restores(lake)).toHaveLength(1);

    // The log grows to the same size once more, with another root.
    for (let head = 0; head < size; ) {
      const about = { accessor_id: "alice", dataset_id: "people", action: "read", purpose: "x" };
      await lake.done("/audit-access", about);
      head = Number((await lake.events()).at(-1)?.seq);
    }
    const again = await lake.done("/log/checkpoint");
    expect(again.at("size")).toBe(size);
    expect(again.text("key")).toContain(`${kept.text("key")}-`);
    expect(await (await env.OBJECTS.get(kept.text("key")))?.text()).toBe(checkpoint);
    expect(await (await env.OBJECTS.get(again.text("key")))?.text()).toBe(again.at("checkpoint"));
    await started(lake);
    expect(await restores(lake)).toHaveLength(1);
  });

  it("believes nothing that it has not signed itself", async () => {
    const lake = await peopleLake();
    const kept = await lake.done("/log/checkpoint");
    const forged = String(kept.at("checkpoint")).replace(/\n\d+\n/, "\n99\n");
    await env.OBJECTS.put(kept.text("key").replace(/\d+$/, "0000000000000099"), forged);
    await started(lake);
    expect(await restores(lake)).toEqual([]);
  });
});

describe("a record that is not this lake's own", () => {
  it("erases nothing, and is told", async () => {
    const [lake, other] = [await peopleLake(), await peopleLake()];
    await appended(lake, "b1");
    await appended(other, "b1");
    const id = await requested(other);
    await erased(other, id);
    const record = await env.OBJECTS.get(`lakes/${other.id}/erasures/${id}.json`);
    await env.OBJECTS.put(`lakes/${lake.id}/erasures/${id}.json`, (await record?.text()) ?? "");
    const seen = await lake.events();
    const answer = await sendJson("POST", "/admin/reapply-erasures", { lake_id: lake.id });
    expect(answer.at("items", 0)).toMatchObject({ reapplied: [], refused: [id] });
    expect(await lake.events()).toEqual(seen);
    expect(await storedTexts(lake)).toContain(JANE);
    // And at the next start it is a duty that fails where everybody sees it.
    await evictDurableObject(lake.stub);
    await lake.get("/report");
    await eventually(async () => {
      const owed = await lake.sql(
        "SELECT last_error FROM schedule WHERE kind = 'reapply_erasures'",
      );
      expect(String(owed[0]?.last_error)).toContain("no record of this lake's");
    });
  });
});

describe("POST /admin/reapply-erasures", () => {
  it("goes through all lakes that the reports know, a page at a time", async () => {
    const lake = await peopleLake();
    const found: unknown[] = [];
    let cursor: unknown = null;
    do {
      const page = await sendJson("POST", "/admin/reapply-erasures", { cursor });
      expect(page.status).toBe(200);
      found.push(...(page.at("items") as { lake_id: string }[]).map(({ lake_id }) => lake_id));
      cursor = page.at("next_cursor");
    } while (cursor !== null);
    expect(found).toContain(lake.id);
  });

  it("says when there is no such lake", async () => {
    const unknown = lakeOf("nowhere-at-all");
    const answer = await sendJson("POST", "/admin/reapply-erasures", { lake_id: unknown.id });
    expect(answer.status).toBe(404);
  });
});
