/** A file becomes a batch: it is uploaded straight to the object store, then taken over and checked. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Page as Items } from "../api/pages.ts";
import type { Batch, Contract, Recorded } from "../api/types.ts";
import { type PageProps, useScope } from "../context.ts";
import { batchIdFor, endingOf } from "../fileNames.ts";
import { useCommand, useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { NOTHING_SAID, type ReadingField, readingOf } from "../reading.ts";
import { urlOf } from "../router.ts";
import { FileDrop } from "../ui/fileDrop.tsx";
import { Field, Form, useForm } from "../ui/form.tsx";
import { LakeLink, PageHead } from "../ui/parts.tsx";
import { ReadingFields } from "../ui/readingFields.tsx";
import { useSay } from "../ui/toasts.tsx";
import { put, type SignedUpload } from "../upload.ts";

const FIELDS = ["contract_id", "batch_id", "dataset", "file_url"];
/** As many as a person chooses from. */
const MOST = 1000;

type Upload = SignedUpload & { readonly file_url: string };

const Progress = ({ share }: { readonly share: number }) => {
  const percent = Math.round(share * 100);
  return (
    <p class="progress">
      <progress max={100} value={percent} aria-label="Upload" />
      <span>
        {percent < 100 ? `${percent} % uploaded` : "Uploaded. Every cell is being checked…"}
      </span>
    </p>
  );
};

const NewBatch = ({ query }: PageProps) => {
  const { lake } = useScope();
  const contracts = useQuestion<Items<Contract>>(`/contracts?limit=${MOST}`);
  const form = useForm({ contract_id: query.contract ?? "", batch_id: query.batch ?? "" });
  const reading = useForm<ReadingField>(NOTHING_SAID);
  const [file, setFile] = useState<File | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const command = useCommand();
  const say = useSay();
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);
  const usable = (contracts.state === "ready" ? contracts.body.items : []).filter(
    ({ status, dataset }) =>
      (status === "defined" || status === "approved") &&
      (query.dataset === undefined || dataset === query.dataset),
  );
  const { contract_id, batch_id } = form.values;
  const chosen = usable.find((one) => one.contract_id === contract_id);

  const take = (next: File) => {
    setFile(next);
    setFault(null);
    if (batch_id === "") form.set("batch_id", batchIdFor(next.name));
  };

  const submit = async () => {
    const ending = endingOf(file?.name ?? "");
    if (file === null) return setFault("Choose a file first.");
    if (ending === null) return setFault(`${file.name} is of no format that Lethe reads.`);
    if (command.busy || share !== null) return;
    const dataset = chosen?.dataset ?? "";
    const filename = `${batch_id}.${ending}`;
    const signed = await command.run<Upload>(
      dataset === "" ? "/upload-url" : `/datasets/${encodeURIComponent(dataset)}/upload-url`,
      { filename },
    );
    if (signed === null) return;
    setShare(0);
    const why = await put(signed.body, file, setShare, leaving.current.signal);
    if (leaving.current.signal.aborted) return;
    if (why !== null) {
      setShare(null);
      return setFault(why);
    }
    const appended = await command.run<Recorded & { readonly batch: Batch }>("/append-batch", {
      dataset,
      contract_id,
      batch_id,
      file_url: signed.body.file_url,
      reading: readingOf(reading.values),
    });
    setShare(null);
    if (appended === null) return;
    say(appended.body.message);
    for (const warning of appended.body.warnings) say(warning);
    go(urlOf(lake, `/batches/${encodeURIComponent(batch_id)}`));
  };

  const { problem, busy } = command;
  return (
    <>
      <PageHead
        title="Upload a file"
        lead="It goes straight to the object store. Then every cell is checked against its contract."
      />
      <Form
        onSubmit={submit}
        busy={busy || share !== null}
        problem={problem}
        fields={FIELDS}
        submit="Upload and append"
      >
        {problem?.code === "does-not-fit" ? (
          <p>
            <LakeLink to={`/batches/${encodeURIComponent(batch_id)}`}>
              The batch in quarantine, with its reasons
            </LakeLink>
          </p>
        ) : null}
        <FileDrop file={file} onFile={take} fault={fault} />
        <Field
          form={form}
          name="contract_id"
          label="Contract"
          required
          hint={
            chosen === undefined ? "It says which dataset the file is of." : `Of ${chosen.dataset}.`
          }
          options={[
            ["", "Choose a contract"],
            ...usable.map(
              (one) => [one.contract_id, `${one.contract_id} (${one.dataset})`] as const,
            ),
          ]}
          problem={problem}
        />
        <Field
          form={form}
          name="batch_id"
          label="Batch"
          required
          hint="How it is called from now on. Name no person in it."
          problem={problem}
        />
        <ReadingFields form={reading} problem={problem} />
        {share === null ? null : <Progress share={share} />}
      </Form>
    </>
  );
};

export const newBatchPage: Page = { path: "/new-batch", scope: "lake", view: NewBatch };
