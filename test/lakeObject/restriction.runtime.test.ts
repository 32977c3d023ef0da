/** Nothing is handed out that may hold a person the processing of whose data is restricted. */
import { describe, expect, test } from "vitest";
import { restrictions } from "../../src/application/restrictions.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { appendPeople, JANE, peopleLake, requestErasure, until } from "../support/erasureLake.ts";
import { at, type Lake } from "../support/lakeClient.ts";
import { fetched, NAMES, publishPeople, strictLake, urlOf } from "../support/sealedLake.ts";

const RESTRICT = { reason: "the data is wrong, she says", ground: "Art. 18(1)(a)" };
const REFUSED = { status: 409, code: "processing-restricted" };

const HERS = `id,person,amount\n1,anna,10\n2,${JANE},-20\n`;
const OTHERS = "id,person,amount\n1,anna,10\n3,otto,-30\n";

/** Batches `hers` and `others`, each published, each with a rejected row. */
const publishedLake = async (): Promise<Lake> => {
  const lake = await peopleLake({ privacy_rules: { person: "hash" } });
  for (const [batch_id, content] of Object.entries({ hers: HERS, others: OTHERS })) {
    expect((await appendPeople(lake, batch_id, content)).status).toBe(201);
    const quality_rules = { amount: { rule: ">0", on_fail: "quarantine_rows" } };
    await lake.done("/run-dq", { batch_id, quality_rules });
    await lake.done("/run-privacy", { batch_id });
    await lake.done("/publish-batch", { batch_id });
  }
  return lake;
};

const restrict = async (lake: Lake, subject_id: string = JANE): Promise<string> => {
  const id = await requestErasure(lake, subject_id);
  await lake.done(`/deletions/${id}/hold`, RESTRICT);
  return id;
};

const consume = (lake: Lake, batch_id: string, more: object = {}) =>
  lake.post("/consume-batch", { batch_id, consumer: "alice", purpose: "churn", ...more });

const problem = ({ status, body }: { status: number; body: unknown }) => ({
  status,
  code: at(body, "code"),
});

describe("while the processing of a person's data is restricted", () => {
  test("no batch that may hold them is handed out, in any format, and others are", async () => {
    const lake = await publishedLake();
    await restrict(lake);
    for (const format of ["parquet", "csv"]) {
      const refused = await consume(lake, "hers", { format });
      expect(problem(refused)).toEqual(REFUSED);
      expect((await consume(lake, "others", { format })).status).toBe(200);
    }
    const accesses = (await lake.events()).filter(({ type }) => type === "ConsumptionGranted");
    expect(accesses.map(({ stream }) => stream)).toEqual(["batch/others", "batch/others"]);
  });

  test("nor are rejected rows of it, previews of it, or uploads", async () => {
    const lake = await publishedLake();
    await appendPeople(lake, "draft");
    const download = { filename: "others.csv" };
    expect((await lake.post("/download-url", download)).status).toBe(200);
    await restrict(lake);
    expect(problem(await lake.get("/batches/hers/quarantine"))).toEqual(REFUSED);
    expect((await lake.get("/batches/others/quarantine")).status).toBe(200);
    const dry = { privacy_rules: { person: "mask" }, dry_run: true };
    expect(problem(await lake.post("/run-privacy", { batch_id: "draft", ...dry }))).toEqual(
      REFUSED,
    );
    expect(problem(await lake.post("/download-url", download))).toEqual(REFUSED);
    expect((await lake.post("/upload-url", { filename: "next.csv" })).status).toBe(200);
  });

  test("of what there is not the answer is that, and nothing is on record", async () => {
    const lake = await publishedLake();
    await appendPeople(lake, "draft");
    await restrict(lake);
    const asked = { status: 404, code: "no-rejected-rows" };
    expect(problem(await lake.get("/batches/draft/quarantine"))).toEqual(asked);
    expect((await lake.events()).map(({ type }) => type)).not.toContain("HandOutRefused");
  });

  test("whoever is refused learns nothing of whom, and the log has who asked, and for whose request", async () => {
    const lake = await publishedLake();
    const id = await restrict(lake);
    const refused = await consume(lake, "hers");
    expect(JSON.stringify(refused.body)).not.toContain(id);
    expect(refused.text("detail")).toBe(
      "Batch hers may hold data whose processing is restricted (Art. 18 GDPR): nothing of it is " +
        "handed out until the restriction ends.",
    );
    const noted = (await lake.events()).filter(({ type }) => type === "HandOutRefused");
    expect(noted.map(({ stream, data }) => [stream, data])).toEqual([
      ["batch/hers", { accessor_id: "alice", purpose: "churn", deletion_ids: [id] }],
    ]);
  });

  test("a dataset is handed out without the batches that may hold them, on record once each", async () => {
    const lake = await publishedLake();
    const id = await restrict(lake);
    const ofOtto = await restrict(lake, "nobody here");
    const manifest = await lake.done("/datasets/people/consume", {
      ...{ consumer: "alice", purpose: "churn", format: "csv" },
    });
    expect(manifest.at("items")).toMatchObject([{ batch_id: "others" }]);
    expect(manifest.at("left_out")).toMatchObject([
      { batch_id: "hers", code: "processing-restricted" },
    ]);
    expect(JSON.stringify(manifest.body)).not.toContain(id);
    const events = await lake.events();
    const noted = events.filter(({ type }) => type === "HandOutRefused");
    expect(noted.map(({ stream, data }) => [stream, data])).toEqual([
      ["batch/hers", { accessor_id: "alice", purpose: "churn", deletion_ids: [id] }],
    ]);
    const granted = events.filter(({ type }) => type === "ConsumptionGranted");
    expect(granted.map(({ stream }) => stream)).toEqual(["batch/others"]);
    const since = new Date(Date.now() + 60_000).toISOString();
    const later = await lake.done("/datasets/people/consume", { consumer: "alice", since });
    expect(later.at("unchanged")).toMatchObject([{ batch_id: "others" }]);
    expect(later.at("left_out")).toMatchObject([{ batch_id: "hers" }]);
    for (const one of [id, ofOtto])
      await lake.done(`/deletions/${one}/release`, { reason: "done" });
    const all = await lake.done("/datasets/people/consume", { consumer: "alice" });
    expect(all.at("items")).toHaveLength(2);
  });

  test("it stands in the request, in the report and in the warnings, then and afterwards", async () => {
    const lake = await publishedLake();
    const id = await requestErasure(lake);
    const held = await lake.done(`/deletions/${id}/hold`, RESTRICT);
    expect(held.text("warnings", 0)).toContain("Art. 18(3)");
    const seq = (await lake.events()).length;
    expect((await lake.get(`/deletions/${id}`)).at("restricted")).toBe(true);
    expect((await lake.get("/report")).at("restricted_deletions")).toBe(1);
    await lake.done(`/deletions/${id}/release`, { reason: "corrected" });
    expect((await lake.get(`/deletions/${id}`)).at("restricted")).toBe(false);
    expect((await lake.get("/report")).at("restricted_deletions")).toBe(0);
    expect((await lake.get(`/report?version=${seq}`)).at("restricted_deletions")).toBe(1);
  });

  test("it ends with the hold, also for a request under the same key", async () => {
    const lake = await publishedLake();
    const id = await restrict(lake);
    const key = { "Idempotency-Key": "once" };
    const body = { batch_id: "hers", consumer: "alice" };
    expect(problem(await lake.post("/consume-batch", body, key))).toEqual(REFUSED);
    const reject = { reason: "it was right after all", ground: "Art. 17(3)(b)" };
    await lake.done(`/deletions/${id}/reject`, reject);
    expect((await lake.post("/consume-batch", body, key)).status).toBe(200);
  });

  test("a hold on another ground restricts nothing", async () => {
    const lake = await publishedLake();
    const id = await requestErasure(lake);
    const held = await lake.done(`/deletions/${id}/hold`, {
      reason: "court",
      ground: "Art. 17(3)(e)",
    });
    expect(held.at("warnings")).toEqual([]);
    expect((await consume(lake, "hers")).status).toBe(200);
    expect((await lake.get(`/deletions/${id}`)).at("restricted")).toBe(false);
  });

  test("a batch that no index tells anything of is handed out to nobody", async () => {
    const lake = await publishedLake();
    expect((await lake.get("/batches/unfit/quarantine")).status).toBe(404);
    const unfit = "id,person,amount\nx,anna,10\n";
    expect((await appendPeople(lake, "unfit", unfit)).status).toBe(422);
    await restrict(lake);
    expect(problem(await lake.get("/batches/unfit/quarantine"))).toEqual(REFUSED);
  });

  test("many restrictions are all looked up", async () => {
    const lake = await publishedLake();
    for (let at = 0; at < 12; at += 1) await restrict(lake, `nobody-${at}`);
    expect((await consume(lake, "hers")).status).toBe(200);
    const id = await restrict(lake);
    const refused = await consume(lake, "hers");
    expect(problem(refused)).toEqual(REFUSED);
    const noted = (await lake.events()).filter(({ type }) => type === "HandOutRefused");
    expect(noted.map(({ data }) => data.deletion_ids)).toEqual([[id]]);
  });

  test("what was looked up counts for no restriction that came since", async () => {
    const lake = await publishedLake();
    const first = await restrict(lake, "nobody");
    const raw_key = (await lake.keys()).find((key) => /\/batches\/hers\/.*raw/.test(key)) ?? "";
    const about = { batch_id: "hers", consumer: "alice", purpose: null, expires_in: 60 };
    const request = { type: "Consume", format: "parquet", ...about } as const;
    const ask = async (cleared: readonly string[], key = raw_key) => {
      const asked = { ...request, looked: { raw_key: key, cleared } };
      const answer = await lake.gateway.command(lake.call(), asked as never);
      return answer.ok ? "granted" : answer.error.code;
    };
    expect(await ask([first])).toBe("granted");
    expect(await ask([first], "another file")).toBe("restrictions-unread");
    expect(await ask([])).toBe("restrictions-unread");
    await restrict(lake);
    expect(await ask([first])).toBe("restrictions-unread");
    const standing = await lake.inside((_, { storage }) => restrictions(eventLog(storage)));
    expect(standing).toHaveLength(2);
    expect(await ask(standing)).toBe("granted");
  });

  test("the person is erased once the restriction has ended", async () => {
    const lake = await publishedLake();
    const id = await restrict(lake);
    expect(problem(await lake.post(`/deletions/${id}/execute`)).status).toBe(409);
    await lake.done(`/deletions/${id}/release`, { reason: "settled" });
    await lake.done(`/deletions/${id}/execute`);
    await until(lake, id, "completed");
    expect((await consume(lake, "hers")).status).toBe(200);
  });
});

describe("a URL to a sealed file that was handed out before", () => {
  test("opens nothing while a restriction stands, and opens again when it ends", async () => {
    const lake = await strictLake();
    await publishPeople(lake, "b");
    const url = await urlOf(lake, "b");
    expect((await fetched(url)).status).toBe(200);
    const id = await restrict(lake, NAMES[0]);
    const { status, code } = await fetched(url);
    expect({ status, code }).toEqual(REFUSED);
    await lake.done(`/deletions/${id}/release`, { reason: "settled" });
    expect((await fetched(url)).status).toBe(200);
    await restrict(lake, "somebody who is not in it");
    expect((await fetched(url)).status).toBe(200);
  });
});
