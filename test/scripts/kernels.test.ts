import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { compileModule, WASM_MODULES } from "../../scripts/support/kernels.ts";

test.each(WASM_MODULES)(
  "$file is what its sources compile to",
  { timeout: 60_000 },
  async (one) => {
    const compiled = await compileModule(one);
    const committed = await readFile(one.file);
    expect(committed.equals(compiled), "run `npm run kernels` and commit what it wrote").toBe(true);
  },
);
