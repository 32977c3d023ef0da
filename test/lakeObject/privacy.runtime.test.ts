/** What is stored of a person who asks to be forgotten: nothing that says who it is. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { append, type Lake, newLake, salesLake } from "../support/lakeClient.ts";

/** Every row of every table of the reports, as text. */
const dumpReports = async (): Promise<string> => {
  const { results } = await env.REPORTS.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>();
  const tables = await Promise.all(
    results.map(
      async ({ name }) => (await env.REPORTS.prepare(`SELECT * FROM ${name}`).all()).results,
    ),
  );
  return JSON.stringify(tables);
};

const canary = (what: string) => `canary-${what}-${crypto.randomUUID()}`;

/** As it is, and in the forms in which it might hide. */
const formsOf = (text: string): readonly string[] => {
  const bytes = new TextEncoder().encode(text);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = btoa(text).slice(0, -4);
  return [text, hex, base64, encodeURIComponent(text)];
};

const expectNowhere = async (lake: Lake, ...texts: readonly string[]) => {
  await lake.stub.settle();
  const everything = `${await lake.dump()}${await dumpReports()}${(await lake.keys()).join()}`;
  for (const text of texts.flatMap(formsOf)) expect(everything).not.toContain(text);
};

describe("a request to be forgotten", () => {
  test("leaves neither the person's id nor any reason in the lake's storage or the reports", async () => {
    const lake = await newLake("gdpr");
    const [subject, reason] = [canary("subject"), canary("reason")];
    const later = [canary("extend"), canary("hold"), canary("release"), canary("reject")] as const;
    const body = { subject_id: subject, reason, requested_by: "olga" };
    const answer = await lake.post("/deletions", body, { "Idempotency-Key": "k" });
    expect(answer.status).toBe(201);
    expect(answer.at("deletion")).toMatchObject({
      subject_id: { sealed: true },
      reason: { sealed: true },
    });
    const id = answer.text("deletion", "deletion_id");
    // The same person again: the open one, found without the id.
    const again = await lake.post("/deletions", body);
    expect([again.status, again.text("deletion", "deletion_id")]).toEqual([200, id]);
    await lake.done(`/deletions/${id}/extend`, { reason: later[0] });
    await lake.done(`/deletions/${id}/hold`, { reason: later[1], ground: "Art. 18(1)(a)" });
    await lake.done(`/deletions/${id}/release`, { reason: later[2] });
    await lake.done(`/deletions/${id}/reject`, { reason: later[3], ground: "Art. 12(5)" });
    await expectNowhere(lake, subject, reason, ...later);
    for (const route of [
      `/deletions/${id}`,
      `/deletions/${id}?version=2`,
      "/deletions",
      "/events?limit=1000",
      "/report",
      "/access-log",
    ]) {
      const shown = JSON.stringify((await lake.get(route)).body);
      for (const text of [subject, reason, ...later]) expect(shown, route).not.toContain(text);
      expect(shown, route).not.toMatch(/"sealed":"/);
    }
  });

  test("shows what is sealed only when it is asked to, and records that first", async () => {
    const lake = await newLake("gdpr");
    const [subject_id, reason] = [canary("subject"), `${canary("reason")} – Zoë\n2nd line`];
    const request = await lake.done("/deletions", { subject_id, reason, requested_by: "olga" });
    const id = request.text("deletion", "deletion_id");
    expect((await lake.get(`/deletions/${id}`)).body).toMatchObject({
      subject_id: { sealed: true },
      reason: { sealed: true },
    });
    const head = (await lake.events()).length;
    const revealed = await lake.get(`/deletions/${id}?reveal=true`);
    expect(revealed.body).toMatchObject({ subject_id, reason, status: "pending" });
    const events = (await lake.events()).slice(head);
    expect(events).toMatchObject([
      {
        type: "AccessAudited",
        stream: "access",
        actor: "local",
        data: { accessor_id: "local", action: "read", object: `deletion/${id}` },
      },
    ]);
    expect((await lake.get("/access-log?accessor=local")).at("items")).toMatchObject([
      { object: `deletion/${id}`, action: "read" },
    ]);
    await expectNowhere(lake, subject_id, reason.slice(0, 40));
    // The past is never opened, and not revealing is not an access.
    expect((await lake.get(`/deletions/${id}?reveal=true&version=2`)).status).toBe(422);
    expect((await lake.get(`/deletions/${id}?reveal=false`)).at("reason")).toEqual({
      sealed: true,
    });
    expect((await lake.events()).length).toBe(head + 1);
  });

  test("shows nothing when the access cannot be recorded", async () => {
    const lake = await newLake("gdpr");
    const subject_id = canary("subject");
    const request = await lake.done("/deletions", { subject_id, reason: "r", requested_by: "o" });
    const id = request.text("deletion", "deletion_id");
    await lake.sql(
      "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk'); END",
    );
    const refused = await lake.get(`/deletions/${id}?reveal=true`);
    expect(refused.status).toBe(500);
    expect(JSON.stringify(refused.body)).not.toContain(subject_id);
  });

  test("says of nobody that they were erased because their key is not there", async () => {
    const lake = await newLake("gdpr");
    const request = await lake.done("/deletions", {
      subject_id: canary("subject"),
      reason: "r",
      requested_by: "o",
    });
    await lake.sql("DELETE FROM keys WHERE id LIKE 'subject-half/%'");
    const shown = await lake.get(
      `/deletions/${request.text("deletion", "deletion_id")}?reveal=true`,
    );
    expect([shown.status, shown.at("code")]).toEqual([503, "subject-key-missing"]);
  });
});

describe("the data of a batch", () => {
  test("never enters the log, the answers or the reports, not even where it does not fit", async () => {
    const lake = await salesLake();
    const cell = canary("cell");
    const column = canary("column");
    await lake.land("misfit.csv", `id,amount,${column}\n1,${cell},x\n`);
    const misfit = await lake.post(
      "/append-batch",
      { dataset: "sales", contract_id: "c1", batch_id: "misfit", file_url: "misfit.csv" },
      { "Idempotency-Key": "kept" },
    );
    expect(misfit.status).toBe(422);
    expect(misfit.text("detail")).toContain(column);
    await append(lake, "good", "id,amount\n123456789,4\n223456789,-1\n");
    await lake.done("/run-dq", { batch_id: "good", quality_rules: { amount: ">0" } });
    await expectNowhere(lake, cell, "123456789", "223456789");
    // Names of unknown columns come from the file as well.
    await expectNowhere(lake, column);
  });
});

describe("a signed URL", () => {
  test("is never stored: it is a credential", async () => {
    const lake = await salesLake();
    await append(lake, "b");
    await lake.done("/publish-batch", { batch_id: "b" });
    const key = { "Idempotency-Key": "k" };
    const answers = [
      await lake.post("/consume-batch", { batch_id: "b", consumer: "x" }, key),
      await lake.post("/upload-url", { filename: "f.csv" }, { "Idempotency-Key": "l" }),
      await lake.post("/download-url", { filename: "b.csv" }),
    ];
    for (const answer of answers) {
      const url = new URL(String(answer.at("download_url") ?? answer.at("upload_url")));
      const signature = url.searchParams.get("X-Amz-Signature") ?? "";
      expect(signature).toMatch(/^[0-9a-f]{64}$/);
      await expectNowhere(lake, signature);
    }
  });
});
