import { describe, expect, test } from "vitest";
import { exposition } from "../../src/http/exposition.ts";
import { readExposition } from "../support/promText.ts";
import fc from "../support/property.ts";

describe("the text format of metrics", () => {
  test("is that of Prometheus 0.0.4, to the letter", () => {
    const text = exposition([
      {
        name: "lethe_x_total",
        type: "counter",
        help: "Back\\slash and\nnewline.",
        samples: [
          { labels: { lake_id: 'a"b\\c\nd', outcome: "ok" }, value: 3 },
          { labels: { lake_id: "e" }, value: 0.25 },
        ],
      },
      { name: "lethe_none", type: "gauge", help: "Nothing.", samples: [] },
      {
        name: "lethe_y",
        type: "gauge",
        help: "Y.",
        samples: [{ value: Number.POSITIVE_INFINITY }],
      },
    ]);
    expect(text).toBe(
      [
        "# HELP lethe_x_total Back\\\\slash and\\nnewline.",
        "# TYPE lethe_x_total counter",
        'lethe_x_total{lake_id="a\\"b\\\\c\\nd",outcome="ok"} 3',
        'lethe_x_total{lake_id="e"} 0.25',
        "# HELP lethe_y Y.",
        "# TYPE lethe_y gauge",
        "lethe_y +Inf",
        "",
      ].join("\n"),
    );
  });

  test("gives back every label and every number when it is read", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "binary" }), { minLength: 1 }),
        fc.double({ noNaN: true }),
        (texts, value) => {
          const samples = texts.map((lake_id) => ({ labels: { lake_id }, value }));
          const text = exposition([{ name: "x", type: "gauge", help: "X.", samples }]);
          const [family] = readExposition(text);
          expect(family?.samples.map(({ labels }) => labels.lake_id)).toEqual(texts);
          for (const sample of family?.samples ?? []) expect(sample.value === value).toBe(true);
        },
      ),
    );
  });
});

describe("the reader of the text format", () => {
  const head = "# HELP x X.\n# TYPE x gauge\n";

  test.each([
    ["no line's end", `${head}x 1`],
    ["no type", "x 1\n"],
    ["no help", "# TYPE x gauge\nx 1\n"],
    ["another family's sample", `${head}y 1\n`],
    ["a series twice", `${head}x{a="1"} 1\nx{a="1"} 2\n`],
    ["a family twice", `${head}x 1\n${head}x{a="b"} 1\n`],
    ["a label without quotation marks", `${head}x{a=1} 1\n`],
    ["a label that is not escaped", `${head}x{a="\\d"} 1\n`],
    ["a number that is none", `${head}x one\n`],
    ["an empty line", `${head}\nx 1\n`],
    ["a counter of another name", "# HELP x X.\n# TYPE x counter\nx 1\n"],
    [
      "buckets that are not cumulative",
      `# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    ],
    [
      "a histogram without an end",
      `# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_sum 1\nh_count 2\n`,
    ],
  ])("refuses %s", (_, text) => {
    expect(() => readExposition(text)).toThrow();
  });
});
