/**
 * Quality rules and privacy strategies as rows of a form, and back. Every rule of the grammar has a
 * row; what somebody has written in a form that no row has is kept as its JSON, and lost by nobody.
 */

export interface QualityRow {
  /** `*`: the table as a whole. */
  readonly column: string;
  readonly kind: string;
  readonly value: string;
  /** Empty: as Lethe does unless told, the batch fails. */
  readonly on_fail: string;
  readonly threshold: string;
}

export interface QualityKind {
  readonly kind: string;
  readonly label: string;
  /** What has to be said besides; null: nothing. */
  readonly wants: string | null;
}

/** Of a column. */
export const COLUMN_KINDS: readonly QualityKind[] = [
  { kind: "not_null", label: "is never empty", wants: null },
  { kind: "unique", label: "is unique in the batch", wants: null },
  { kind: "unique_in_dataset", label: "is unique in the dataset", wants: null },
  { kind: ">", label: "is more than", wants: "0" },
  { kind: ">=", label: "is at least", wants: "0" },
  { kind: "<", label: "is less than", wants: "100" },
  { kind: "<=", label: "is at most", wants: "100" },
  { kind: "==", label: "is", wants: "value" },
  { kind: "!=", label: "is not", wants: "value" },
  { kind: "between", label: "is between", wants: "1,5" },
  { kind: "in", label: "is one of", wants: "a,b,c" },
  { kind: "not_in", label: "is none of", wants: "a,b,c" },
  { kind: "matches", label: "matches", wants: "[A-Z]{2}[0-9]+" },
  { kind: "length", label: "has a length of", wants: "1,80" },
  { kind: "type", label: "is of its type", wants: null },
  { kind: "not_future", label: "is not in the future", wants: null },
];

/** Of the table as a whole. */
export const TABLE_KINDS: readonly QualityKind[] = [
  { kind: "row_count", label: "the number of rows is", wants: ">=1" },
  { kind: "unique", label: "unique together", wants: "a,b" },
  { kind: "unique_in_dataset", label: "unique together in the dataset", wants: "a,b" },
  { kind: "freshness", label: "is fresh", wants: "column,24h" },
];

export const TABLE = "*";
/** A rule that is kept as it was written. */
export const AS_WRITTEN = "json";

export const kindsOf = (column: string): readonly QualityKind[] =>
  column === TABLE ? TABLE_KINDS : COLUMN_KINDS;

const OPERATOR = /^(>=|<=|==|!=|>|<)([\s\S]*)$/;

const textOf = ({ kind, value }: QualityRow): string =>
  OPERATOR.test(kind) ? `${kind}${value.trim()}` : value === "" ? kind : `${kind}:${value}`;

/** The kind and value of a rule's text; null for one that no row has. */
const readText = (column: string, text: string): Pick<QualityRow, "kind" | "value"> | null => {
  const [, operator, operand = ""] = OPERATOR.exec(text) ?? [];
  const [, name = "", value = ""] = /^(\w+)(?::([\s\S]*))?$/.exec(text) ?? [];
  const read = operator === undefined ? { kind: name, value } : { kind: operator, value: operand };
  return kindsOf(column).some(({ kind }) => kind === read.kind) ? read : null;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const rowsOf = (column: string, entry: unknown): readonly QualityRow[] => {
  const written = {
    column,
    kind: AS_WRITTEN,
    value: JSON.stringify(entry),
    on_fail: "",
    threshold: "",
  };
  const { rule, on_fail = "", threshold = "", ...more } = isRecord(entry) ? entry : { rule: entry };
  const plain = typeof rule === "string" && typeof on_fail === "string";
  if (!plain || Object.keys(more).length > 0) return [written];
  const read = rule.split(/\s+and\s+/i).map((text) => readText(column, text.trim()));
  return read.every((one) => one !== null)
    ? read.map((one) => ({ column, ...one, on_fail, threshold: String(threshold) }))
    : [written];
};

export const qualityRows = (rules: Readonly<Record<string, unknown>>): readonly QualityRow[] =>
  Object.entries(rules).flatMap(([column, entry]) =>
    (Array.isArray(entry) ? entry : [entry]).flatMap((one) => rowsOf(column, one)),
  );

/** What is no JSON is sent as it is: Lethe says what is wrong with it. */
const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const entryOf = (row: QualityRow): unknown => {
  if (row.kind === AS_WRITTEN) return readJson(row.value);
  const { on_fail, threshold } = row;
  const rule = textOf(row);
  if (on_fail === "" && threshold === "") return rule;
  return {
    rule,
    ...(on_fail === "" ? {} : { on_fail }),
    ...(threshold === ""
      ? {}
      : { threshold: /^\d+$/.test(threshold) ? Number(threshold) : threshold }),
  };
};

export const qualityRules = (rows: readonly QualityRow[]): Record<string, unknown> => {
  const rules = new Map<string, unknown[]>();
  for (const row of rows) {
    if (row.column === "") continue;
    rules.set(row.column, [...(rules.get(row.column) ?? []), entryOf(row)]);
  }
  return Object.fromEntries(
    [...rules].map(([column, all]) => [column, all.length === 1 ? all[0] : all]),
  );
};

export interface PrivacyRow {
  readonly column: string;
  readonly strategy: string;
  /** Options that are set, as texts. */
  readonly options: Readonly<Record<string, string>>;
}

export interface StrategyOption {
  readonly name: string;
  readonly label: string;
  readonly form: "flag" | "number" | "numbers" | "text" | readonly string[];
}

export interface StrategyKind {
  readonly strategy: string;
  readonly label: string;
  readonly options: readonly StrategyOption[];
}

const buckets: StrategyOption = { name: "buckets", label: "Boundaries", form: "numbers" };

export const STRATEGIES: readonly StrategyKind[] = [
  {
    strategy: "mask",
    label: "mask: asterisks",
    options: [
      { name: "keep_first", label: "Show first", form: "number" },
      { name: "keep_last", label: "Show last", form: "number" },
      { name: "preserve_format", label: "Keep the format", form: "flag" },
    ],
  },
  { strategy: "hash", label: "hash: keyed, joins survive", options: [] },
  { strategy: "tokenize", label: "tokenize: keyed, same length", options: [] },
  {
    strategy: "pseudonymize",
    label: "pseudonymize: somebody who does not exist",
    options: [{ name: "as", label: "As", form: ["email", "name", "phone", "address"] }],
  },
  {
    strategy: "redact",
    label: "redact: a fixed text",
    options: [{ name: "text", label: "Text", form: "text" }],
  },
  { strategy: "nullify", label: "nullify: nothing", options: [] },
  { strategy: "suppress", label: "suppress: nothing", options: [] },
  {
    strategy: "generalize",
    label: "generalize: a range",
    options: [
      { name: "as", label: "As", form: ["age", "salary", "date", "zipcode"] },
      { name: "precision", label: "Date to the", form: ["year", "month"] },
      buckets,
    ],
  },
  {
    strategy: "bucket",
    label: "bucket: a range of one size",
    options: [{ name: "size", label: "Size", form: "number" }, buckets],
  },
  {
    strategy: "noise",
    label: "noise: a number nearby",
    options: [{ name: "percent", label: "Percent", form: "number" }],
  },
  {
    strategy: "date_shift",
    label: "date_shift: a date nearby",
    options: [{ name: "days", label: "Days", form: "number" }],
  },
  { strategy: "keep", label: "keep: as it is", options: [] },
];

export const optionsOf = (strategy: string): readonly StrategyOption[] =>
  STRATEGIES.find((one) => one.strategy === strategy)?.options ?? [];

export const privacyRows = (rules: Readonly<Record<string, unknown>>): readonly PrivacyRow[] =>
  Object.entries(rules).map(([column, entry]) => {
    const { strategy, ...options } = isRecord(entry) ? entry : { strategy: entry };
    return {
      column,
      strategy: String(strategy),
      options: Object.fromEntries(
        Object.entries(options).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(", ") : String(value),
        ]),
      ),
    };
  });

/** A number as JSON has it, or as a text where JSON would round it. */
const numberOf = (text: string): number | string =>
  String(Number(text)) === text ? Number(text) : text;

const optionValue = (form: StrategyOption["form"] | undefined, text: string): unknown => {
  if (form === "number") return numberOf(text.trim());
  if (form === "numbers") return text.split(",").map((one) => numberOf(one.trim()));
  // `preserve_null`, which every strategy has, is a flag too.
  return form === "flag" || form === undefined ? text === "true" : text;
};

export const privacyRules = (rows: readonly PrivacyRow[]): Record<string, unknown> =>
  Object.fromEntries(
    rows
      .filter(({ column }) => column !== "")
      .map(({ column, strategy, options }) => {
        const set = Object.entries(options).filter(([, text]) => text !== "");
        if (set.length === 0) return [column, strategy];
        const forms = new Map(optionsOf(strategy).map(({ name, form }) => [name, form]));
        const values = set.map(([name, text]) => [name, optionValue(forms.get(name), text)]);
        return [column, { strategy, ...Object.fromEntries(values) }];
      }),
  );
