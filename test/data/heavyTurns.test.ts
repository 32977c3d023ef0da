import { expect, test } from "vitest";
import { NoTurnError } from "../../src/application/dataPorts.ts";
import { PLACE_LAPSES_MS, TURN_LAPSES_MS, turns } from "../../src/data/heavyTurns.ts";

/** Turns by a clock that moves on when somebody waits for it. */
const clockwork = () => {
  let time = 0;
  const take = turns({
    now: () => time,
    wait: async (milliseconds) => {
      await Promise.resolve();
      time += milliseconds;
    },
  });
  const pass = (milliseconds: number) => {
    time += milliseconds;
  };
  return { take, pass, time: () => time };
};

test("the next one reads when the one before has ended, in the order in which they came", async () => {
  const { take } = clockwork();
  const order: string[] = [];
  const first = await take();
  const reader = async (name: string) => {
    const turn = await take();
    order.push(`${name} begins`);
    for (let step = 0; step < 5; step += 1) await Promise.resolve();
    order.push(`${name} ends`);
    turn.end();
  };
  const others = ["a", "b", "c"].map(reader);
  expect(order).toEqual([]);
  first.end();
  await Promise.all(others);
  expect(order).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test("whoever waits too long gives up, and does not stand in the way of the next", async () => {
  const { take } = clockwork();
  const first = await take();
  const using = async () => {
    for (;;) {
      await Promise.resolve();
      first.use();
      if (given_up) return;
    }
  };
  let given_up = false;
  const second = take().catch((error: unknown) => {
    given_up = true;
    return error;
  });
  await using();
  expect(await second).toBeInstanceOf(NoTurnError);
  first.end();
  (await take()).end();
});

test("a turn that nobody uses any more lapses, one in use does not", async () => {
  const { take, pass, time } = clockwork();
  const first = await take();
  pass(TURN_LAPSES_MS - 1000);
  first.use();
  const begun = time();
  const second = await take();
  expect(time() - begun).toBeGreaterThan(TURN_LAPSES_MS);
  // The one that lapsed ends later, and takes nothing from whoever has the turn now.
  first.end();
  let has_third = false;
  const third = take().then((turn) => {
    has_third = true;
    return turn;
  });
  for (let step = 0; step < 20; step += 1) await Promise.resolve();
  expect(has_third).toBe(false);
  second.end();
  (await third).end();
});

test("a place in the queue that nobody asks about any more lapses", async () => {
  let time = 0;
  let is_gone = false;
  const deps = {
    now: () => time,
    wait: async (milliseconds: number) => {
      await Promise.resolve();
      time += milliseconds;
    },
  };
  // The request of the second one ends without a word: its timer never comes.
  const never = new Promise<void>(() => {});
  const take = turns({
    ...deps,
    wait: (milliseconds) => {
      if (is_gone) return deps.wait(milliseconds);
      is_gone = true;
      return never;
    },
  });
  const first = await take();
  void take();
  first.end();
  const begun = time;
  (await take()).end();
  expect(time - begun).toBeGreaterThan(PLACE_LAPSES_MS);
});
