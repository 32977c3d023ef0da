/** Datasets that may hold a person and name nobody: not searched, and named wherever that matters. */
import { describe, expect, it, vi } from "vitest";
import { forget, holding, JANE, requestErasure, until } from "../support/erasureLake.ts";
import { eventually, type Lake, newLake, send } from "../support/lakeClient.ts";

const LETTERS = `who,text\n${JANE},one\nanna@example.org,two\notto@example.org,three\n`;
const DAY_MS = 86_400_000;
const HARMLESS = "who,text\n1,one\n2,two\n3,three\n";

interface Told {
  readonly dataset?: object;
  readonly contract?: object;
  readonly content?: string;
}

/** A dataset of letters with one batch, in which nothing says whose a row is. */
const letters = async (lake: Lake, name: string, { dataset, contract, content }: Told = {}) => {
  const schema = { who: "string", text: "string" };
  const registered = await lake.done("/datasets", { name, schema, contains_pii: true, ...dataset });
  const contract_id = `of-${name}`;
  await lake.done("/contracts", { dataset: name, contract_id, retention_days: 365, ...contract });
  await lake.land(`${name}.csv`, content ?? LETTERS);
  const batch = { dataset: name, contract_id, batch_id: `b-${name}`, file_url: `${name}.csv` };
  await lake.done("/append-batch", batch);
  return registered;
};

const undeclared = { dataset: { contains_pii: false } };

describe("a dataset that may hold a person and names nobody", () => {
  it("is named in the answers, while the request is open and in what is certified", async () => {
    const lake = await newLake("gdpr");
    await letters(lake, "people", { dataset: { subject_column: "who" } });
    await letters(lake, "mail");
    const asked = { subject_id: JANE, reason: "asked", requested_by: "petra" };
    const recorded = await lake.done("/deletions", asked);
    const warned = [expect.stringMatching(/^Not searched for the person: mail\. /)];
    expect(recorded.at("warnings")).toEqual(warned);
    const id = recorded.text("deletion", "deletion_id");
    expect((await lake.get(`/deletions/${id}`)).at("not_searched")).toEqual(["mail"]);
    expect((await lake.done(`/deletions/${id}/execute`)).at("warnings")).toEqual(warned);
    await until(lake, id, "completed");
    const { body } = await lake.get(`/deletions/${id}/certificate`);
    expect(body).toMatchObject({
      certificate: {
        facts: {
          rows_removed: 1,
          not_searched: ["mail"],
          scope: expect.stringContaining("mention the person in another column"),
        },
      },
    });
    const left = await holding(lake, JANE);
    expect(left.map((key) => /\/(batches\/b-mail|landing\/mail)/.exec(key)?.[1])).toEqual([
      "batches/b-mail",
      "landing/mail",
    ]);
    // What has come since changes nothing about what was so then.
    await letters(lake, "late");
    expect((await lake.get(`/deletions/${id}`)).at("not_searched")).toEqual(["mail"]);
    const next = await requestErasure(lake, "somebody-else");
    const open = await lake.get(`/deletions/${next}`);
    expect(open.at("not_searched")).toEqual(["mail", "late"]);
  });

  it("is one that looks like it or is protected too, and none without a batch or a sign", async () => {
    const lake = await newLake("gdpr");
    await lake.done("/datasets", { name: "empty", schema: { who: "string" }, contains_pii: true });
    await letters(lake, "named", { dataset: { subject_column: "who" } });
    await letters(lake, "harmless", { ...undeclared, content: HARMLESS });
    await letters(lake, "suspected", undeclared);
    const contract = { privacy_rules: { who: "hash" } };
    await letters(lake, "protected", { ...undeclared, contract });
    const kept = { privacy_rules: { who: "keep" } };
    await letters(lake, "kept", { ...undeclared, contract: kept, content: HARMLESS });
    const id = await requestErasure(lake);
    const shown = await lake.get(`/deletions/${id}`);
    expect(shown.at("not_searched")).toEqual(["suspected", "protected"]);
  });

  it("is not named any more once its batches are gone, nor in lists of requests", async () => {
    const lake = await newLake("gdpr");
    await letters(lake, "mail");
    await letters(lake, "suspected", undeclared);
    const id = await requestErasure(lake);
    const named = async () => (await lake.get(`/deletions/${id}`)).at("not_searched");
    expect(await named()).toEqual(["mail", "suspected"]);
    expect((await lake.get("/deletions")).at("items", 0)).not.toHaveProperty("not_searched");
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      vi.setSystemTime(Date.now() + 400 * DAY_MS);
      await lake.ringFor("retention_due");
      expect(await named()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is told of when it is registered, where people may ask to be forgotten", async () => {
    for (const level of ["gdpr", "strict"] as const) {
      const lake = await newLake(level);
      const register = async (name: string, more: object) => {
        const about = { name, schema: { who: "string" }, encryption_enabled: true, ...more };
        const answer = await lake.post("/datasets", about);
        expect(answer.status).toBe(201);
        return answer.at("warnings");
      };
      const told = [
        expect.stringMatching(/^Dataset mail holds personal data and names no subject/),
      ];
      expect(await register("mail", { contains_pii: true })).toEqual(told);
      expect(await register("named", { contains_pii: true, subject_column: "who" })).toEqual([]);
      expect(await register("other", { contains_pii: false })).toEqual([]);
    }
    const lake = await newLake("standard");
    expect((await letters(lake, "mail")).at("warnings")).toEqual([]);
  });

  it("is in the first line of what a person is given, and in the answer to who asked", async () => {
    const lake = await newLake("gdpr");
    await letters(lake, "people", { dataset: { subject_column: "who" } });
    await letters(lake, "mail");
    const asked = await lake.post("/subject-access", { subject_id: JANE, requested_by: "petra" });
    expect(asked.at("warnings")).toEqual([expect.stringContaining("Not searched")]);
    const id = asked.text("subject_access", "subject_access_id");
    await eventually(async () => {
      expect((await lake.get(`/subject-access/${id}`)).at("status")).toBe("ready");
    });
    const file = await send((await lake.get(`/subject-access/${id}`)).text("download_url"));
    const [first = ""] = String(file.body).split("\n");
    expect(JSON.parse(first)).toMatchObject({ rows: 1, not_searched: ["mail"] });
  });

  it("is nowhere where there is none", async () => {
    const lake = await newLake("gdpr");
    await letters(lake, "people", { dataset: { subject_column: "who" } });
    const id = await forget(lake);
    expect((await lake.get(`/deletions/${id}`)).at("not_searched")).toEqual([]);
  });
});
