/** How a CSV file is read: closed as long as nobody needs it, and filled in by what Lethe hints at. */
import type { Problem } from "../api/problem.ts";
import {
  DECIMALS,
  ENCODINGS,
  hintedReading,
  type ReadingField,
  readingOf,
  THOUSANDS,
} from "../reading.ts";
import { Field, type FormState } from "./form.tsx";

interface ReadingFieldsProps {
  readonly form: FormState<ReadingField>;
  readonly problem: Problem | null;
}

export const ReadingFields = ({ form, problem }: ReadingFieldsProps) => {
  const hinted = problem === null ? null : hintedReading(problem);
  const open = hinted !== null || readingOf(form.values) !== null;
  const fill = () => {
    for (const [name, value] of Object.entries(hinted ?? {})) {
      form.set(name as ReadingField, value);
    }
  };
  return (
    <details class="reading" open={open}>
      <summary>How the file is written</summary>
      <p class="note">
        Of a CSV file, where it is not as Lethe writes one and its contract does not say so.
      </p>
      {hinted === null ? null : (
        <button type="button" onClick={fill}>
          Fill in what the refusal hints at
        </button>
      )}
      <Field form={form} name="encoding" label="Encoding" options={ENCODINGS} />
      <Field form={form} name="delimiter" label="Between fields" placeholder=";" />
      <Field form={form} name="decimal_separator" label="Decimals" options={DECIMALS} />
      <Field form={form} name="thousands_separator" label="Groups of digits" options={THOUSANDS} />
      <Field form={form} name="date_format" label="Dates" placeholder="DD.MM.YYYY" />
      <Field
        form={form}
        name="datetime_format"
        label="Dates with times"
        placeholder="DD.MM.YYYY HH:mm:ss"
      />
      <Field
        form={form}
        name="null_values"
        label="What stands for nothing"
        hint="Several are parted by bars: NA|-"
      />
    </details>
  );
};
