/** Each form a text may take is found, wherever it begins; what is not there is not. */

import { describe, expect, it } from "vitest";
import { findForms, formsOf } from "../../../scripts/support/canary/forms.ts";
import fc from "../../support/property.ts";

const TEXT = "canary+4711 é@lethe.example";
const forms = formsOf(TEXT);

describe("the forms of a text", () => {
  it("are a dozen, none of them twice", () => {
    expect(forms.length).toBeGreaterThanOrEqual(12);
    expect(new Set(forms.map(({ bytes }) => bytes.toString("hex"))).size).toBe(forms.length);
  });

  it.each([
    ["clear", Buffer.from(`{"id":"${TEXT}"}`)],
    ["hex", Buffer.from(Buffer.from(`x${TEXT}x`).toString("hex"))],
    ["HEX", Buffer.from(Buffer.from(`x${TEXT}x`).toString("hex").toUpperCase())],
    ["URL-encoded", Buffer.from(`/x?id=${encodeURIComponent(TEXT)}&y=1`)],
    ["form-encoded", Buffer.from(new URLSearchParams({ id: TEXT }).toString())],
    ["UTF-16LE", Buffer.from(`x${TEXT}x`, "utf16le")],
    ["UTF-16BE", Buffer.from(`x${TEXT}x`, "utf16le").swap16()],
    ["JSON escapes", Buffer.from(`{"id":"canary+4711 \\u00e9@lethe.example"}`)],
  ])("are found as %s", (name, bytes) => {
    expect(findForms(bytes, forms)).toContain(name);
  });

  it.each(["base64", "base64url"] as const)(
    "are found in %s wherever the text began",
    (encoding) => {
      const around = fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }));
      fc.assert(
        fc.property(around, ([before, behind]) => {
          const whole = Buffer.concat([before, Buffer.from(TEXT), behind]);
          const found = findForms(Buffer.from(whole.toString(encoding)), forms);
          expect(found).toContainEqual(expect.stringMatching(/^base64/));
        }),
      );
    },
  );

  it("are not found in what does not hold the text", () => {
    const other = Buffer.from("canary+4712 é@lethe.example");
    for (const encoding of ["utf8", "base64", "hex", "utf16le"] as const) {
      const bytes = encoding === "utf16le" ? Buffer.from(String(other), encoding) : other;
      const written = encoding === "utf16le" ? bytes : Buffer.from(other.toString(encoding));
      expect(findForms(written, forms)).toEqual([]);
    }
  });
});
