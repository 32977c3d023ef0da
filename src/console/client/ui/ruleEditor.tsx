/** Rules of a contract, a row each: what a column must be like, and what is made of it. */
import { errorsAt, type Problem } from "../api/problem.ts";
import {
  AS_WRITTEN,
  kindsOf,
  optionsOf,
  type PrivacyRow,
  type QualityRow,
  STRATEGIES,
  type StrategyOption,
} from "../rules.ts";
import { Cell, columnOptions, Rows } from "./rows.tsx";

interface EditorProps<Row> {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly onChange: (rows: readonly Row[]) => void;
  readonly problem: Problem | null;
}

const CONSEQUENCES = [
  ["", "fails the batch"],
  ["quarantine_rows", "rejects those rows"],
  ["warn", "is a warning"],
] as const;

/** What Lethe finds wrong with rules: their columns are in its paths. */
const RuleErrors = ({ problem, at }: { readonly problem: Problem | null; readonly at: string }) => {
  const errors = errorsAt(problem, at);
  return errors.length === 0 ? null : (
    <p class="error" role="alert">
      {errors.map(({ path, message }) => (
        <span key={path + message}>
          {path === at ? "" : `${path.slice(at.length + 1)}: `}
          {message}
        </span>
      ))}
    </p>
  );
};

const wantsOf = ({ column, kind }: QualityRow): string | null =>
  kind === AS_WRITTEN ? "" : (kindsOf(column).find((one) => one.kind === kind)?.wants ?? null);

export const QualityEditor = ({ columns, rows, onChange, problem }: EditorProps<QualityRow>) => (
  <>
    <Rows
      legend="Quality rules"
      hint="Checked over every row. An empty value passes every rule but “is never empty”."
      rows={rows}
      onChange={onChange}
      fresh={() => ({ column: "", kind: "not_null", value: "", on_fail: "", threshold: "" })}
      add="Add a quality rule"
      row={(row, set) => (
        <>
          <Cell
            label="Column"
            value={row.column}
            options={columnOptions(columns, row.column, true)}
            onInput={(column) => {
              const fits = kindsOf(column).some(({ kind }) => kind === row.kind);
              set(fits ? { column } : { column, kind: kindsOf(column)[0]?.kind ?? "", value: "" });
            }}
          />
          <Cell
            label="Rule"
            value={row.kind}
            options={[
              ...kindsOf(row.column).map(({ kind, label }) => [kind, label] as const),
              [AS_WRITTEN, "as written (JSON)"],
            ]}
            onInput={(kind) =>
              set({ kind, value: wantsOf({ ...row, kind }) === null ? "" : row.value })
            }
          />
          {wantsOf(row) === null ? null : (
            <Cell
              label="Value"
              value={row.value}
              placeholder={wantsOf(row) ?? ""}
              onInput={(value) => set({ value })}
            />
          )}
          <Cell
            label="A row that does not"
            value={row.on_fail}
            options={CONSEQUENCES}
            onInput={(on_fail) => set({ on_fail })}
          />
          <Cell
            label="Allowed"
            value={row.threshold}
            placeholder="none, 5 or 1%"
            onInput={(threshold) => set({ threshold })}
          />
        </>
      )}
    />
    <RuleErrors problem={problem} at="quality_rules" />
  </>
);

const Option = ({
  option: { name, label, form },
  row,
  set,
}: {
  readonly option: StrategyOption;
  readonly row: PrivacyRow;
  readonly set: (change: Partial<PrivacyRow>) => void;
}) => {
  const choices = form === "flag" ? ["true"] : typeof form === "string" ? undefined : form;
  return (
    <Cell
      label={label}
      value={row.options[name] ?? ""}
      {...(choices === undefined
        ? { placeholder: form === "numbers" ? "0, 18, 65" : "" }
        : {
            options: [
              ["", "unless said"] as const,
              ...choices.map((one) => [one, one === "true" ? "yes" : one] as const),
            ],
          })}
      onInput={(value) => set({ options: { ...row.options, [name]: value } })}
    />
  );
};

export const PrivacyEditor = ({ columns, rows, onChange, problem }: EditorProps<PrivacyRow>) => (
  <>
    <Rows
      legend="Privacy strategies"
      hint="Applied to every cell of their column before anything is published."
      rows={rows}
      onChange={onChange}
      fresh={() => ({ column: "", strategy: "hash", options: {} })}
      add="Add a privacy strategy"
      row={(row, set) => (
        <>
          <Cell
            label="Column"
            value={row.column}
            options={columnOptions(columns, row.column)}
            onInput={(column) => set({ column })}
          />
          <Cell
            label="Strategy"
            value={row.strategy}
            options={STRATEGIES.map(({ strategy, label }) => [strategy, label] as const)}
            onInput={(strategy) => set({ strategy, options: {} })}
          />
          {optionsOf(row.strategy).map((option) => (
            <Option key={option.name} option={option} row={row} set={set} />
          ))}
        </>
      )}
    />
    <RuleErrors problem={problem} at="privacy_rules" />
  </>
);
