/** What comes out: one line a figure, with the ratio that is promised and whether it is kept. */

export interface Figure {
  readonly what: string;
  /** Lethe's own value, with its unit. */
  readonly lethe: string;
  /** What it is compared with. */
  readonly against: string;
  readonly ratio: number | null;
  /** The lowest and the highest ratio, where it was taken several times and the median counts. */
  readonly range?: readonly [number, number];
  readonly wanted: { readonly at_least: number } | { readonly at_most: number } | null;
}

export const rate = (perSecond: number, unit = "/s"): string =>
  `${perSecond >= 100 ? Math.round(perSecond).toLocaleString("en") : perSecond.toFixed(1)}${unit}`;

export const ms = (milliseconds: number): string => `${milliseconds.toFixed(2)} ms`;

export const kept = ({ ratio, wanted }: Figure): boolean | null => {
  if (wanted === null || ratio === null) return null;
  return "at_least" in wanted ? ratio >= wanted.at_least : ratio <= wanted.at_most;
};

const ratioOf = ({ ratio, range }: Figure): string => {
  if (ratio === null) return "";
  const [lowest, highest] = (range ?? []).map((bound) => bound.toFixed(2));
  return ratio.toFixed(2) + (range ? ` (${lowest} to ${highest})` : "");
};

const HEADS = ["figure", "Lethe", "against", "ratio", "wanted", ""] as const;

const cells = (figure: Figure): readonly string[] => {
  const { what, lethe, against, wanted } = figure;
  const verdict = kept(figure);
  return [
    what,
    lethe,
    against,
    ratioOf(figure),
    wanted === null ? "" : "at_least" in wanted ? `≥ ${wanted.at_least}` : `≤ ${wanted.at_most}`,
    verdict === null ? "" : verdict ? "kept" : "MISSED",
  ];
};

/** For the terminal. */
export const table = (figures: readonly Figure[]): string => {
  const rows = [HEADS, ...figures.map(cells)];
  const widths = HEADS.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

/** For the README. */
export const markdown = (figures: readonly Figure[]): string =>
  [HEADS.slice(0, -1), HEADS.slice(0, -1).map(() => "---"), ...figures.map(cells)]
    .map((row) => `| ${row.slice(0, HEADS.length - 1).join(" | ")} |`)
    .join("\n");
