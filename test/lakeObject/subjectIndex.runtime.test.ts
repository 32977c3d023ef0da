/** The index of a batch's subjects: it comes, is replaced and goes with the bytes it is about. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { SubjectIndexRef } from "../../src/domain/subjects.ts";
import { eventually, type Lake, newLake } from "../support/lakeClient.ts";
import { appendPeople, strictLake } from "../support/sealedLake.ts";

afterEach(() => {
  vi.useRealTimers();
});

const PEOPLE = { id: "int", person: "string" } as const;

const peopleLake = async (): Promise<Lake> => {
  const lake = await newLake();
  await lake.done("/datasets", { name: "people", schema: PEOPLE, subject_column: "person" });
  await lake.done("/contracts", { dataset: "people", contract_id: "c", retention_days: 30 });
  return lake;
};

const append = async (lake: Lake, batch_id: string, content: string) => {
  await lake.land(`${batch_id}.csv`, content);
  const about = { dataset: "people", contract_id: "c", batch_id, file_url: `${batch_id}.csv` };
  return lake.post("/append-batch", about);
};

const indexIn = async (lake: Lake): Promise<SubjectIndexRef | null> => {
  const appended = (await lake.events()).findLast(({ type }) => type === "DataAppended");
  return appended?.data.subject_index as SubjectIndexRef | null;
};

describe("the index of a batch's subjects", () => {
  test("is written with its raw object, and nobody stands in the log for it", async () => {
    const lake = await peopleLake();
    expect((await append(lake, "b", "id,person\n1,anna\n2,otto\n3,anna\n")).status).toBe(201);
    const index = await indexIn(lake);
    expect(index).toMatchObject({ bytes: 64, column: "person", type: "string", subjects: 2 });
    expect(index?.key).toMatch(/\/batches\/b\/1\/raw\/[\w-]+\.subjects$/);
    expect(await lake.keys()).toContain(index?.key);
    expect(JSON.stringify(await lake.events())).not.toMatch(/anna|otto/);
  });

  test("of a large file is made of its segments, and nothing but it is left of them", async () => {
    const lake = await peopleLake();
    const rows = Array.from({ length: 1_000 }, (_, n) => `${n},person ${n % 300}\n`);
    expect((await append(lake, "b", `id,person\n${rows.join("")}`)).status).toBe(202);
    await eventually(async () => {
      await lake.ring();
      expect((await lake.get("/batches/b")).at("work", "state")).toBe("completed");
    });
    const index = await indexIn(lake);
    expect(index).toMatchObject({ column: "person", type: "string", subjects: 300 });
    await lake.ringFor("sweep_attempt");
    await eventually(async () => {
      await lake.ring();
      const keys = await lake.keys();
      expect(keys.filter((key) => key.includes(".subjects"))).toEqual([index?.key]);
      expect(keys.filter((key) => key.includes("/parts/"))).toEqual([]);
    });
  });

  test("goes when a corrected file takes the place of the one it was about", async () => {
    const lake = await peopleLake();
    await append(lake, "b", "id,person\n1,anna\n");
    const first = await indexIn(lake);
    await lake.done("/quarantine-batch", { batch_id: "b", reason: "Wrong file" });
    expect((await append(lake, "b", "id,person\n1,otto\n")).status).toBe(200);
    const second = await indexIn(lake);
    expect(second?.key).not.toBe(first?.key);
    await eventually(async () => {
      await lake.ring();
      const keys = await lake.keys();
      expect(keys.filter((key) => key.endsWith(".subjects"))).toEqual([second?.key]);
    });
  });

  test("goes when the batch expires", async () => {
    const lake = await peopleLake();
    await append(lake, "b", "id,person\n1,anna\n");
    const expires_at = (await lake.get("/batches/b")).text("expires_at");
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.parse(expires_at) + 60_000);
    await lake.ring();
    expect((await lake.get("/batches/b")).at("state")).toBe("expired");
    await lake.ring();
    expect((await lake.keys()).filter((key) => !key.includes("/checkpoints/"))).toEqual([]);
  });

  test("of an encrypted dataset lies sealed as everything else of it", async () => {
    const lake = await strictLake();
    expect((await appendPeople(lake, "b")).status).toBe(201);
    const index = await indexIn(lake);
    expect(index).toMatchObject({ bytes: 64, column: "name", subjects: 3 });
    const stored = await (await env.OBJECTS.get(index?.key ?? ""))?.text();
    expect(stored?.length).toBeGreaterThan(64);
    expect(stored?.slice(0, 4)).not.toBe("LSI1");
  });

  test("is not made for a file that does not fit, nor where no column names a subject", async () => {
    const lake = await peopleLake();
    expect((await append(lake, "b", "id,person\nx,anna\n")).status).toBe(422);
    expect(await indexIn(lake)).toBeNull();
    expect((await lake.keys()).filter((key) => key.endsWith(".subjects"))).toEqual([]);
  });
});
