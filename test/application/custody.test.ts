import { describe, expect, it } from "vitest";
import { type CustodyDeps, custody } from "../../src/application/custody.ts";
import { HalfNeededError, type Halves } from "../../src/application/keyring.ts";
import { ok } from "../../src/domain/decider.ts";
import type { SubjectRef } from "../../src/domain/ids.ts";
import { memorySmallObjects } from "../support/memorySmallObjects.ts";
import { subjectRef } from "../support/subjects.ts";

const LAKE = "north";
const JANE = subjectRef("jane");
const JOHN = subjectRef("john");
const keyOf = (subject: SubjectRef) => `lakes/north/custody/${subject}`;

const kept = (more: Partial<CustodyDeps> = {}) => {
  const objects = memorySmallObjects();
  const forgotten: SubjectRef[] = [];
  const failures: unknown[] = [];
  const deps: CustodyDeps = {
    objects,
    forget: (_, subjects) => forgotten.push(...subjects),
    failed: (error) => failures.push(error),
    ...more,
  };
  return { objects, forgotten, failures, custody: custody(deps) };
};

/** A turn that needs the halves of these subjects and answers with them. */
const needing =
  (make: boolean, ...subjects: readonly SubjectRef[]) =>
  (halves: Halves) => {
    const found: (Uint8Array | null)[] = [];
    for (const subject of subjects) {
      const half = halves.find(subject);
      if (half === undefined || (make && half === null)) return new HalfNeededError(subject, make);
      found.push(half);
    }
    return ok(found);
  };

describe("a turn that needs halves of keys", () => {
  it("has them made once each, and is answered with the same ones from then on", async () => {
    const { objects, custody } = kept();
    const made = await custody.supply(LAKE, needing(true, JANE, JOHN));
    expect([...objects.kept.keys()]).toEqual([keyOf(JANE), keyOf(JOHN)]);
    expect(made).toEqual(ok([...objects.kept.values()]));
    expect(objects.kept.get(keyOf(JANE))).toHaveLength(32);
    expect(objects.kept.get(keyOf(JANE))).not.toEqual(objects.kept.get(keyOf(JOHN)));
    expect(await custody.supply(LAKE, needing(false, JANE, JOHN))).toEqual(made);
    expect(await custody.supply(LAKE, needing(true, JANE, JOHN))).toEqual(made);
  });

  it("makes none to open what was sealed", async () => {
    const { objects, custody } = kept();
    expect(await custody.supply(LAKE, needing(false, JANE))).toEqual(ok([null]));
    expect(objects.kept.size).toBe(0);
  });

  it("gets one half however many come at once", async () => {
    const { objects, custody } = kept();
    const turns = Array.from({ length: 20 }, () => custody.supply(LAKE, needing(true, JANE)));
    const answers = await Promise.all(turns);
    const [half] = objects.kept.values();
    expect(objects.kept.size).toBe(1);
    expect(answers).toEqual(answers.map(() => ok([half])));
  });

  it("takes the half that another made between its look and its own", async () => {
    const objects = memorySmallObjects();
    const first = new Uint8Array(32).fill(7);
    const { custody } = kept({
      objects: {
        ...objects,
        async create(key, bytes) {
          await objects.put(key, first);
          return objects.create(key, bytes);
        },
      },
    });
    expect(await custody.supply(LAKE, needing(true, JANE))).toEqual(ok([first]));
  });

  it.each(["read", "create"] as const)(
    "is refused when the store fails to %s",
    async (operation) => {
      const failing = async () => {
        throw new Error("the bucket is on fire");
      };
      const { custody, failures } = kept({
        objects: { ...memorySmallObjects(), [operation]: failing },
      });
      const refused = await custody.supply(LAKE, needing(true, JANE));
      expect(refused).toMatchObject({
        ok: false,
        error: { reason: "unavailable", code: "custody-unavailable" },
      });
      expect(String(failures)).toContain("on fire");
    },
  );

  it("ends when it never has enough", async () => {
    const { custody } = kept();
    const insatiable = () => new HalfNeededError(JANE, true);
    await expect(custody.supply(LAKE, insatiable)).rejects.toThrow("ever more");
  });
});

describe("destroying keys", () => {
  it("removes the store's halves, then the lake's, and can be done again", async () => {
    const order: string[] = [];
    const objects = memorySmallObjects();
    const { custody } = kept({
      objects: {
        ...objects,
        async delete(keys) {
          order.push("store");
          await objects.delete(keys);
        },
      },
      forget: () => order.push("lake"),
    });
    await custody.supply(LAKE, needing(true, JANE, JOHN));
    await custody.destroy(LAKE, [JANE]);
    await custody.destroy(LAKE, [JANE]);
    expect(order).toEqual(["store", "lake", "store", "lake"]);
    expect([...objects.kept.keys()]).toEqual([keyOf(JOHN)]);
  });

  it("leaves the lake's halves when the store's are still there", async () => {
    const { custody, forgotten } = kept({
      objects: {
        ...memorySmallObjects(),
        delete: async () => {
          throw new Error("unreachable");
        },
      },
    });
    await expect(custody.destroy(LAKE, [JANE])).rejects.toThrow("unreachable");
    expect(forgotten).toEqual([]);
  });

  it("lets no turn seal under a half that was fetched before", async () => {
    const { objects, custody } = kept();
    await custody.supply(LAKE, needing(true, JANE));
    const before = objects.kept.get(keyOf(JANE));
    let destroyed = false;
    const answer = await custody.supply(LAKE, async (halves) => {
      const half = halves.find(JANE);
      // Between the fetch and the turn, as when the turn waits for others to commit.
      if (half && !destroyed) {
        destroyed = true;
        await custody.destroy(LAKE, [JANE]);
      }
      return needing(true, JANE)(halves);
    });
    expect(answer).toEqual(ok([objects.kept.get(keyOf(JANE))]));
    expect(objects.kept.get(keyOf(JANE))).not.toEqual(before);
  });

  it("keeps those who come meanwhile waiting until it is over", async () => {
    const objects = memorySmallObjects();
    let release = () => {};
    const { custody } = kept({
      objects: {
        ...objects,
        async delete(keys) {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          await objects.delete(keys);
        },
      },
    });
    await custody.supply(LAKE, needing(true, JANE));
    const going = custody.destroy(LAKE, [JANE]);
    const waiting = custody.supply(LAKE, needing(true, JANE));
    release();
    await going;
    expect(await waiting).toEqual(ok([objects.kept.get(keyOf(JANE))]));
  });
});
