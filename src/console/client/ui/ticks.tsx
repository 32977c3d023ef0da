/** Several of a known few, each with what it means; what is wrong with the choice is said beside it. */
import { useId } from "preact/hooks";
import { errorsAt, type Problem } from "../api/problem.ts";
import type { Tick } from "../tick.ts";

interface TicksProps {
  readonly legend: string;
  /** As the body calls it, for the errors. */
  readonly name: string;
  readonly of: readonly Tick[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
  readonly problem: Problem | null;
}

export const Ticks = ({ legend, name, of, chosen, onChange, problem }: TicksProps) => {
  const id = useId();
  const errors = errorsAt(problem, name);
  const toggle = (value: string, on: boolean) =>
    onChange(on ? [...chosen, value] : chosen.filter((one) => one !== value));
  return (
    <fieldset class="ticks" {...(errors.length === 0 ? {} : { "aria-describedby": `${id}-error` })}>
      <legend>{legend}</legend>
      {of.map(({ value, label, hint }) => (
        <label class="tick" key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={(event) => toggle(value, event.currentTarget.checked)}
          />
          <span>
            {label}
            {hint === undefined ? null : <span class="near">{hint}</span>}
          </span>
        </label>
      ))}
      {errors.length === 0 ? null : (
        <p class="error" id={`${id}-error`}>
          {errors.map(({ path, message }) => (
            <span key={path + message}>{message}</span>
          ))}
        </p>
      )}
    </fieldset>
  );
};
