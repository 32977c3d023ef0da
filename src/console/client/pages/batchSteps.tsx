/** What is done with a batch next: checked, anonymised, published, handed out, held back. */
import { useState } from "preact/hooks";
import type { Batch, Preview, Recorded } from "../api/types.ts";
import { useCommand } from "../hooks.ts";
import { Action } from "../ui/action.tsx";
import { Field, Form, useForm } from "../ui/form.tsx";
import { LakeLink, Section, Time } from "../ui/parts.tsx";
import { PreviewRows, PrivacyResult } from "../ui/reports.tsx";
import { Run } from "../ui/run.tsx";

interface StepProps {
  readonly batch: Batch;
  readonly onDone: () => void;
}

/** In the order in which a batch goes through them. */
const LIFE: readonly string[] = ["appended", "checked", "anonymized", "published"];
const NAMES = ["Appended", "Checked", "Anonymised", "Published"] as const;

export const Life = ({ state }: { readonly state: string }) => {
  const at = LIFE.indexOf(state);
  return at < 0 ? null : (
    <ol class="life" aria-label="How far it is">
      {NAMES.map((name, step) => (
        <li
          key={name}
          class={step <= at ? "done" : ""}
          aria-current={step === at ? "step" : undefined}
        >
          {name}
        </li>
      ))}
    </ol>
  );
};

const Quarantine = ({ batch, onDone }: StepProps) => (
  <Action
    label="Quarantine"
    path="/quarantine-batch"
    body={{ batch_id: batch.batch_id }}
    title={`Put ${batch.batch_id} into quarantine?`}
    reason="Why"
    onDone={onDone}
  >
    Nobody is given it while it is there. It can be released again.
  </Action>
);

/** Before it is published. */
const Working = ({ batch, onDone }: StepProps) => {
  const { batch_id } = batch;
  const [preview, setPreview] = useState<Preview | null>(null);
  return (
    <>
      <div class="actions">
        <Run
          path="/run-dq"
          body={{ batch_id }}
          primary={batch.state === "appended"}
          onDone={onDone}
        >
          Check quality
        </Run>
        <Run<Recorded & Preview>
          path="/run-privacy"
          body={{ batch_id, dry_run: true }}
          onDone={setPreview}
        >
          Preview what anonymising does
        </Run>
        <Run
          path="/run-privacy"
          body={{ batch_id }}
          primary={batch.state === "checked"}
          onDone={onDone}
        >
          Anonymise
        </Run>
        <Run
          path="/publish-batch"
          body={{ batch_id }}
          primary={batch.state === "anonymized"}
          onDone={onDone}
        >
          Publish
        </Run>
        <Quarantine batch={batch} onDone={onDone} />
      </div>
      {preview === null ? null : (
        <Section
          title="Preview"
          note="Nothing is changed. The rows were shown to you, and that is on record."
        >
          <PreviewRows of={preview} />
        </Section>
      )}
    </>
  );
};

/** Someone has to say that a run at level strict counts. */
const Proposed = ({ batch, onDone }: StepProps) => {
  const run = batch.proposed_privacy;
  if (run === null || run === undefined) return null;
  const path = `/run-privacy/${encodeURIComponent(run.run_id)}`;
  return (
    <Section title="A privacy run waits for approval">
      <PrivacyResult report={run.report} />
      <div class="actions">
        <Run path={`${path}/approve`} body={{}} primary onDone={onDone}>
          Approve it
        </Run>
        <Action
          label="Reject it"
          path={`${path}/reject`}
          title="Reject the proposed run?"
          reason="Why"
          onDone={onDone}
        >
          What it made is deleted.
        </Action>
      </div>
    </Section>
  );
};

const FORMATS = [
  ["parquet", "Parquet"],
  ["csv", "CSV"],
] as const;

interface Grant {
  readonly download_url: string;
  readonly expires_at: string;
}

/** A URL for whoever says what for; the access is on record before it is given. */
const HandOut = ({ batch }: { readonly batch: Batch }) => {
  const form = useForm({ purpose: "", format: "parquet", consumer: "" });
  const command = useCommand();
  const [grant, setGrant] = useState<Grant | null>(null);
  const submit = async () => {
    const { purpose, format, consumer } = form.values;
    const given = await command.run<Grant>("/consume-batch", {
      batch_id: batch.batch_id,
      format,
      ...(purpose === "" ? {} : { purpose }),
      ...(consumer === "" ? {} : { consumer }),
    });
    if (given !== null) setGrant(given.body);
  };
  const { problem, busy } = command;
  return (
    <Section title="Get the data" note="That it is handed out, to whom and what for, is on record.">
      <Form
        onSubmit={submit}
        busy={busy}
        problem={problem}
        fields={["purpose", "format", "consumer"]}
        submit="Get a link"
      >
        <Field form={form} name="purpose" label="Purpose" problem={problem} />
        <Field form={form} name="format" label="Format" options={FORMATS} problem={problem} />
        <Field
          form={form}
          name="consumer"
          label="For"
          hint="Left out, it is for you."
          problem={problem}
        />
      </Form>
      {grant === null ? null : (
        <p class="verdict" role="status">
          <a href={grant.download_url} download>
            Download {batch.batch_id}
          </a>
          , until <Time at={grant.expires_at} near={false} />
        </p>
      )}
    </Section>
  );
};

const Quarantined = ({ batch, onDone }: StepProps) => (
  <div class="actions">
    <LakeLink
      to="/new-batch"
      query={{ batch: batch.batch_id, contract: batch.contract_id, dataset: batch.dataset }}
      class="button primary"
    >
      Upload a corrected file
    </LakeLink>
    <Action
      label="Release"
      harmless
      path="/release-batch"
      body={{ batch_id: batch.batch_id }}
      title={`Release ${batch.batch_id} from quarantine?`}
      reason="Why it may go on"
      onDone={onDone}
    >
      It goes on from where it was. Who released it, and why, is on record.
    </Action>
  </div>
);

const Busy = ({ batch, onDone }: StepProps) => {
  const { work } = batch;
  if (work === null || work === undefined || work.state !== "running") return null;
  return (
    <Section title="Under way">
      <p class="progress">
        <progress max={Math.max(1, work.total_bytes)} value={work.bytes} aria-label={work.kind} />
        <span>{`${work.kind}: ${work.segments.done} of ${work.segments.total} segments`}</span>
      </p>
      <Action
        label="Cancel"
        path={`/batches/${encodeURIComponent(batch.batch_id)}/cancel`}
        title="End what is under way?"
        reason="Why"
        onDone={onDone}
      >
        The batch is what it was before.
      </Action>
    </Section>
  );
};

/** The steps that the batch can take now. */
export const Steps = ({ batch, onDone }: StepProps) => {
  if (batch.work?.state === "running") return <Busy batch={batch} onDone={onDone} />;
  switch (batch.state) {
    case "appended":
    case "checked":
    case "anonymized":
      return (
        <>
          <Working batch={batch} onDone={onDone} />
          <Proposed batch={batch} onDone={onDone} />
        </>
      );
    case "quarantined":
      return <Quarantined batch={batch} onDone={onDone} />;
    case "published":
      return (
        <>
          <div class="actions">
            <Quarantine batch={batch} onDone={onDone} />
          </div>
          <HandOut batch={batch} />
        </>
      );
    default:
      return null;
  }
};
