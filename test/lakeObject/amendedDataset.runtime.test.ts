/** What was registered without a word on persons is mended later, and the persons in it are found. */
import { describe, expect, test } from "vitest";
import {
  appendPeople,
  forget,
  holding,
  JANE,
  peopleLake,
  rawText,
  WITH_JANE,
  WITHOUT_JANE,
} from "../support/erasureLake.ts";
import { inTheEnd, type Lake, newLake, typesOf } from "../support/lakeClient.ts";

const NAMED = { subject_column: "person" };

const quietLake = (): Promise<Lake> =>
  peopleLake({}, { subject_column: null, contains_pii: false, description: null });

describe("POST /datasets/{name}/amend", () => {
  test("has an erasure take persons out of batches from before, the index of which is made then", async () => {
    const lake = await quietLake();
    await appendPeople(lake, "before");
    await appendPeople(lake, "without", WITHOUT_JANE);
    const amended = await lake.done("/datasets/people/amend", { ...NAMED, contains_pii: true });
    expect(amended.status).toBe(200);
    expect(typesOf(amended)).toEqual(["DatasetAmended"]);
    expect(amended.body).toMatchObject({
      message: "Dataset people amended: contains_pii, subject_column.",
      dataset: { contains_pii: true, subject_column: "person", description: null },
    });
    await appendPeople(lake, "since", WITHOUT_JANE);
    const id = await forget(lake);
    expect(await rawText(lake, "before")).toBe(WITHOUT_JANE);
    expect(await holding(lake, JANE)).toEqual([]);
    expect((await lake.get(`/deletions/${id}`)).at("erasure", "batches")).toEqual({
      looked_at: 3,
      opened: 2,
      hit: 1,
    });
    const certificate = await lake.get(`/deletions/${id}/certificate`);
    expect(certificate.at("certificate", "facts", "objects", 0, "batch_id")).toBe("before");
    // What was rewritten has an index since.
    const again = await forget(lake, "otto");
    expect((await lake.get(`/deletions/${again}`)).at("erasure", "batches")).toEqual({
      looked_at: 3,
      opened: 3,
      hit: 3,
    });
  });

  test("has a request for access answer with rows from before", async () => {
    const lake = await quietLake();
    await appendPeople(lake, "before");
    await lake.done("/datasets/people/amend", NAMED);
    const asked = { subject_id: JANE, requested_by: "petra" };
    const path = (await lake.done("/subject-access", asked)).text(
      "subject_access",
      "subject_access_id",
    );
    await inTheEnd(async () => {
      await lake.ring();
      expect((await lake.get(`/subject-access/${path}`)).at("status")).toBe("ready");
    });
    expect((await lake.get(`/subject-access/${path}`)).body).toMatchObject({ file: { rows: 1 } });
  });

  test("is conditional, safe to repeat, and shows the state of before", async () => {
    const lake = await quietLake();
    const seen = await lake.get("/datasets/people");
    const etag = seen.headers.get("ETag") ?? "";
    const key = { "Idempotency-Key": "once", "If-Match": etag };
    const body = { description: "People we know" };
    const first = await lake.post("/datasets/people/amend", body, key);
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    expect(first.headers.get("ETag")).not.toBe(etag);
    const second = await lake.post("/datasets/people/amend", body, key);
    expect(second.headers.get("Idempotency-Replayed")).toBe("true");
    const late = await lake.post(
      "/datasets/people/amend",
      { description: "x" },
      { "If-Match": etag },
    );
    expect(late.status).toBe(412);
    const before = await lake.get(
      `/datasets/people?version=${Number(first.at("events", 0, "seq")) - 1}`,
    );
    expect(before.at("description")).toBeNull();
    expect((await lake.get("/datasets/people")).at("description")).toBe("People we know");
  });

  test("refuses in the form of every refusal", async () => {
    const lake = await peopleLake();
    await appendPeople(lake, "b", WITH_JANE);
    const refusals = [
      ["/datasets/nobody/amend", { description: "x" }, 404, "dataset-not-found"],
      ["/datasets/people/amend", {}, 422, "invalid-input"],
      ["/datasets/people/amend", { description: null }, 422, "invalid-input"],
      ["/datasets/people/amend", { encryption_enabled: true }, 422, "invalid-input"],
      ["/datasets/people/amend", { contains_pii: false }, 409, "personal-data-declared"],
      ["/datasets/people/amend", { subject_column: "nobody" }, 422, "unknown-column"],
      ["/datasets/people/amend", { subject_column: "id" }, 409, "subject-column-set"],
    ] as const;
    for (const [path, body, status, code] of refusals) {
      const refused = await lake.post(path, body);
      expect([refused.status, refused.at("code")], JSON.stringify(body)).toEqual([status, code]);
    }
  });

  test("is the way out that refusals name", async () => {
    const lake = await newLake("gdpr");
    await lake.done("/datasets", { name: "people", schema: { id: "int", person: "string" } });
    await lake.done("/contracts", { dataset: "people", contract_id: "c", retention_days: 365 });
    await lake.land("b.csv", "id,person\n1,anna\n");
    const about = { dataset: "people", contract_id: "c", batch_id: "b", file_url: "b.csv" };
    const refused = await lake.post("/append-batch", about);
    expect(refused.status).toBe(422);
    expect(refused.text("detail")).toContain("POST /datasets/people/amend");
    await lake.done("/datasets/people/amend", { contains_pii: false });
    expect((await lake.post("/append-batch", about)).status).toBe(201);
  });
});
