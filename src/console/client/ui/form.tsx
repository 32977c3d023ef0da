/**
 * Forms: every field has a label, says what it wants, and shows beside it what Lethe finds wrong
 * with it (`errors[].path`). What belongs to no field is said above all of them.
 */
import { type ComponentChildren, createElement } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { errorsAt, errorsBeside, type Problem } from "../api/problem.ts";

export type Values = Readonly<Record<string, string>>;

export interface FormState<Names extends string> {
  readonly values: Readonly<Record<Names, string>>;
  readonly set: (name: Names, value: string) => void;
  readonly reset: () => void;
}

/** The texts of a form, by field. */
export const useForm = <Names extends string>(
  initial: Readonly<Record<Names, string>>,
): FormState<Names> => {
  const [values, setValues] = useState(initial);
  return {
    values,
    set: (name, value) => setValues((before) => ({ ...before, [name]: value })),
    reset: () => setValues(initial),
  };
};

interface FieldProps<Names extends string> {
  readonly form: FormState<Names>;
  readonly name: Names;
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly problem?: Problem | null;
  readonly required?: boolean;
  readonly kind?: "text" | "number" | "password" | "date" | "datetime-local" | "search" | "lines";
  readonly options?: readonly (readonly [value: string, label: string])[];
  readonly placeholder?: string;
}

/** A field of a form, with its label, hint and errors. */
export const Field = <Names extends string>({
  form,
  name,
  label,
  hint,
  problem = null,
  required = false,
  kind = "text",
  options,
  placeholder,
}: FieldProps<Names>) => {
  const id = useId();
  const errors = errorsAt(problem, name);
  const described = [hint === undefined ? "" : `${id}-hint`, errors.length > 0 ? `${id}-error` : ""]
    .join(" ")
    .trim();
  const common = {
    id,
    name,
    required,
    value: form.values[name],
    "aria-invalid": errors.length > 0,
    ...(described === "" ? {} : { "aria-describedby": described }),
    ...(placeholder === undefined ? {} : { placeholder }),
    autocomplete: "off",
    spellcheck: false,
    onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
      form.set(name, event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>
        {label}
        {required || options !== undefined ? null : <span class="optional"> (optional)</span>}
      </label>
      {options !== undefined ? (
        <select {...common}>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      ) : kind === "lines" ? (
        <textarea {...common} rows={4} />
      ) : (
        // Each kind of input has a type of its own, of which a variable is none.
        createElement("input", {
          ...common,
          type: kind,
          ...(kind === "datetime-local" ? { step: 1 } : {}),
        })
      )}
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {errors.length === 0 ? null : (
        <p class="error" id={`${id}-error`}>
          {errors.map(({ path, message }) => (
            <span key={path + message}>
              {path === name ? "" : `${path.slice(name.length + 1)}: `}
              {message}
            </span>
          ))}
        </p>
      )}
    </div>
  );
};

/** The refusal of a form: focused when it comes, so that nobody waits for what will not happen. */
export const FormRefusal = ({
  problem,
  fields,
}: {
  readonly problem: Problem;
  readonly fields: readonly string[];
}) => {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [problem]);
  const beside = errorsBeside(problem, fields);
  return (
    <div class="refusal" role="alert" tabIndex={-1} ref={box}>
      <p class="refusal-title">{problem.title}</p>
      <p>{problem.detail}</p>
      {beside.length === 0 ? null : (
        <ul>
          {beside.map(({ path, message }) => (
            <li key={path + message}>
              {path === "" ? "" : <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};

interface FormProps {
  readonly onSubmit: () => void;
  readonly busy: boolean;
  readonly problem: Problem | null;
  /** Names of the fields, whose errors they show themselves. */
  readonly fields: readonly string[];
  readonly submit: string;
  readonly children: ComponentChildren;
  readonly beside?: ComponentChildren;
}

export const Form = ({ onSubmit, busy, problem, fields, submit, children, beside }: FormProps) => (
  <form
    class="form"
    noValidate
    onSubmit={(event) => {
      event.preventDefault();
      onSubmit();
    }}
  >
    {problem === null ? null : <FormRefusal problem={problem} fields={fields} />}
    {children}
    <div class="form-end">
      <button type="submit" class="primary" aria-disabled={busy}>
        {busy ? "Working…" : submit}
      </button>
      {beside}
    </div>
  </form>
);
