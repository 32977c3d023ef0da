/** Several of a kind in a form: rows that are added, filled in and taken away. */
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

interface RowsProps<Row> {
  readonly legend: string;
  readonly hint?: ComponentChildren;
  readonly rows: readonly Row[];
  readonly onChange: (rows: readonly Row[]) => void;
  /** What a row begins as. */
  readonly fresh: () => Row;
  readonly add: string;
  readonly row: (
    row: Row,
    set: (change: Partial<Row>) => void,
    number: number,
  ) => ComponentChildren;
}

export const Rows = <Row extends object>({
  legend,
  hint,
  rows,
  onChange,
  fresh,
  add,
  row,
}: RowsProps<Row>) => {
  const box = useRef<HTMLFieldSetElement>(null);
  return (
    <fieldset class="rows" ref={box}>
      <legend>{legend}</legend>
      {hint === undefined ? null : <p class="hint">{hint}</p>}
      {rows.map((one, at) => (
        <div class="row" key={at}>
          {row(
            one,
            (change) =>
              onChange(
                rows.map((other, place) => (place === at ? { ...other, ...change } : other)),
              ),
            at + 1,
          )}
          <button
            type="button"
            class="quiet"
            aria-label={`Take away row ${at + 1} of ${legend.toLowerCase()}`}
            onClick={() => {
              onChange(rows.filter((_, place) => place !== at));
              box.current?.querySelector<HTMLElement>(".add")?.focus();
            }}
          >
            Take away
          </button>
        </div>
      ))}
      <button type="button" class="add" onClick={() => onChange([...rows, fresh()])}>
        {add}
      </button>
    </fieldset>
  );
};

interface CellProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly placeholder?: string;
}

/** A field within a row; its label is said, and stands above it. */
export const Cell = ({ label, value, onInput, options, placeholder }: CellProps) => {
  const id = useId();
  return (
    <div class="cell">
      <label for={id}>{label}</label>
      {options === undefined ? (
        <input
          id={id}
          value={value}
          placeholder={placeholder}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      ) : (
        <select id={id} value={value} onChange={(event) => onInput(event.currentTarget.value)}>
          {options.map(([one, text]) => (
            <option key={one} value={one}>
              {text}
            </option>
          ))}
        </select>
      )}
    </div>
  );
};

/** Columns to choose from: those of the schema, and the one that is chosen already. */
export const columnOptions = (
  columns: readonly string[],
  chosen: string,
  table = false,
): readonly (readonly [string, string])[] => {
  const all =
    chosen === "" || chosen === "*" || columns.includes(chosen) ? columns : [chosen, ...columns];
  return [
    ["", "Choose a column"],
    ...all.map((column) => [column, column] as const),
    ...(table ? [["*", "The whole table"] as const] : []),
  ];
};
