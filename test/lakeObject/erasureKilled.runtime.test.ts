/** An erasure whose machine dies at any of its steps, before or after that is recorded. */
import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LakeGateway } from "../../src/application/lakeGateway.ts";
import { type EraseStep, eraseStep } from "../../src/application/work/eraseWork.ts";
import type { Workshop } from "../../src/application/work/workshop.ts";
import type { DeletionId } from "../../src/domain/ids.ts";
import { r2ObjectStore } from "../../src/storage/r2ObjectStore.ts";
import {
  forget,
  holding,
  JANE,
  requestErasure,
  threeBatches,
  until,
} from "../support/erasureLake.ts";
import { filesOf, type Lake, rebind } from "../support/lakeClient.ts";
import { workshopOver } from "../support/workshopOver.ts";

const DAY_MS = 86_400_000;

afterEach(() => {
  vi.useRealTimers();
});

/** Two batches with the person, one of them published, one without, and an upload of nobody's. */
const filled = async (): Promise<Lake> => {
  const lake = await threeBatches();
  await lake.land("stray.txt", `call ${JANE} back`);
  return lake;
};

/** Begun, and left alone by the lake's own alarm until it is rung for. */
const begun = async (lake: Lake): Promise<DeletionId> => {
  const id = await requestErasure(lake);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY_MS });
  const answer = await lake.post(`/deletions/${id}/execute`);
  vi.useRealTimers();
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return id as DeletionId;
};

class Killed extends Error {}

/** The lake as a step sees it, dying at the `nth` thing that is recorded. */
const dying = (lake: Lake, nth: number, when: "before" | "after") => {
  let recorded = 0;
  const gateway: LakeGateway = {
    ...lake.gateway,
    async command(...asked) {
      recorded += 1;
      const dies = recorded === nth;
      if (dies && when === "before") {
        await abortAllDurableObjects();
        throw new Killed();
      }
      const answer = await lake.gateway.command(...asked);
      if (!dies) return answer;
      await abortAllDurableObjects();
      throw new Killed();
    },
  };
  return { gateway, recorded: () => recorded };
};

const workshop = (lake: LakeGateway): Workshop => workshopOver(r2ObjectStore(env.OBJECTS), lake);

/** Takes one step after the other, again where the machine died; resolves to how often it did. */
const drive = async (lake: Lake, id: DeletionId, gateway: LakeGateway): Promise<number> => {
  let deaths = 0;
  for (let steps = 0; steps < 100; steps += 1) {
    let next: EraseStep = "more";
    try {
      next = await eraseStep(workshop(gateway), lake.call(), id);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      deaths += 1;
    }
    if (next === "release" || next === "done") return deaths;
  }
  throw new Error("an erasure without an end");
};

/**
 * What it came to, without what differs from run to run, and without how many uploads were deleted:
 * those that were gone already when the machine died are not found again to be counted.
 */
const essence = async (lake: Lake, id: string): Promise<unknown> => {
  const paths = ["/batches/a", "/batches/b", "/batches/c", `/deletions/${id}`];
  const answers = await Promise.all(paths.map((path) => lake.get(path)));
  const text = JSON.stringify(
    answers.map(({ body }) => body),
    (key, value: unknown) =>
      (/_at$|_id$|_ref$|deadline$|^version$|^digest$/.test(key) && typeof value !== "object") ||
      key === "uploads"
        ? null
        : value,
  );
  return [JSON.parse(text), await filesOf(lake)];
};

const expectNothingLeft = async (lake: Lake): Promise<void> => {
  expect(await holding(lake, JANE)).toEqual([]);
  await lake.ringFor("sweep_attempt");
  await lake.ringFor("delete_objects");
  const left = (await lake.keys()).filter((key) => /\/(batches|published)\//.test(key));
  expect(left).toEqual(await lake.referenced());
};

describe("an erasure", () => {
  test("ends the same whichever of its steps the machine dies at", async () => {
    const undisturbed = await filled();
    const expected = await essence(undisturbed, await forget(undisturbed));
    const counting = await filled();
    const counted = dying(counting, Number.POSITIVE_INFINITY, "before");
    const id = await begun(counting);
    expect(await drive(counting, id, counted.gateway)).toBe(0);
    // A page of batches, two of them, uploads; again; the two read once more; the last look.
    expect(counted.recorded()).toBe(8);
    for (let nth = 1; nth <= counted.recorded(); nth += 1) {
      for (const when of ["before", "after"] as const) {
        const lake = await filled();
        const deletion = await begun(lake);
        expect(await drive(lake, deletion, dying(lake, nth, when).gateway)).toBe(1);
        await lake.ringFor("erase_step");
        await until(lake, deletion, "completed");
        expect([nth, when, await essence(lake, deletion)]).toEqual([nth, when, expected]);
        await expectNothingLeft(lake);
      }
    }
  }, 240_000);

  test.each([
    ["is put on record", "put", "/erasures/"],
    ["loses the half of its key that the object store has", "delete", "/custody/"],
  ] as const)("ends the same when the machine dies as it %s", async (_, method, place) => {
    const lake = await filled();
    const id = await begun(lake);
    await drive(lake, id, lake.gateway);
    let failures = 0;
    const bucket = new Proxy(env.OBJECTS, {
      get(real, property) {
        const value: unknown = Reflect.get(real, property);
        if (typeof value !== "function") return value;
        return (keys: string | string[], ...rest: unknown[]) => {
          if (property === method && String(keys).includes(place)) {
            failures += 1;
            return Promise.reject(new Error("gone"));
          }
          return Reflect.apply(value, real, [keys, ...rest]);
        };
      },
    });
    await rebind(lake, { OBJECTS: bucket });
    await lake.ringFor("erase_step");
    expect(failures).toBeGreaterThan(0);
    expect((await lake.get(`/deletions/${id}`)).at("status")).toBe("in_progress");
    await abortAllDurableObjects();
    await lake.ringFor("erase_step");
    await until(lake, id, "completed");
    expect((await lake.get(`/deletions/${id}?reveal=true`)).at("subject_id")).toEqual({
      erased: true,
    });
    expect(await lake.sql("SELECT id FROM keys WHERE id LIKE 'subject%'")).toEqual([]);
    const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/custody/` });
    expect(objects).toEqual([]);
    await expectNothingLeft(lake);
  });
});
