/** What is simulated, as it is asked for on the command line. */
import type { World } from "./model.ts";

type Given = Pick<World, "delivery_every_ms">;

/** Options by name, the number each stands for, and what it may be. */
const OPTIONS = {
  lakes: ["lakes", 1, 100_000, true],
  "events-per-day": ["events_per_day", 1, 1e12, false],
  skew: ["skew", 0, 3, false],
  accesses: ["accesses", 0, 1, false],
  counts: ["counts_per_day", 1, 1e9, false],
  peak: ["peak", 1, 24, false],
  growth: ["growth", -0.99, 100, false],
  years: ["years", 0.01, 50, false],
  "arrival-days": ["arrival_days", 0, 36_500, false],
  "batch-ms": ["batch_ms", 0, 30_000, false],
  seed: ["seed", 0, 2 ** 32 - 1, true],
} as const satisfies Readonly<
  Record<string, readonly [keyof World, least: number, most: number, whole: boolean]>
>;

export type Values = Readonly<Record<keyof typeof OPTIONS, string>>;

export type Read =
  | { readonly ok: true; readonly value: World }
  | { readonly ok: false; readonly error: string };

export const readWorld = (values: Values, given: Given): Read => {
  const numbers: Partial<Record<keyof World, number>> = {};
  for (const [option, [field, least, most, whole]] of Object.entries(OPTIONS)) {
    const text = values[option as keyof Values];
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      const kind = whole ? "a whole number" : "a number";
      const error = `--${option} must be ${kind} from ${least} to ${most}, not ${text}`;
      return { ok: false, error };
    }
    numbers[field] = value;
  }
  return { ok: true, value: { ...given, ...numbers } as World };
};
