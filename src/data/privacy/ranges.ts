/**
 * Numbers and dates made coarse: the label of the range a value lies in. Boundaries are decided in
 * exact decimal arithmetic, so 0.3 lies where a person says it does.
 */
import { invariant } from "../../domain/decider.ts";
import {
  compareDecimals,
  type Decimal,
  enclosingMultiples,
  formatDecimal,
  parseDecimal,
} from "../../domain/rules/decimal.ts";
import type { Precision } from "../../domain/rules/privacy.ts";
import type { TextWriter } from "./derivedTexts.ts";

const decimal = (text: string): Decimal => {
  const value = parseDecimal(text);
  invariant(value !== undefined, "a number is a decimal number");
  return value;
};

/** Names the range from `lower` to just below `upper`; `whole` where only integers lie in it. */
const rangeLabel = (lower: Decimal, upper: Decimal, whole: boolean): string => {
  if (!whole) return `${formatDecimal(lower)} to <${formatDecimal(upper)}`;
  const last = formatDecimal({ units: upper.units - 1n, scale: 0 });
  const first = formatDecimal(lower);
  return first.startsWith("-") ? `${first} to ${last}` : `${first}-${last}`;
};

/** `whole`: the column holds integers. In: the number as text. Out: such as `20-29`. */
export const bySize = (size: string, whole: boolean): ((text: string) => string) => {
  const step = decimal(size);
  return (text) => {
    const [lower, upper] = enclosingMultiples(decimal(text), step);
    return rangeLabel(lower, upper, whole);
  };
};

/** Boundaries ascend. Out: `<18`, `18-64` or `>=65`; on other than integers `18 to <65`. */
export const byBoundaries = (
  boundaries: readonly string[],
  whole: boolean,
): ((text: string) => string) => {
  const edges = boundaries.map(decimal);
  return (text) => {
    const value = decimal(text);
    const above = edges.findIndex((edge) => compareDecimals(value, edge) < 0);
    const upper = edges[above];
    const lower = above < 0 ? edges.at(-1) : edges[above - 1];
    if (lower === undefined) return `<${boundaries[0]}`;
    return upper === undefined ? `>=${formatDecimal(lower)}` : rangeLabel(lower, upper, whole);
  };
};

/** Ranges of whole units from 0; from `top` on everyone is in one, because few are up there. */
const byUnits = (size: string, top: string): ((text: string) => string) => {
  const [step, ceiling, zero] = [decimal(size), decimal(top), decimal("0")];
  return (text) => {
    const value = decimal(text);
    if (compareDecimals(value, zero) < 0) return "<0";
    if (compareDecimals(value, ceiling) >= 0) return `${top}+`;
    const [lower, upper] = enclosingMultiples(value, step);
    return rangeLabel(lower, upper, true);
  };
};

/** `30-39`, and `90+`: ages above 89 identify people (45 CFR 164.514(b)(2)(i)(C)). */
export const byAge = byUnits("10", "90");

/** `30000-39999`, and `200000+`. */
export const bySalary = byUnits("10000", "200000");

const DATE_CHARS = { year: "YYYY".length, month: "YYYY-MM".length } as const;

/** In: a date or datetime as ISO 8601 text. Out: its month or year. */
export const dateWriter =
  (precision: Precision): TextWriter =>
  (bytes, from, _to, into) =>
    into.copy(bytes, from, from + DATE_CHARS[precision]);
