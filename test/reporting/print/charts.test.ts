import { describe, expect, it } from "vitest";
import { bars, type Columns, columns, scale } from "../../../src/reporting/print/charts.ts";
import type { Html } from "../../../src/reporting/print/html.ts";
import { type Element, elementsIn, readMarkup, textOf } from "../../support/markup.ts";

const chartOf = (chart: Html): Element => readMarkup(chart.text);

const numbers = (element: Element, ...names: readonly string[]): readonly number[] =>
  names.map((name) => Number(element.attributes[name]));

/** Whatever of it would be cut off at the edge of the picture. */
const outside = (svg: Element): readonly string[] => {
  const [, , width = 0, height = 0] = (svg.attributes.viewBox ?? "").split(" ").map(Number);
  const drawn = elementsIn(svg).filter(({ attributes: { x, x1 } }) => x ?? x1);
  expect(drawn.length).toBeGreaterThan(3);
  return drawn.flatMap((element) => {
    const [x = 0, y = 0] =
      element.name === "line" ? numbers(element, "x1", "y1") : numbers(element, "x", "y");
    const [w = 0, h = 0] = element.name === "rect" ? numbers(element, "width", "height") : [0, 0];
    const fits = x >= 0 && y >= 0 && w >= 0 && h >= 0 && x + w <= width && y + h <= height;
    return fits ? [] : [`${element.name} ${JSON.stringify(element.attributes)}`];
  });
};

const days = (more: Partial<Columns> = {}): Columns => ({
  id: "days",
  title: "Requests by day",
  unit: "Requests",
  axis: "Day of the month",
  categories: Array.from({ length: 31 }, (_, day) => String(day + 1)),
  series: [
    { name: "Recorded", look: "plain", values: Array.from({ length: 31 }, (_, day) => day) },
    { name: "Completed", look: "solid", values: Array.from({ length: 31 }, () => 3) },
    { name: "Became overdue", look: "hatched", values: [...Array(30).fill(0), 1_000_000] },
  ],
  ...more,
});

const rects = (svg: Element, look: string): readonly Element[] =>
  elementsIn(svg, "rect").filter(({ attributes }) => attributes.class === look);

/** Without the one of the legend, which comes first. */
const drawn = (svg: Element, look: string): readonly Element[] => rects(svg, look).slice(1);

describe("a chart of columns", () => {
  it.each([
    ["beside each other", days()],
    ["on top of each other", days({ stacked: true })],
    ["of one day", days({ categories: ["1"] })],
    ["of nothing", days({ categories: [], series: [] })],
    ["with a mark behind the last", days({ mark: { before: 31, label: "" } })],
  ])("stays within its picture (%s)", (_, chart) => {
    expect(outside(chartOf(columns(chart)))).toEqual([]);
  });

  it("draws one column a value, and none for zero", () => {
    const svg = chartOf(columns(days()));
    expect(drawn(svg, "plain")).toHaveLength(30);
    expect(drawn(svg, "solid")).toHaveLength(31);
    expect(drawn(svg, "hatched")).toHaveLength(1);
  });

  it("draws columns as high as their values", () => {
    const values = [1, 2, 4, 8];
    const series = [{ name: "Only", look: "solid", values }] as const;
    const svg = chartOf(columns(days({ categories: ["a", "b", "c", "d"], series })));
    const heights = rects(svg, "solid").map(({ attributes }) => Number(attributes.height));
    const [first = 0] = heights;
    expect(heights.map((height) => height / first)).toEqual(
      values.map((value) => expect.closeTo(value, 2)),
    );
  });

  it("piles them up without gaps and without overlap", () => {
    const svg = chartOf(
      columns(
        days({
          stacked: true,
          categories: ["a"],
          series: [
            { name: "Lower", look: "solid", values: [3] },
            { name: "Upper", look: "solid", values: [5] },
          ],
        }),
      ),
    );
    const [, , lower, upper] = rects(svg, "solid").map((each) => numbers(each, "y", "height"));
    expect((upper?.[0] ?? 0) + (upper?.[1] ?? 0)).toBeCloseTo(lower?.[0] ?? 0, 1);
  });

  it("labels as many days as have room, and every one of twelve months", () => {
    const labelsOf = (chart: Columns) =>
      elementsIn(chartOf(columns(chart)), "text")
        .filter(({ attributes }) => attributes.class === "label")
        .map(textOf);
    expect(labelsOf(days())).toHaveLength(31 + 1);
    const dates = Array.from({ length: 31 }, (_, day) => `2026-10-${day + 1}`);
    const shown = labelsOf(days({ categories: dates }));
    expect(shown.length).toBeLessThan(12);
    expect(shown[0]).toBe("2026-10-1");
  });

  it("says in words what it shows, for those who cannot see it", () => {
    const svg = chartOf(columns(days({ title: "Requests <by> day" })));
    expect(svg.attributes.role).toBe("img");
    const [title] = elementsIn(svg, "title");
    expect(title?.attributes.id).toBe(svg.attributes["aria-labelledby"]);
    expect(title && textOf(title)).toBe("Requests <by> day");
  });
});

describe("a chart of bars", () => {
  const rows = [
    { label: "x".repeat(300), value: 1000 },
    { label: "\u{1F30A}".repeat(50), value: 1 },
    { label: "none", value: 0 },
  ];

  it("stays within its picture, however long the names and large the values", () => {
    const svg = chartOf(bars({ id: "bars", title: "Most accessed", rows }));
    expect(outside(svg)).toEqual([]);
    const texts = elementsIn(svg, "text").map(textOf);
    expect(Math.max(...texts.map((text) => [...text].length))).toBeLessThan(40);
    expect(texts.filter((text) => !text.isWellFormed())).toEqual([]);
  });

  it("draws a line at least for what is there, and nothing for what is not", () => {
    const svg = chartOf(bars({ id: "bars", title: "Most accessed", rows }));
    const [most = 0, least = 0, ...none] = rects(svg, "solid").map(({ attributes }) =>
      Number(attributes.width),
    );
    expect([most > 300, least >= 1, none]).toEqual([true, true, []]);
  });
});

describe("the scale of an axis", () => {
  it.each([
    [4, true, [0, 1, 2, 3, 4]],
    [5, true, [0, 1, 2, 3, 4, 5]],
    [87, true, [0, 20, 40, 60, 80, 100]],
    [1_200_000, true, [0, 500_000, 1_000_000, 1_500_000]],
    [0.04, false, [0, 0.01, 0.02, 0.03, 0.04]],
    [0.3, false, [0, 0.1, 0.2, 0.3]],
  ])("up to %j goes in round steps", (largest, whole, steps) => {
    expect(scale(largest, whole)).toEqual(steps);
  });

  it("always reaches what it is made for", () => {
    for (let value = 0.001; value < 1e9; value *= 1.37) {
      expect(scale(value, false).at(-1)).toBeGreaterThanOrEqual(value * (1 - 1e-9));
    }
  });
});
