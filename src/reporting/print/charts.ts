/**
 * Charts as inline SVG: no script, no style of their own but classes, everything inside the view
 * box. They are pictures of a table that stands in the same document: each says where.
 * Series are told apart by shade and pattern, so that a print without colours still says it.
 */
import { count } from "./figures.ts";
import { type Html, html } from "./html.ts";

/** How a series is drawn: an outline, filled, hatched. */
export type Look = "plain" | "solid" | "hatched";

export interface Series {
  readonly name: string;
  readonly look: Look;
  /** One a category, none negative. */
  readonly values: readonly number[];
}

export interface Columns {
  /** Unique in the document: of the title's id. */
  readonly id: string;
  /** What is shown, in one sentence, for those who cannot see it. */
  readonly title: string;
  readonly categories: readonly string[];
  readonly series: readonly Series[];
  /** Beside each other (default), or on top of each other. */
  readonly stacked?: boolean;
  /** How a value of the axis is written; whole numbers unless said. */
  readonly format?: (value: number) => string;
  /** The axis goes up to this at least. */
  readonly reaches?: number;
  /** What the values count, at the axis. */
  readonly unit: string;
  /** Below the categories. */
  readonly axis?: string;
  /** A line between two categories, left of the one with this index. */
  readonly mark?: { readonly before: number; readonly label: string };
}

const WIDTH = 680;
const PLOT = { left: 46, right: 672, top: 40, bottom: 186 } as const;
const LABEL_Y = PLOT.bottom + 15;
const AXIS_Y = LABEL_Y + 16;
/** Pixels that a label of a category takes, for so many characters. */
const LABEL_GAP = 8;
const CHARACTER = 5.4;
/** A chart of nothing but ones is not as tall as one of thousands. */
const LEAST = 4;

/** To a hundredth of a pixel: short, and the same everywhere. */
const px = (value: number): string => String(Math.round(value * 100) / 100);

/** Steps from zero to at least `largest`, five at most: 1, 2 or 5 times a power of ten. */
export const scale = (largest: number, whole: boolean): readonly number[] => {
  const rough = largest / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10]
    .map((times) => times * power)
    .find((each) => each * 5 >= largest * (1 - 1e-9));
  const size = Math.max(step ?? rough, whole ? 1 : 0);
  const steps = Math.ceil(largest / size);
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * size).toPrecision(12)));
};

/** Columns over categories: counts by day, by month, or by how long something took. */
export const columns = (chart: Columns): Html => {
  const { id, title, categories, series, stacked = false, unit, axis } = chart;
  const format = chart.format ?? count;
  const totals = categories.map((_, at) => series.map(({ values }) => values[at] ?? 0));
  const largest = Math.max(
    chart.reaches ?? LEAST,
    ...totals.map((values) =>
      stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values),
    ),
  );
  const ticks = scale(largest, chart.format === undefined);
  const top = ticks.at(-1) ?? 1;
  const y = (value: number) => PLOT.bottom - (value / top) * (PLOT.bottom - PLOT.top);
  const slot = (PLOT.right - PLOT.left) / Math.max(1, categories.length);
  const height = axis === undefined ? AXIS_Y - 8 : AXIS_Y + 6;
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}">
<title id="${id}">${title}</title>
${hatch(id)}
${ticks.map((tick) => gridLine(y(tick), format(tick)))}
<text class="unit" x="${PLOT.left}" y="${PLOT.top - 24}">${unit}</text>
${legend(id, series)}
${totals.map((values, at) => {
  const left = PLOT.left + at * slot;
  return stacked
    ? pile(id, series, values, left, slot, y)
    : group(id, series, values, left, slot, y);
})}
<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>
${labels(categories, slot)}
${axis === undefined ? null : html`<text class="label" x="${px((PLOT.left + PLOT.right) / 2)}" y="${AXIS_Y}">${axis}</text>`}
${chart.mark === undefined ? null : mark(PLOT.left + chart.mark.before * slot, chart.mark.label)}
</svg>`;
};

const gridLine = (y: number, label: string): Html =>
  html`<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${px(y)}" y2="${px(y)}"/><text class="tick" x="${PLOT.left - 6}" y="${px(y + 3.5)}">${label}</text>`;

const mark = (x: number, label: string): Html =>
  html`<line class="mark" x1="${px(x)}" x2="${px(x)}" y1="${PLOT.top - 6}" y2="${PLOT.bottom}"/><text class="mark-label" x="${px(x + 5)}" y="${PLOT.top + 4}">${label}</text>`;

/** As many labels as have room, beginning with the first. */
const labels = (categories: readonly string[], slot: number): readonly Html[] => {
  const longest = Math.max(0, ...categories.map((each) => each.length));
  const every = Math.max(1, Math.ceil((longest * CHARACTER + LABEL_GAP) / slot));
  return categories.flatMap((label, at) =>
    at % every === 0
      ? [
          html`<text class="label" x="${px(PLOT.left + (at + 0.5) * slot)}" y="${LABEL_Y}">${label}</text>`,
        ]
      : [],
  );
};

/** Of the patterns' ids, which a document has once for each chart. */
const hatch = (id: string): Html =>
  html`<defs><pattern id="${id}-hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="4" height="4"/><rect class="hatch-line" width="1.8" height="4"/></pattern></defs>`;

const bar = (id: string, look: Look, x: number, y: number, width: number, height: number): Html => {
  // An outline is drawn around its edge: half of it would lie outside.
  const inset = look === "solid" ? 0 : 0.4;
  const fill = look === "hatched" ? html` fill="url(#${id}-hatch)"` : null;
  return html`<rect class="${look}"${fill} x="${px(x + inset)}" y="${px(y + inset)}" width="${px(Math.max(0.2, width - 2 * inset))}" height="${px(Math.max(0.2, height - inset))}"/>`;
};

/** The bars of one place on the axis: `slot` wide, from `left`; `y` is the height of a value. */
type Place = (
  id: string,
  series: readonly Series[],
  values: readonly number[],
  left: number,
  slot: number,
  y: (value: number) => number,
) => readonly Html[];

const group: Place = (id, series, values, left, slot, y) => {
  const room = Math.min(slot * 0.78, 22 * series.length);
  const width = room / series.length;
  const start = left + (slot - room) / 2;
  return values.flatMap((value, at) =>
    value > 0
      ? [
          bar(
            id,
            series[at]?.look ?? "plain",
            start + at * width,
            y(value),
            width * 0.9,
            PLOT.bottom - y(value),
          ),
        ]
      : [],
  );
};

const pile: Place = (id, series, values, left, slot, y) => {
  const width = Math.min(slot * 0.72, 44);
  let below = 0;
  return values.flatMap((value, at) => {
    const from = below;
    below += value;
    return value > 0
      ? [
          bar(
            id,
            series[at]?.look ?? "plain",
            left + (slot - width) / 2,
            y(below),
            width,
            y(from) - y(below),
          ),
        ]
      : [];
  });
};

/** At the right end of the top, in the order of the series; none for one alone. */
const legend = (id: string, series: readonly Series[]): readonly Html[] => {
  if (series.length < 2) return [];
  const widths = series.map(({ name }) => 18 + name.length * 5.9 + 14);
  let x = PLOT.right - widths.reduce((sum, width) => sum + width, 0) + 14;
  return series.map(({ name, look }, at) => {
    const left = x;
    x += widths[at] ?? 0;
    return html`${bar(id, look, left, PLOT.top - 32, 11, 9)}<text class="legend" x="${px(left + 17)}" y="${PLOT.top - 24}">${name}</text>`;
  });
};

export interface Bars {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly {
    readonly label: string;
    readonly value: number;
    readonly look?: Look;
  }[];
  readonly format?: (value: number) => string;
}

const ROW = 21;
const BAR = { left: 232, right: 600 } as const;
/** Characters of a label that have room; the table has the whole. */
const MAX_LABEL = 38;

/** Bars from left to right, one a row, with label and value. */
export const bars = ({ id, title, rows, format = count }: Bars): Html => {
  const largest = Math.max(1e-9, ...rows.map(({ value }) => value));
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${rows.length * ROW + 6}" role="img" aria-labelledby="${id}">
<title id="${id}">${title}</title>
${hatch(id)}
${rows.map(({ label, value, look = "solid" }, at) => {
  const y = 3 + at * ROW;
  const width = (value / largest) * (BAR.right - BAR.left);
  return html`<text class="row-label" x="${BAR.left - 8}" y="${y + 13.5}">${shortened(label)}</text>${value > 0 ? bar(id, look, BAR.left, y + 3, Math.max(1, width), 13) : null}<text class="row-value" x="${px(BAR.left + width + 6)}" y="${y + 13.5}">${format(value)}</text>`;
})}
<line class="axis" x1="${BAR.left}" x2="${BAR.left}" y1="2" y2="${rows.length * ROW + 4}"/>
</svg>`;
};

/** By code points, from the middle: names often differ at their ends. */
const shortened = (label: string): string => {
  const characters = [...label];
  if (characters.length <= MAX_LABEL) return label;
  const half = Math.floor((MAX_LABEL - 1) / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
};
