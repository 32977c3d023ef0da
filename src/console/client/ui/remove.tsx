/** Takes something away (DELETE) after it was asked whether that is meant. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Recorded } from "../api/types.ts";
import { useCommand } from "../hooks.ts";
import { Confirm } from "./confirm.tsx";
import { useSay } from "./toasts.tsx";

interface RemoveProps {
  /** On the button, and on that of the dialog. */
  readonly label: string;
  /** Whose it is, for those who do not see where the button stands. */
  readonly of: string;
  readonly path: string;
  readonly title: string;
  readonly onDone: () => void;
  /** What will happen. */
  readonly children: ComponentChildren;
}

export const Remove = ({ label, of, path, title, onDone, children }: RemoveProps) => {
  const [asking, setAsking] = useState(false);
  const command = useCommand();
  const say = useSay();
  const act = async () => {
    const done = await command.run<Recorded>(path, undefined, { method: "DELETE" });
    if (done === null) return;
    setAsking(false);
    say(done.body.message);
    for (const warning of done.body.warnings) say(warning);
    onDone();
  };
  return (
    <>
      <button
        type="button"
        class="quiet"
        aria-label={`${label} ${of}`}
        onClick={() => setAsking(true)}
      >
        {label}…
      </button>
      {asking ? (
        <Confirm
          title={title}
          act={label}
          busy={command.busy}
          problem={command.problem}
          onConfirm={act}
          onCancel={() => {
            command.clear();
            setAsking(false);
          }}
        >
          <p>{children}</p>
        </Confirm>
      ) : null}
    </>
  );
};
