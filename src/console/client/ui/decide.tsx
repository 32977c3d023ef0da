/** A decision: asks what it is founded on, says what follows from it, and what became of it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Recorded } from "../api/types.ts";
import { moment } from "../format.ts";
import { useCommand } from "../hooks.ts";
import { Confirm } from "./confirm.tsx";
import { Field, useForm } from "./form.tsx";
import { useSay } from "./toasts.tsx";

interface Wanted {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly required?: boolean;
  readonly kind?: "text" | "lines" | "datetime-local";
  readonly options?: readonly (readonly [value: string, label: string])[];
}

interface DecideProps {
  readonly label: string;
  readonly title: string;
  readonly path: string;
  readonly etag: string | null;
  readonly fields: readonly Wanted[];
  /** What is sent besides the fields. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Also when it was put away: what it is about may have changed meanwhile. */
  readonly onEnd: () => void;
  readonly children: ComponentChildren;
}

export const REASON: Wanted = {
  name: "reason",
  label: "Reason",
  hint: "Sealed, as it may tell of the person.",
  required: true,
  kind: "lines",
};

/** What was filled in; times by the reader's clock, as they are typed. */
const sentOf = (
  fields: readonly Wanted[],
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    fields.flatMap(({ name, kind }) => {
      const value = values[name] ?? "";
      if (value === "") return [];
      return [[name, kind === "datetime-local" ? moment(value) : value]];
    }),
  );

export const Decide = ({
  label,
  title,
  path,
  etag,
  fields,
  body = {},
  onEnd,
  children,
}: DecideProps) => {
  const [asking, setAsking] = useState(false);
  const form = useForm<string>(Object.fromEntries(fields.map(({ name }) => [name, ""])));
  const command = useCommand();
  const say = useSay();
  const end = () => {
    setAsking(false);
    command.clear();
    form.reset();
    onEnd();
  };
  const act = async () => {
    const sent = { ...body, ...sentOf(fields, form.values) };
    const done = await command.run<Recorded>(path, sent, etag === null ? {} : { etag });
    if (done === null) return;
    say(done.body.message);
    for (const warning of done.body.warnings) say(warning);
    end();
  };
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        {label}…
      </button>
      {asking ? (
        <Confirm
          title={title}
          act={label}
          busy={command.busy}
          problem={command.problem}
          onConfirm={act}
          onCancel={end}
        >
          <p>{children}</p>
          {fields.map((field) => (
            <Field key={field.name} form={form} {...field} problem={command.problem} />
          ))}
        </Confirm>
      ) : null}
    </>
  );
};
