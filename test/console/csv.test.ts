import { expect, it } from "vitest";
import { csvOf } from "../../src/console/client/csv.ts";
import { csvFile } from "../../src/contracts/csv.ts";

it("a table goes into the file that Lethe itself would write of it", () => {
  const rows = [
    ["plain", 1, null],
    ["=1+1", -2, "a,b"],
    [' "quoted" ', 0, "two\nlines"],
    ["\uff1dwide", 3, "a;b"],
  ] as const;
  expect(csvOf(["name", "many", "text"], rows)).toBe(csvFile(["name", "many", "text"], rows));
});
