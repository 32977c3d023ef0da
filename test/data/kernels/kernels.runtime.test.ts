import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { columnOf } from "../../../src/data/columnCells.ts";
import { keyedHex } from "../../../src/data/kernels/keyedHash.ts";

test("the kernels run inside the runtime and hash as the platform does", () => {
  const column = columnOf("c", "string", ["ann", "bob", "eve"]);
  if (column.type !== "string") throw new Error("no text column");
  const key = new Uint8Array(32).fill(9);
  const { bytes } = keyedHex(key, column, 3);
  const expected = ["ann", "bob", "eve"].map((text) =>
    createHmac("sha256", key).update(text).digest("hex"),
  );
  expect(new TextDecoder().decode(bytes)).toBe(expected.join(""));
});
