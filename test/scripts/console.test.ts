import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { buildConsole } from "../../scripts/support/console.ts";

/** All of it, before it is packed for the way: a console opens on a phone too. */
const MAX_BYTES = 250_000;

test("the console that is committed is what its sources build", { timeout: 60_000 }, async () => {
  const built = await buildConsole();
  expect(built.map(({ file }) => file.replace(/^.*\//, "")).sort()).toEqual([
    "console.css",
    "console.js",
  ]);
  for (const { file, bytes } of built) {
    const committed = await readFile(file);
    expect(committed.equals(bytes), "run `npm run console` and commit what it wrote").toBe(true);
  }
});

test("the console is small", async () => {
  const built = await buildConsole();
  expect(built.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(MAX_BYTES);
});
