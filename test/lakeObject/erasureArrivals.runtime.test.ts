/**
 * A file that lay there before a person asked to be forgotten is appended while that is carried out:
 * at every point of it, at once, slowly or in the background. At the end nobody knows the person.
 */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LakeGateway } from "../../src/application/lakeGateway.ts";
import { appendBatch } from "../../src/application/work/batchWork.ts";
import { eraseStep } from "../../src/application/work/eraseWork.ts";
import { workStep } from "../../src/application/work/stepWork.ts";
import type { Outcome, Workshop } from "../../src/application/work/workshop.ts";
import { batchId, contractId, datasetName } from "../../src/contracts/fields.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import { PART_BYTES, r2ObjectStore, unfinishedNote } from "../../src/storage/r2ObjectStore.ts";
import {
  appendPeople,
  forget,
  holding,
  JANE,
  peopleLake,
  requestErasure,
  until,
  WITH_JANE,
  WITHOUT_JANE,
} from "../support/erasureLake.ts";
import { inTheEnd, type Lake } from "../support/lakeClient.ts";
import { workshopOver } from "../support/workshopOver.ts";

const DAY_MS = 86_400_000;
const FILE = "zz.csv";

afterEach(() => {
  vi.useRealTimers();
});

/** A batch without the person, and a file with them that nobody has appended yet. */
const filled = async (): Promise<Lake> => {
  const lake = await peopleLake();
  await appendPeople(lake, "a", WITHOUT_JANE);
  await lake.land(FILE, WITH_JANE);
  return lake;
};

/** Begun on a day to come, so that the lake's own alarm leaves it alone until it is rung for. */
const begun = async (lake: Lake): Promise<DeletionId> => {
  const id = await requestErasure(lake);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY_MS });
  const answer = await lake.post(`/deletions/${id}/execute`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return id as DeletionId;
};

const workshop = (lake: LakeGateway): Workshop => workshopOver(r2ObjectStore(env.OBJECTS), lake);

const APPEND = {
  kind: "append",
  dataset: datasetName.parse("people"),
  contract_id: contractId.parse("c"),
  batch_id: batchId.parse("late"),
  file_url: FILE,
  format: "csv",
} as const;

/** What is begun at a point of an erasure; resolves to how it is brought to its end. */
type Arrival = (lake: Lake) => Promise<() => Promise<unknown>>;

const atOnce: Arrival = async (lake) => {
  await appendBatch(workshop(lake.gateway), lake.call(), APPEND);
  return async () => {};
};

/** It has read the upload and written its copy, and is not on record yet. */
const slowly: Arrival = async (lake) => {
  let goOn = (): void => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let outcome: Outcome | null = null;
  await new Promise<void>((read) => {
    const gateway: LakeGateway = {
      ...lake.gateway,
      async command(...asked) {
        read();
        await gate;
        return lake.gateway.command(...asked);
      },
    };
    outcome = appendBatch(workshop(gateway), lake.call(), APPEND).finally(read);
  });
  return async () => {
    goOn();
    await outcome;
  };
};

/** The upload is copied, and the rest is still to be done. */
const inTheBackground: Arrival = async (lake) => {
  const request = { ...APPEND, landed_bytes: WITH_JANE.length };
  await lake.gateway.command(lake.call(), { type: "StartWork", request });
  const steps = () => lake.sql("SELECT payload FROM schedule WHERE kind = 'work_step'");
  for (const { payload } of await steps()) {
    const { work_id, step } = JSON.parse(String(payload));
    const landing = { kind: "work_step", batch_id: APPEND.batch_id, work_id, step } as const;
    await workStep(workshop(lake.gateway), lake.call(), landing);
  }
  return async () => {
    await inTheEnd(async () => {
      await lake.ringFor("work_step");
      expect(await steps()).toEqual([]);
    });
  };
};

/**
 * Takes an erasure to where it can be closed and begins the arrival at one of its points: after a
 * plan or after a record. It ends when the erasure waits for it, else after everything. Resolves to
 * how many points there were.
 */
const drive = async (lake: Lake, id: DeletionId, arrival: Arrival, at: number): Promise<number> => {
  let points = 0;
  let end: (() => Promise<unknown>) | null = null;
  const pass = async (): Promise<void> => {
    points += 1;
    vi.setSystemTime(Date.now() + 1);
    if (points === at) end = await arrival(lake);
  };
  const gateway: LakeGateway = {
    ...lake.gateway,
    async open(...asked) {
      const opened = await lake.gateway.open(...asked);
      await pass();
      return opened;
    },
    async command(...asked) {
      const answer = await lake.gateway.command(...asked);
      await pass();
      return answer;
    },
  };
  const finish = async () => {
    const ending = end;
    end = null;
    await ending?.();
  };
  for (let steps = 0; steps < 100; steps += 1) {
    const next = await eraseStep(workshop(gateway), lake.call(), id);
    if (next === "wait") await finish();
    if (next !== "release" && next !== "done") continue;
    if (next === "release") await lake.ringFor("erase_step");
    await until(lake, id, "completed");
    await finish();
    vi.useRealTimers();
    return points;
  }
  throw new Error("an erasure without an end");
};

describe("a file that is appended while a person in it is forgotten", () => {
  test.each([
    ["at once", atOnce],
    ["slowly", slowly],
    ["in the background", inTheBackground],
  ])(
    "%s is without them in the end, at whatever point that begins",
    async (_, arrival) => {
      const undisturbed = await filled();
      const points = await drive(undisturbed, await begun(undisturbed), arrival, 0);
      expect(points).toBeGreaterThan(10);
      for (let at = 1; at <= points; at += 1) {
        const lake = await filled();
        await drive(lake, await begun(lake), arrival, at);
        expect([at, await holding(lake, JANE)]).toEqual([at, []]);
      }
    },
    300_000,
  );
});

describe("another upload under the name of a file that is being taken over in the background", () => {
  const uploadedMeanwhile = async (first: string, second: string): Promise<Lake> => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY_MS });
    const lake = await peopleLake();
    await lake.land(FILE, first);
    const end = await inTheBackground(lake);
    await lake.land(FILE, second);
    await end();
    await forget(lake);
    return lake;
  };

  test("is read like any other, and goes when the person stands in it", async () => {
    const lake = await uploadedMeanwhile(WITHOUT_JANE, WITH_JANE);
    expect(await holding(lake, JANE)).toEqual([]);
  });

  test("stays when only the batch held the person", async () => {
    const lake = await uploadedMeanwhile(WITH_JANE, WITHOUT_JANE);
    expect(await holding(lake, JANE)).toEqual([]);
    const landed = await env.OBJECTS.get(`lakes/${lake.id}/landing/${FILE}`);
    expect(await landed?.text()).toBe(WITHOUT_JANE);
  });
});

describe("what died in the middle of an object with the person in it", () => {
  test("is ended before the erasure is closed", async () => {
    const lake = await peopleLake({ privacy_rules: { person: "keep" } });
    await appendPeople(lake, "a");
    const run = { kind: "privacy", batch_id: batchId.parse("a"), rules: null } as const;
    const opened = await lake.gateway.open(lake.call(), { ...run, dry_run: false });
    if (!opened.ok || opened.value.plan.kind !== "privacy") throw new Error("no privacy run");
    const { clean_key } = opened.value.plan;
    const bytes = new Uint8Array(PART_BYTES + 1).fill(JANE.charCodeAt(0));
    await r2ObjectStore(env.OBJECTS).writer(clean_key, "text/csv").write(bytes);
    const upload_id = (await (await env.OBJECTS.get(unfinishedNote(clean_key)))?.text()) ?? "";
    await forget(lake);
    const upload = env.OBJECTS.resumeMultipartUpload(clean_key, upload_id);
    const further = async () => upload.uploadPart(2, new Uint8Array(1));
    await expect(further()).rejects.toThrow("does not exist");
    expect(await lake.keys()).not.toContain(unfinishedNote(clean_key));
  });
});
