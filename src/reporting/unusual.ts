/**
 * What counts as an unusual volume of accesses: a day on which somebody did something with a dataset
 * at least `UNUSUAL_COUNT` times and more often than the mean of the `USUAL_DAYS` days before and
 * `UNUSUAL_DEVIATIONS` standard deviations (of the population). Days without access are days like
 * any other, so for somebody who is new every larger count is unusual.
 */

export const USUAL_DAYS = 28;
export const UNUSUAL_DEVIATIONS = 3;
/** As the condition of the index `access_daily_busy` has it. */
export const UNUSUAL_COUNT = 20;

/** Of the counts of the `USUAL_DAYS` days before. */
export interface Usual {
  readonly sum: number;
  readonly sum_of_squares: number;
}

/** Without roots or quotients: exact, as long as the counts are. */
export const isUnusual = (count: number, { sum, sum_of_squares }: Usual): boolean => {
  const over = USUAL_DAYS * count - sum;
  const variance = USUAL_DAYS * sum_of_squares - sum * sum;
  return count >= UNUSUAL_COUNT && over > 0 && over * over > UNUSUAL_DEVIATIONS ** 2 * variance;
};

/** The same in words of statistics, for a person to see. */
export const usualOf = ({ sum, sum_of_squares }: Usual) => {
  const usual_mean = sum / USUAL_DAYS;
  const variance = Math.max(0, sum_of_squares / USUAL_DAYS - usual_mean ** 2);
  const usual_deviation = Math.sqrt(variance);
  const threshold = Math.max(UNUSUAL_COUNT, usual_mean + UNUSUAL_DEVIATIONS * usual_deviation);
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return {
    usual_mean: rounded(usual_mean),
    usual_deviation: rounded(usual_deviation),
    threshold: rounded(threshold),
  };
};
