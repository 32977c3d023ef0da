import { expect, test } from "vitest";
import { maskText } from "../../../src/data/privacy/mask.ts";

/** The runtime has its own tables of Unicode. */
test("a mask counts characters as people see them inside the runtime too", () => {
  const one = { preserve_format: false, keep_first: 1, keep_last: 0 };
  const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";
  expect(maskText(`${family}x`, one)).toBe(`${family}*`);
  expect(maskText("A\u0301nn", one)).toBe("A\u0301**");
  expect(maskText("Z\u0308\u200b\u3164\u{e0020}", one)).toBe("*".repeat(5));
});
