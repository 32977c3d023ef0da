/**
 * One entry for each quality rule: which operands it takes, how they are written after the colon,
 * and what rule they make. The string form and the object form both end here, so they cannot
 * come to mean different things.
 */
import { err, ok, type Result } from "../decider.ts";
import { listed, quoted } from "./issue.ts";
import { OPERATORS, type Operator, type RuleBody, TABLE } from "./qualityRule.ts";

export const MAX_LIST_VALUES = 500;
export const MAX_PATTERN_CHARS = 1000;
export const MAX_UNIQUE_COLUMNS = 16;

/** Operands by name, as texts. `value` is the operand as it is written after the colon. */
export interface Operands {
  readonly value?: string;
  readonly values?: readonly string[];
  readonly min?: string;
  readonly max?: string;
  readonly pattern?: string;
  readonly columns?: readonly string[];
  readonly column?: string;
  readonly max_age?: string;
  readonly scope?: string;
}

export type OperandName = keyof Operands;

export interface BodyAndText {
  readonly body: RuleBody;
  readonly text: string;
}

interface RuleForm {
  readonly scope: "column" | "table" | "both";
  /** Operands of the object form besides `value`. */
  readonly operands: readonly OperandName[];
  /** Takes the text after the colon apart. */
  readonly read: (text: string) => Operands;
  readonly build: (operands: Operands, column: string) => Result<BodyAndText, string>;
}

const splitList = (text: string): readonly string[] => text.split(",").map((part) => part.trim());

const pair = (text: string): Operands => {
  const [min = "", max, ...rest] = splitList(text);
  if (max === undefined || rest.length > 0) return { value: text };
  return { ...(min === "" ? {} : { min }), ...(max === "" ? {} : { max }) };
};

const bare = (body: RuleBody & { kind: "not_null" | "type" | "not_future" }): RuleForm => ({
  scope: "column",
  operands: [],
  read: (value) => ({ value }),
  build: ({ value }) =>
    value === undefined || value === ""
      ? ok({ body, text: body.kind })
      : err(`${body.kind} takes no operand`),
});

const compare = (operator: Operator): RuleForm => ({
  scope: "column",
  operands: [],
  read: (value) => ({ value }),
  // The empty text has no order; to be equal to it is said by the object form alone.
  build: ({ value }) =>
    value === undefined || (value === "" && operator !== "==" && operator !== "!=")
      ? err(`${operator} needs a value to compare with`)
      : ok({ body: { kind: "compare", operator, value }, text: operator + (value || '""') }),
});

const membership = (kind: "in" | "not_in"): RuleForm => ({
  scope: "column",
  operands: ["values"],
  read: (text) => (text === "" ? {} : { values: splitList(text) }),
  build: ({ values = [] }) => {
    if (values.length === 0) return err(`${kind} needs a list of values, such as ${kind}:a,b`);
    if (values.length > MAX_LIST_VALUES)
      return err(`${kind} takes at most ${MAX_LIST_VALUES} values`);
    return ok({ body: { kind, values }, text: `${kind}:${values.join(",")}` });
  },
});

const matches: RuleForm = {
  scope: "column",
  operands: ["pattern"],
  read: (pattern) => ({ pattern }),
  build: ({ pattern = "" }) => {
    if (pattern === "") return err("matches needs a regular expression");
    if (pattern.length > MAX_PATTERN_CHARS)
      return err(`a pattern has at most ${MAX_PATTERN_CHARS} characters`);
    return ok({ body: { kind: "matches", pattern }, text: `matches:${pattern}` });
  },
};

const between: RuleForm = {
  scope: "column",
  operands: ["min", "max"],
  read: pair,
  build: ({ min, max }) =>
    min === undefined || max === undefined
      ? err("between needs a lower and an upper bound, such as between:1,5")
      : ok({ body: { kind: "between", min, max }, text: `between:${min},${max}` }),
};

/** Whole numbers small enough to be counts of rows or characters. */
const parseCount = (text: string): number | undefined =>
  /^\d{1,15}$/.test(text) ? Number(text) : undefined;

interface Range {
  readonly min: number | null;
  readonly max: number | null;
}

const countRange = ({ min, max }: Operands, hint: string): Result<Range, string> => {
  if (min === undefined && max === undefined) return err(hint);
  const low = min === undefined ? null : parseCount(min);
  const high = max === undefined ? null : parseCount(max);
  if (low === undefined || high === undefined) return err(`bounds are whole numbers from 0`);
  if (low !== null && high !== null && low > high) return err(`no number lies in ${low},${high}`);
  return ok({ min: low, max: high });
};

const length: RuleForm = {
  scope: "column",
  operands: ["min", "max"],
  read: pair,
  build: (operands) => {
    const range = countRange(operands, "length needs bounds, such as length:1,80 or length:1,");
    if (!range.ok) return range;
    const { min, max } = range.value;
    return ok({ body: { kind: "length", min, max }, text: `length:${min ?? ""},${max ?? ""}` });
  },
};

const COUNT_COMPARISON = /^(>=|<=|==|>|<)\s*(\d{1,15})$/;

/** `>=1` and the like as bounds; anything else is left to be refused as a pair. */
const readRowCount = (text: string): Operands => {
  const [, operator, digits = ""] = COUNT_COMPARISON.exec(text) ?? [];
  const count = Number(digits);
  switch (operator) {
    case ">=":
      return { min: digits };
    case ">":
      return { min: String(count + 1) };
    case "<=":
      return { max: digits };
    case "<":
      return count === 0 ? { max: "-1" } : { max: String(count - 1) };
    case "==":
      return { min: digits, max: digits };
    default:
      return pair(text);
  }
};

const rowCount: RuleForm = {
  scope: "table",
  operands: ["min", "max"],
  read: readRowCount,
  build: (operands) => {
    const range = countRange(operands, "row_count needs bounds, such as row_count:>=1");
    if (!range.ok) return range;
    const { min, max } = range.value;
    const bounds =
      max === null ? `>=${min}` : min === null ? `<=${max}` : min === max ? `==${min}` : null;
    const text = `row_count:${bounds ?? `${min},${max}`}`;
    return ok({ body: { kind: "row_count", min, max }, text });
  },
};

const SCOPES = ["batch", "dataset"] as const;
type Scope = (typeof SCOPES)[number];

/** Another name for `unique` in the scope of the dataset, so that a string can say it too. */
const UNIQUE_NAMES = { batch: "unique", dataset: "unique_in_dataset" } as const;

const uniqueIn = (fixed: Scope | null): RuleForm => ({
  scope: "both",
  operands: fixed === null ? ["columns", "scope"] : ["columns"],
  read: (text) => (text === "" ? {} : { columns: splitList(text) }),
  build: ({ columns, scope: said = "batch" }, column) => {
    const scope = fixed ?? SCOPES.find((known) => known === said);
    if (scope === undefined) return err(`the scope of unique is ${listed(SCOPES)}`);
    const name = UNIQUE_NAMES[scope];
    if (column !== TABLE) {
      if (columns !== undefined) return err(`${name} lists columns only under "*"`);
      return ok({ body: { kind: "unique", columns: [column], scope }, text: name });
    }
    if (columns === undefined || columns.includes(""))
      return err(`${name} under "*" needs columns, such as ${name}:a,b`);
    if (columns.length > MAX_UNIQUE_COLUMNS)
      return err(`${name} takes at most ${MAX_UNIQUE_COLUMNS} columns`);
    if (new Set(columns).size < columns.length) return err(`${name} names a column twice`);
    return ok({ body: { kind: "unique", columns, scope }, text: `${name}:${columns.join(",")}` });
  },
});

const MS_PER_UNIT = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const freshness: RuleForm = {
  scope: "table",
  operands: ["column", "max_age"],
  read: (text) => {
    const comma = text.lastIndexOf(",");
    if (comma < 0) return {};
    return { column: text.slice(0, comma).trim(), max_age: text.slice(comma + 1).trim() };
  },
  build: ({ column = "", max_age = "" }) => {
    const [, count = "", unit] = /^([1-9]\d{0,5})([mhd])$/.exec(max_age) ?? [];
    if (column === "" || (unit !== "m" && unit !== "h" && unit !== "d"))
      return err("freshness needs a column and an age in m, h or d, such as freshness:seen_at,24h");
    return ok({
      body: { kind: "freshness", of: column, max_age_ms: Number(count) * MS_PER_UNIT[unit] },
      text: `freshness:${column},${max_age}`,
    });
  },
};

const FORMS: ReadonlyMap<string, RuleForm> = new Map<string, RuleForm>([
  ...OPERATORS.map((operator): [string, RuleForm] => [operator, compare(operator)]),
  ["not_null", bare({ kind: "not_null" })],
  ["unique", uniqueIn(null)],
  ["unique_in_dataset", uniqueIn("dataset")],
  ["in", membership("in")],
  ["not_in", membership("not_in")],
  ["matches", matches],
  ["between", between],
  ["length", length],
  ["type", bare({ kind: "type" })],
  ["not_future", bare({ kind: "not_future" })],
  ["row_count", rowCount],
  ["freshness", freshness],
]);

const SPLIT_HEAD = /^(>=|<=|==|!=|>|<|[^\s:<>=!]+)\s*(:?)([\s\S]*)$/;

/** `in:a,b` -> `in` and `a,b`; `>0` -> `>` and `0`. The operand is undefined when there is none. */
export const splitRule = (text: string): { name: string; operand: string | undefined } => {
  const [, name = text, colon = "", rest = ""] = SPLIT_HEAD.exec(text) ?? [];
  return { name, operand: colon === "" && rest === "" ? undefined : rest.trim() };
};

/** The operands an object may carry for that rule; undefined when there is no such rule. */
export const operandNames = (name: string): readonly OperandName[] | undefined => {
  const form = FORMS.get(name);
  return form && ["value", ...form.operands];
};

/** Makes the rule, or says in words for the client why it cannot be made. */
export const buildRule = (
  name: string,
  operands: Operands,
  column: string,
): Result<BodyAndText, string> => {
  const form = FORMS.get(name);
  if (form === undefined)
    return err(
      `unknown rule ${quoted(name)}; known are ${listed([...FORMS.keys()])}. A value that itself ` +
        `contains " and " goes into the object form, such as {"rule": "==", "value": "…"}`,
    );
  if (form.scope === "table" && column !== TABLE) return err(`${name} stands only under "*"`);
  if (form.scope === "column" && column === TABLE)
    return err(`${name} is a rule on a column; under "*" stand row_count, unique and freshness`);
  const { value, ...named } = operands;
  return form.build(value === undefined ? named : { ...form.read(value), ...named }, column);
};
