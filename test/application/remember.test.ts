import { describe, expect, test } from "vitest";
import { remember } from "../../src/application/remember.ts";

describe("a memory of bounded size", () => {
  test("forgets what was put into it first", () => {
    const memory = new Map<string, number>();
    for (const [value, key] of ["a", "b", "c", "d"].entries()) remember(memory, key, value, 3);
    expect([...memory]).toEqual([
      ["b", 1],
      ["c", 2],
      ["d", 3],
    ]);
  });

  test("keeps longest what was put in again", () => {
    const memory = new Map<string, number>();
    for (const key of ["a", "b", "a", "c"]) remember(memory, key, 1, 2);
    expect([...memory.keys()]).toEqual(["a", "c"]);
  });

  test("shrinks to a size that is smaller than it was", () => {
    const memory = new Map([1, 2, 3, 4].map((n) => [n, n]));
    remember(memory, 5, 5, 2);
    expect([...memory.keys()]).toEqual([4, 5]);
  });
});
