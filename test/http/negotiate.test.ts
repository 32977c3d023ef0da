import { describe, expect, it } from "vitest";
import { negotiate } from "../../src/http/negotiate.ts";

const forms = {
  json: { media_type: "application/json" },
  csv: { media_type: "text/csv; charset=utf-8; header=present" },
  html: { media_type: "text/html; charset=utf-8" },
} as const;

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

describe("the form of an answer", () => {
  it.each([
    [undefined, "json"],
    ["", "json"],
    ["*/*", "json"],
    ["text/csv", "csv"],
    ["text/html", "html"],
    [BROWSER, "html"],
    ["text/*", "csv"],
    ["text/*;q=0.5, text/html", "html"],
    ["text/html;q=0.2, text/csv; q=0.9, application/json;q=0.1", "csv"],
    ["application/json;q=0, */*", "csv"],
    ["TEXT/CSV", "csv"],
    ["image/png", "json"],
    ["nonsense, text/html", "html"],
    ["text/html;q=9x", "html"],
    [`${"a/b,".repeat(100)}text/html`, "json"],
  ])("accepted as %j is %s", (accept, form) => {
    expect(negotiate(forms, undefined, accept)).toBe(form);
  });

  it("is the one that the query names, whatever is accepted", () => {
    expect(negotiate(forms, "csv", "text/html")).toBe("csv");
    expect(negotiate(forms, "json", BROWSER)).toBe("json");
  });
});
