/** The form behind a new contract, and behind a new version of one. */
import { useState } from "preact/hooks";
import type { Page as Items } from "../api/pages.ts";
import type { Contract, Dataset, Recorded } from "../api/types.ts";
import { useScope } from "../context.ts";
import { useCommand, useQuestion } from "../hooks.ts";
import { go } from "../place.ts";
import { urlOf } from "../router.ts";
import { privacyRows, privacyRules, qualityRows, qualityRules } from "../rules.ts";
import { Field, Form, useForm } from "../ui/form.tsx";
import { PrivacyEditor, QualityEditor } from "../ui/ruleEditor.tsx";
import { useSay } from "../ui/toasts.tsx";

const FIELDS = [
  "dataset",
  "contract_id",
  "retention_days",
  "quality_rules",
  "privacy_rules",
  "k_anonymity",
];

interface KAnonymity {
  readonly columns: readonly string[];
  readonly k: number;
  readonly on_violation: string;
}

interface ContractFormProps {
  /** The contract that gets a new version; null: a new one. */
  readonly contract: Contract | null;
  readonly etag: string | null;
  readonly dataset: string;
}

/** As many as a person chooses from; a name can be in the address too. */
const MOST = 1000;

export const ContractForm = ({ contract, etag, dataset }: ContractFormProps) => {
  const { lake } = useScope();
  const before = contract?.k_anonymity as KAnonymity | null | undefined;
  const form = useForm({
    dataset,
    contract_id: "",
    retention_days: String(contract?.retention_days ?? 365),
    k_columns: before?.columns.join(", ") ?? "",
    k: String(before?.k ?? 5),
    on_violation: before?.on_violation ?? "refuse",
  });
  const [quality, setQuality] = useState(() => qualityRows(contract?.quality_rules ?? {}));
  const [privacy, setPrivacy] = useState(() => privacyRows(contract?.privacy_rules ?? {}));
  const datasets = useQuestion<Items<Dataset>>(`/datasets?status=active&limit=${MOST}`);
  const command = useCommand();
  const say = useSay();
  const all = datasets.state === "ready" ? datasets.body.items : [];
  // The address may name one behind the end of the list.
  const names = new Set([...all.map(({ name }) => name), ...(dataset === "" ? [] : [dataset])]);
  const chosen = all.find(({ name }) => name === form.values.dataset);
  const columns = Object.keys(contract?.schema ?? chosen?.schema ?? {});
  const submit = async () => {
    const { k_columns, k, on_violation, retention_days, contract_id } = form.values;
    const grouped = k_columns.split(",").map((column) => column.trim());
    const terms = {
      retention_days: Number(retention_days),
      quality_rules: qualityRules(quality),
      privacy_rules: privacyRules(privacy),
      ...(contract === null ? {} : { schema: contract.schema }),
      ...(k_columns.trim() === ""
        ? {}
        : { k_anonymity: { columns: grouped, k: Number(k), on_violation } }),
    };
    const made = await (contract === null
      ? command.run<Recorded & { readonly contract: Contract }>("/contracts", {
          dataset: form.values.dataset,
          ...(contract_id === "" ? {} : { contract_id }),
          ...terms,
        })
      : command.run<Recorded & { readonly contract: Contract }>(
          `/contracts/${encodeURIComponent(contract.contract_id)}`,
          terms,
          { method: "PUT", ...(etag === null ? {} : { etag }) },
        ));
    if (made === null) return;
    say(made.body.message);
    go(urlOf(lake, `/contracts/${encodeURIComponent(made.body.contract.contract_id)}`));
  };
  const { problem, busy } = command;
  const act = contract === null ? "Define the contract" : "Define a new version";
  return (
    <Form onSubmit={submit} busy={busy} problem={problem} fields={FIELDS} submit={act}>
      {contract !== null ? null : (
        <>
          <Field
            form={form}
            name="dataset"
            label="Dataset"
            required
            problem={problem}
            options={[["", "Choose a dataset"], ...[...names].map((name) => [name, name] as const)]}
          />
          <Field
            form={form}
            name="contract_id"
            label="Id"
            hint="Left out, the lake numbers its contracts."
            problem={problem}
          />
        </>
      )}
      <Field
        form={form}
        name="retention_days"
        label="Days that a batch is kept"
        kind="number"
        required
        hint="After them its data is deleted, published or not."
        problem={problem}
      />
      <QualityEditor columns={columns} rows={quality} onChange={setQuality} problem={problem} />
      <PrivacyEditor columns={columns} rows={privacy} onChange={setPrivacy} problem={problem} />
      <fieldset class="rows">
        <legend>Groups</legend>
        <p class="hint">
          Nothing is published in which a combination of these columns' values is rarer than this.
        </p>
        <Field form={form} name="k_columns" label="Columns, by commas" placeholder="zipcode, age" />
        <Field form={form} name="k" label="Rows that share one" kind="number" />
        <Field
          form={form}
          name="on_violation"
          label="Otherwise"
          options={[
            ["refuse", "nothing is published"],
            ["suppress", "the rows of small groups are left out"],
          ]}
        />
      </fieldset>
    </Form>
  );
};
