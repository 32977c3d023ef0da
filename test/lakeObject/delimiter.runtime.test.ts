/** Files whose fields are parted by what only their sender can say. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { eventually, type Lake, salesLake } from "../support/lakeClient.ts";

const RULES = { quality_rules: { amount: ">0" } };

const about = (batch_id: string, delimiter?: unknown) => ({
  dataset: "sales",
  contract_id: "c1",
  batch_id,
  file_url: `${batch_id}.csv`,
  delimiter,
});

/** Checks and publishes the batch, and reads what is published as CSV. */
const publishedText = async (lake: Lake, batch_id: string): Promise<string> => {
  await settled(lake, await lake.done("/run-dq", { batch_id }), batch_id);
  await settled(lake, await lake.done("/publish-batch", { batch_id }), batch_id);
  const consumed = await lake.done("/consume-batch", { batch_id, consumer: "x", format: "csv" });
  const key = new URL(consumed.text("download_url")).pathname.split(`${env.OBJECTS_BUCKET}/`)[1];
  return (await (await env.OBJECTS.get(key ?? ""))?.text()) ?? "";
};

const settled = async (lake: Lake, { status }: { status: number }, batch_id: string) => {
  if (status !== 202) return;
  await eventually(async () => {
    await lake.ring();
    const { body } = await lake.get(`/batches/${batch_id}`);
    expect(body).toMatchObject({ work: { state: "completed" } });
  });
};

describe("a delimiter that was given with the file", () => {
  test("is used by every pass over the file", async () => {
    const lake = await salesLake(RULES);
    for (const [index, delimiter] of ["^", "\t", "\u001f", ","].entries()) {
      const batch_id = `b${index}`;
      const row = (...fields: string[]) => `${fields.join(delimiter)}\n`;
      await lake.land(`${batch_id}.csv`, row("amount", "id") + row("1.5", "1") + row(`"2.5"`, "2"));
      const appended = await lake.done("/append-batch", about(batch_id, delimiter));
      expect(appended.at("batch")).toMatchObject({ state: "appended", rows: 2, delimiter });
      expect(await publishedText(lake, batch_id)).toBe("id,amount\n1,1.5\n2,2.5\n");
    }
  });

  test("is used in every segment of a large file", async () => {
    const lake = await salesLake(RULES);
    const rows = Array.from({ length: 1_000 }, (_, n) => `${n}.5^${n + 1}`);
    await lake.land("big.csv", `amount^id\n${rows.join("\n")}\n`);
    const appended = await lake.done("/append-batch", about("big", "^"));
    expect(appended.status).toBe(202);
    await settled(lake, appended, "big");
    const batch = await lake.get("/batches/big");
    expect(batch.body).toMatchObject({ state: "appended", rows: 1_000, delimiter: "^" });
    expect(Number(batch.at("work", "segments", "total"))).toBeGreaterThan(1);
    const lines = (await publishedText(lake, "big")).trimEnd().split("\n");
    expect(lines).toEqual(["id,amount", ...rows.map((row) => row.split("^").reverse().join(","))]);
  }, 60_000);

  test("has the last word, whatever the header looks like", async () => {
    const lake = await salesLake(RULES);
    await lake.land("b.csv", "id;amount\n1;2.5\n");
    const refused = await lake.post("/append-batch", about("b", ","));
    expect(refused.status).toBe(422);
    expect(refused.text("detail")).toContain("missing from the file");
    // Without one the header tells, also when the same batch is appended again.
    const again = await lake.done("/append-batch", about("b"));
    expect(again.at("batch")).toMatchObject({ state: "appended", rows: 1 });
    expect(again.at("batch", "delimiter")).toBeUndefined();
  });

  test("is refused when it can part nothing, or the file is no CSV file", async () => {
    const lake = await salesLake(RULES);
    for (const delimiter of ["", ";;", '"', "\n", "a", "7", "é", 7]) {
      const refused = await lake.post("/append-batch", about("b", delimiter));
      expect(refused.status, JSON.stringify(delimiter)).toBe(422);
      expect(refused.text("errors", 0, "path")).toBe("delimiter");
    }
    const jsonl = { ...about("b", ";"), file_url: "b.jsonl" };
    expect((await lake.post("/append-batch", jsonl)).body).toMatchObject({
      status: 422,
      code: "delimiter-without-csv",
    });
  });
});
