import { describe, expect, it } from "vitest";
import { html, named } from "../../../src/reporting/print/html.ts";

describe("a template of markup", () => {
  it("escapes whatever is put into it, in content and in attributes", () => {
    const hostile = `<script>alert("1" & '2')</script>`;
    expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;">' +
        "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;</p>",
    );
  });

  it("takes in other markup as it is, and lists, and nothing for null", () => {
    const items = ["a", "<b>"].map((each) => html`<li>${each}</li>`);
    expect(html`<ul>${items}</ul>${null}${""}${0}`.text).toBe(
      "<ul><li>a</li><li>&lt;b&gt;</li></ul>0",
    );
  });

  it("shows where a name has control characters or half a character", () => {
    expect(html`${"a\u0000b\u001bc\ud800d"}`.text).toBe("a\ufffdb\ufffdc\ufffdd");
    expect(html`${"line\nbreak\ttab"}`.text).toBe("line\nbreak\ttab");
  });

  it("keeps a name's direction of writing to the name", () => {
    expect(named("\u202egnirts").text).toBe("<bdi>\u202egnirts</bdi>");
  });
});
