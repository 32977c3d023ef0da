import { describe, expect, test } from "vitest";
import { courtesy } from "../../src/application/courtesy.ts";

const watched = () => {
  let now = 1_000;
  let steps = 0;
  const { answering, giveWay } = courtesy(
    async () => {
      steps += 1;
    },
    () => now,
  );
  /** How often a pass stepped back at its next piece. */
  const stepsBack = async (after_ms: number) => {
    now += after_ms;
    const before = steps;
    await giveWay();
    return steps - before;
  };
  return { answering, stepsBack };
};

describe("a pass over a large file", () => {
  test("keeps the thread for some milliseconds while nobody waits", async () => {
    const { stepsBack } = watched();
    expect(await stepsBack(0)).toBe(1);
    expect(await stepsBack(3)).toBe(0);
    expect(await stepsBack(4)).toBe(0);
    expect(await stepsBack(1)).toBe(1);
    expect(await stepsBack(7)).toBe(0);
  });

  test("steps back several times at every piece while a request is being answered", async () => {
    const { answering, stepsBack } = watched();
    await stepsBack(0);
    const answer = Promise.withResolvers<string>();
    const answered = answering(() => answer.promise);
    expect(await stepsBack(0)).toBe(4);
    expect(await stepsBack(0)).toBe(4);
    answer.resolve("done");
    expect(await answered).toBe("done");
    expect(await stepsBack(0)).toBe(0);
  });

  test("counts a request that failed no longer", async () => {
    const { answering, stepsBack } = watched();
    await stepsBack(0);
    const failed = answering(async () => {
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await stepsBack(0)).toBe(0);
  });
});
