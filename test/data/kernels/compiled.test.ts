import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { compileKernels, KERNELS_WASM } from "../../../scripts/support/kernels.ts";

test("the committed module is what its sources compile to", { timeout: 60_000 }, async () => {
  const compiled = await compileKernels();
  const committed = await readFile(KERNELS_WASM);
  expect(committed.equals(compiled), "run `npm run kernels` and commit what it wrote").toBe(true);
});
