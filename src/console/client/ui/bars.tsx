/**
 * Bars over days or months. The figures stand in a table beside them: the picture shows the course,
 * and says to those who do not see it how much there was and when the most.
 */
import { count, plural } from "../format.ts";
import type { Bar } from "../reports.ts";

/** Of the drawing; it is stretched to the place that it has. */
const HEIGHT = 100;
const STEP = 10;
const WIDTH = 8;

const heightOf = (value: number, most: number): number =>
  // Something is never nothing to be seen.
  value === 0 ? 0 : Math.max(1.5, (value / most) * HEIGHT);

interface BarsProps {
  /** What is counted: one of it, and many. */
  readonly one: string;
  readonly many: string;
  readonly bars: readonly Bar[];
}

export const Bars = ({ one, many, bars }: BarsProps) => {
  const most = bars.reduce((found, { value }) => Math.max(found, value), 0);
  const total = bars.reduce((sum, { value }) => sum + value, 0);
  const peak = bars.find(({ value }) => value === most);
  const told =
    most === 0
      ? `No ${many} at all.`
      : `${plural(total, one, many)}. The most: ${peak?.label}, with ${count(most)}.`;
  return (
    <figure class="bars">
      <p class="bars-most" aria-hidden="true">
        {count(most)}
      </p>
      <svg
        viewBox={`0 0 ${Math.max(1, bars.length) * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={told}
      >
        {bars.map(({ label, value }, at) => (
          <rect
            key={label}
            x={at * STEP + (STEP - WIDTH) / 2}
            y={HEIGHT - heightOf(value, most)}
            width={WIDTH}
            height={heightOf(value, most)}
          >
            <title>{`${label}: ${count(value)}`}</title>
          </rect>
        ))}
      </svg>
      <p class="bars-ends" aria-hidden="true">
        <span>{bars[0]?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </p>
      <figcaption>{told}</figcaption>
    </figure>
  );
};
