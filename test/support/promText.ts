/**
 * A strict reader of the Prometheus text exposition format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): it throws for whatever the format
 * does not allow, and for what a server of Prometheus would refuse or warn of.
 */

export interface PromSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PromFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly PromSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const NUMBER = "[+-]Inf|NaN|-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?";
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (${NUMBER})$`);
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];

const unescaped = (text: string): string =>
  text.replaceAll(/\\([\\"n])/g, (_, letter) => (letter === "n" ? "\n" : letter));

const labelsOf = (text: string): Readonly<Record<string, string>> => {
  const labels: Record<string, string> = {};
  for (const [pair] of text.matchAll(new RegExp(LABEL, "g"))) {
    const at = pair.indexOf("=");
    const label = pair.slice(0, at);
    if (label in labels) throw new Error(`label ${label} twice`);
    if (label.startsWith("__")) throw new Error(`label ${label} is Prometheus' own`);
    labels[label] = unescaped(pair.slice(at + 2, -1));
  }
  return labels;
};

/** The families of a whole exposition, in order. */
export const readExposition = (text: string): readonly PromFamily[] => {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families: { name: string; type: string; help: string; samples: PromSample[] }[] = [];
  const seen = new Set<string>();
  let help: { name: string; text: string } | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    const helped = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\[\\\\n])+)$`).exec(line);
    if (helped) {
      const [, name = "", words = ""] = helped;
      help = { name, text: unescaped(words) };
      continue;
    }
    const typed = new RegExp(`^# TYPE (${NAME}) (\\w+)$`).exec(line);
    if (typed) {
      const [, name = "", type = ""] = typed;
      if (!TYPES.includes(type)) throw new Error(`no such type: ${line}`);
      if (help?.name !== name) throw new Error(`no HELP before: ${line}`);
      if (families.some((each) => each.name === name)) throw new Error(`a family twice: ${line}`);
      families.push({ name, type, help: help.text, samples: [] });
      continue;
    }
    const [, name = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (name === "") throw new Error(`no line of the format: ${JSON.stringify(line)}`);
    const family = families.at(-1);
    if (family === undefined || !belongs(name, family)) throw new Error(`no TYPE before: ${line}`);
    const sample = { name, labels: labelsOf(labels), value: numberOf(value) };
    const key = `${name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(key)) throw new Error(`a series twice: ${line}`);
    seen.add(key);
    family.samples.push(sample);
  }
  for (const family of families) check(family);
  return families;
};

const numberOf = (text: string): number =>
  text === "+Inf" ? Number.POSITIVE_INFINITY : text === "-Inf" ? -Infinity : Number(text);

const belongs = (name: string, { name: family, type }: PromFamily): boolean =>
  type === "histogram"
    ? [`${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name)
    : name === family;

const check = (family: PromFamily): void => {
  const { name, type, samples } = family;
  if (samples.length === 0) throw new Error(`${name} has no samples`);
  if (type === "counter" && !name.endsWith("_total")) throw new Error(`${name} is no counter's`);
  if (type === "counter" && samples.some(({ value }) => !(value >= 0))) {
    throw new Error(`${name} counts down`);
  }
  if (type === "histogram") checkHistogram(family);
};

const checkHistogram = ({ name, samples }: PromFamily): void => {
  const groups = new Map<string, PromSample[]>();
  for (const sample of samples) {
    const { le: _, ...rest } = sample.labels;
    const key = JSON.stringify(rest);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => numberOf(labels.le ?? "none"));
    const rising = (values: readonly number[], strictly: boolean) =>
      values.every((value, n) => {
        const before = values[n - 1];
        return before === undefined || (strictly ? value > before : value >= before);
      });
    if (!rising(bounds, true)) throw new Error(`${name} ${key}: bounds do not rise`);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name} ${key}: no +Inf`);
    const counts = buckets.map(({ value }) => value);
    if (!rising(counts, false)) throw new Error(`${name} ${key}: buckets are not cumulative`);
    const only = (suffix: string): number => {
      const [one, more] = group.filter((sample) => sample.name === `${name}${suffix}`);
      if (one === undefined || more) throw new Error(`${name} ${key}: not one ${suffix}`);
      return one.value;
    };
    if (only("_count") !== counts.at(-1)) throw new Error(`${name} ${key}: counts differ`);
    if (!(only("_sum") >= 0)) throw new Error(`${name} ${key}: a sum below 0`);
  }
};
