import { describe, expect, it } from "vitest";
import {
  duckdbLine,
  firstExpiry,
  joined,
  type Manifest,
  pandasLine,
} from "../../src/console/client/handOut.ts";

const urls = ["https://a.example/x?sig=1&b='", "https://a.example/y"];

const page = (batch_id: string, more: Partial<Manifest>): Manifest => ({
  format: "csv",
  as_of: "2026-11-29T21:00:00.000Z",
  items: [{ batch_id, download_url: "u", expires_at: "2026-11-29T22:00:00.000Z" }],
  unchanged: [],
  left_out: [],
  next_cursor: null,
  ...more,
});

describe("a line that reads files which were handed out", () => {
  it("is SQL in which no URL ends its own text", () => {
    expect(duckdbLine(urls, "parquet")).toBe(
      "FROM read_parquet(['https://a.example/x?sig=1&b=''', 'https://a.example/y'], union_by_name = true);",
    );
    expect(duckdbLine(["u"], "csv")).toContain("read_csv(['u']");
  });

  it("is Python in which no URL ends its own text", () => {
    expect(pandasLine(['a"b'], "csv")).toContain('pd.read_csv(url) for url in ["a\\"b"]');
    expect(pandasLine(urls, "parquet")).toContain("pd.read_parquet(url)");
  });
});

describe("a dataset's manifest", () => {
  it("of several pages is one, as of the first of them", () => {
    const first = page("a", { next_cursor: "c", unchanged: [{ batch_id: "u" }] });
    const second = page("b", {
      as_of: "2026-11-29T21:30:00.000Z",
      left_out: [{ batch_id: "l", reason: "in quarantine" }],
    });
    const whole = joined(first, second);
    expect(whole.items.map(({ batch_id }) => batch_id)).toEqual(["a", "b"]);
    expect([whole.as_of, whole.next_cursor]).toEqual([first.as_of, null]);
    expect([whole.unchanged.length, whole.left_out.length]).toEqual([1, 1]);
  });

  it("is good until the first of its links expires", () => {
    const early = { batch_id: "b", download_url: "u", expires_at: "2026-11-29T21:10:00.000Z" };
    const { items } = page("a", {});
    expect(firstExpiry([...items, early])).toBe(early.expires_at);
    expect(firstExpiry([])).toBeNull();
  });
});
