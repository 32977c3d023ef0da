/** What is done with a dataset as a whole: replayed under its contracts' present rules, or ended. */
import { useEffect, useRef, useState } from "preact/hooks";
import { follow } from "../api/follow.ts";
import type { Problem } from "../api/problem.ts";
import type { Dataset, Recorded } from "../api/types.ts";
import { useScope } from "../context.ts";
import { plural } from "../format.ts";
import { useCommand } from "../hooks.ts";
import { Action } from "../ui/action.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { LakeLink, Refusal } from "../ui/parts.tsx";
import { useSay } from "../ui/toasts.tsx";

interface Progress {
  readonly status: string;
  readonly batches: number;
  readonly done: number;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Many batches go on in the background: their progress is followed until the page is left. */
const useReplay = (name: string) => {
  const { platform } = useScope();
  const [progress, setProgress] = useState<Progress | null>(null);
  const [lost, setLost] = useState<Problem | null>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);
  const command = useCommand();
  const say = useSay();
  const watch = async (location: string) => {
    const { signal } = leaving.current;
    try {
      const done = await follow<Progress>(platform, location, {
        isDone: ({ status }) => status === "completed" || status === "cancelled",
        onState: setProgress,
        signal,
        sleep,
      });
      if (done.ok) say(`The replay of ${name} is ${done.body.status}.`);
      else setLost(done.problem);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };
  /** Whether it has begun. */
  const begin = async (): Promise<boolean> => {
    const begun = await command.run<Recorded>("/replay", { dataset: name });
    if (begun === null) return false;
    say(begun.body.message);
    for (const warning of begun.body.warnings) say(warning);
    if (begun.location !== null) void watch(begun.location);
    return true;
  };
  return { command, progress, lost, begin };
};

const Replay = ({ name }: { readonly name: string }) => {
  const [asking, setAsking] = useState(false);
  const { command, progress, lost, begin } = useReplay(name);
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Replay…
      </button>
      {progress === null ? null : (
        <p class="progress" role="status">
          <progress max={Math.max(1, progress.batches)} value={progress.done} aria-label="Replay" />
          <span>{`${progress.done} of ${plural(progress.batches, "batch", "batches")}`}</span>
        </p>
      )}
      {lost === null ? null : <Refusal problem={lost} />}
      {asking ? (
        <Confirm
          title={`Replay ${name}?`}
          act="Replay"
          harmless
          busy={command.busy}
          problem={command.problem}
          onConfirm={async () => {
            if (await begin()) setAsking(false);
          }}
          onCancel={() => {
            command.clear();
            setAsking(false);
          }}
        >
          <p>
            Every batch is derived again from its raw file under its contract's present rules. What
            is published is handed out as it was until all of them are ready.
          </p>
        </Confirm>
      ) : null}
    </>
  );
};

interface CommandsProps {
  readonly dataset: Dataset;
  readonly etag: string | null;
  readonly onDone: () => void;
}

export const DatasetCommands = ({ dataset: { name, status }, etag, onDone }: CommandsProps) => (
  <div class="actions">
    {status === "deprecated" ? null : (
      <LakeLink to="/new-contract" query={{ dataset: name }} class="button">
        New contract
      </LakeLink>
    )}
    <LakeLink to="/batches" query={{ dataset: name }} class="button">
      Batches
    </LakeLink>
    <Replay name={name} />
    {status === "deprecated" ? null : (
      <Action
        label="Deprecate"
        path={`/datasets/${encodeURIComponent(name)}/deprecate`}
        etag={etag}
        title={`Deprecate ${name}?`}
        onDone={onDone}
      >
        Nothing is appended to it any more; what is there stays. This cannot be undone.
      </Action>
    )}
  </div>
);
