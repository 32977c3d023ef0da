/** A command behind a button: asks first where it matters, says what was done, shows what was not. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Recorded } from "../api/types.ts";
import { useCommand } from "../hooks.ts";
import { Confirm } from "./confirm.tsx";
import { Field, useForm } from "./form.tsx";
import { useSay } from "./toasts.tsx";

interface ActionProps {
  /** On the button, and on that of the dialog. */
  readonly label: string;
  readonly path: string;
  /** What is sent besides the reason. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly etag?: string | null;
  /** The question that is asked first. */
  readonly title: string;
  /** Whether a reason has to be given, and what it is of. */
  readonly reason?: string;
  readonly harmless?: boolean;
  readonly onDone: () => void;
  /** What will happen. */
  readonly children: ComponentChildren;
}

export const Action = ({
  label,
  path,
  body = {},
  etag = null,
  title,
  reason,
  harmless = false,
  onDone,
  children,
}: ActionProps) => {
  const [asking, setAsking] = useState(false);
  const form = useForm({ reason: "" });
  const command = useCommand();
  const say = useSay();
  const act = async () => {
    const sent = reason === undefined ? body : { ...body, reason: form.values.reason };
    const done = await command.run<Recorded>(path, sent, etag === null ? {} : { etag });
    if (done === null) return;
    setAsking(false);
    form.reset();
    say(done.body.message);
    for (const warning of done.body.warnings) say(warning);
    onDone();
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
          harmless={harmless}
          busy={command.busy}
          problem={command.problem}
          onConfirm={act}
          onCancel={() => {
            command.clear();
            setAsking(false);
          }}
        >
          <p>{children}</p>
          {reason === undefined ? null : (
            <Field
              form={form}
              name="reason"
              label={reason}
              required
              kind="lines"
              problem={command.problem}
            />
          )}
        </Confirm>
      ) : null}
    </>
  );
};
