/** A command that needs no question first: sent at once, its refusal shown beside it. */
import type { ComponentChildren } from "preact";
import type { Recorded } from "../api/types.ts";
import { useCommand } from "../hooks.ts";
import { Refusal } from "./parts.tsx";
import { useSay } from "./toasts.tsx";

interface RunProps<Body> {
  readonly path: string;
  readonly body?: unknown;
  readonly primary?: boolean;
  readonly onDone: (body: Body) => void;
  readonly children: ComponentChildren;
}

export const Run = <Body extends Recorded>({
  path,
  body,
  primary = false,
  onDone,
  children,
}: RunProps<Body>) => {
  const command = useCommand();
  const say = useSay();
  const act = async () => {
    const done = await command.run<Body>(path, body);
    if (done === null) return;
    say(done.body.message);
    for (const warning of done.body.warnings) say(warning);
    onDone(done.body);
  };
  return (
    <div class="run">
      <button
        type="button"
        class={primary ? "primary" : undefined}
        aria-disabled={command.busy}
        onClick={act}
      >
        {command.busy ? "Working…" : children}
      </button>
      {command.problem === null ? null : <Refusal problem={command.problem} />}
    </div>
  );
};
