import { describe, expect, it } from "vitest";
import { entityTag, namesTag, versionOfTag } from "../../src/http/entityTags.ts";

describe("an entity tag", () => {
  it("is the version, with a hash of what is shown where that follows from more", async () => {
    expect(await entityTag(12, null)).toBe('"12"');
    const tag = await entityTag(12, { state: "fresh" });
    expect(tag).toMatch(/^"12-[0-9a-f]{16}"$/);
    expect(await entityTag(12, { state: "fresh" })).toBe(tag);
    expect(await entityTag(12, { state: "stale" })).not.toBe(tag);
    expect([versionOfTag('"12"'), versionOfTag(tag), versionOfTag(`W/${tag}`)]).toEqual([
      12, 12, 12,
    ]);
  });

  it.each(['"12-"', '"12-0123"', '"-0123456789abcdef"', '"one"', '"1", "2"', "", "12-x"])(
    "is not %s",
    (text) => expect(versionOfTag(text)).toBeNull(),
  );
});

describe("If-None-Match", () => {
  it.each([
    ['"3"', '"3"', true],
    ['W/"3"', '"3"', true],
    ['"1", W/"3" , "4"', '"3"', true],
    ["*", '"3"', true],
    ['"3-0123456789abcdef"', '"3"', false],
    ['"3"', '"3-0123456789abcdef"', false],
    ['"13"', '"3"', false],
    ["3", '"3"', false],
    ['"3', '"3"', false],
    ["", '"3"', false],
    ['"a,b", "3"', '"3"', true],
  ])("of %s names %s: %s", (header, tag, named) => {
    expect(namesTag(header, tag)).toBe(named);
  });
});
